"""Forms about projects and files."""

from __future__ import annotations

from typing import Any

from django import forms

from projects.models import Project


class ProjectForm(forms.ModelForm[Project]):
    class Meta:
        model = Project
        fields = ("title", "description")
        widgets = {
            "title": forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
            "description": forms.Textarea(attrs={"rows": 3}),
        }

    def clean_title(self) -> str:
        title = " ".join(str(self.cleaned_data["title"]).split())
        if not title:
            raise forms.ValidationError("Please write a title.")
        return title


class RenameForm(forms.Form):
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class _ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files from one input."""

    widget = _ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        # An empty file has a sentence of its own (projects/uploads.py), with its name in it.
        return [file for file in files if file]


class FilesForm(forms.Form):
    """Its field is called "files" as in the page; `Form.files` is something else, so it is declared by name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["files"] = FilesField(allow_empty_file=True)


class FindForm(forms.Form):
    """Search and order of the dashboard; nonsense falls back to the first choice."""

    ORDERS = {
        "recent": ("Last changed", ("-updated_at", "-pk")),
        "new": ("Newest", ("-created_at", "-pk")),
        "title": ("Title", ("title", "pk")),
    }
    q = forms.CharField(required=False, max_length=200)
    sort = forms.ChoiceField(required=False, choices=[(key, label) for key, (label, _) in ORDERS.items()])

    def found(self) -> tuple[str, str, tuple[str, ...]]:
        """Words, key of the order, fields of the order."""
        self.is_valid()
        key = self.cleaned_data.get("sort") or "recent"
        return str(self.cleaned_data.get("q") or "").strip(), key, self.ORDERS[key][1]
