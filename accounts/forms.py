"""Forms about people."""

from __future__ import annotations

import re
from typing import Any

from allauth.account import forms as allauth_forms
from django import forms

from accounts.models import ApiToken, Preferences, User

# Names that the tab maker knows; anything else is written as notes, lowest string first.
# The names that notation.score.tunings knows; a test holds them together.
TUNINGS = (
    "standard", "drop D", "drop C", "half step down", "whole step down", "DADGAD", "open D", "open E", "open G",
    "seven string", "bass", "ukulele",
)  # fmt: skip
_NOTE = re.compile(r"^[A-G](#|b)?[0-8]$")


class SignupForm(allauth_forms.SignupForm):  # type: ignore[misc]
    name = forms.CharField(
        max_length=100,
        label="Name",
        help_text="As it shall stand on your pages.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("name", "email", "password1")


class NameForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ("name",)
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name", "required": True})}

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if not name:
            raise forms.ValidationError("Please write a name.")
        return name


class PreferencesForm(forms.ModelForm[Preferences]):
    class Meta:
        model = Preferences
        fields = ("theme", "notation", "level", "tuning", "capo", "email_notices")
        labels = {"notation": "Show scores as", "level": "Level of tabs", "capo": "Capo at fret"}
        help_texts = {
            "notation": "What a score page shows first; you can switch there.",
            "level": "Easy keeps the melody and the bass; full keeps every note that was heard.",
            "tuning": "A name, or the strings from the lowest: D2 A2 D3 G3 A3 D4.",
            "capo": "0 is no capo.",
        }
        widgets = {
            "theme": forms.RadioSelect,
            "notation": forms.RadioSelect,
            "level": forms.RadioSelect,
            "tuning": forms.TextInput(attrs={"list": "tunings", "autocomplete": "off"}),
            "capo": forms.NumberInput(attrs={"min": 0, "max": 12}),
        }

    def clean_tuning(self) -> str:
        given = " ".join(str(self.cleaned_data["tuning"]).split())
        for name in TUNINGS:
            if given.lower() == name.lower():
                return name
        strings = given.split(" ")
        if 4 <= len(strings) <= 8 and all(_NOTE.match(note) for note in strings):
            return given
        raise forms.ValidationError(
            "Write a name from the list, or 4 to 8 notes from the lowest string: E2 A2 D3 G3 B3 E4."
        )

    def clean_capo(self) -> int:
        capo = int(self.cleaned_data["capo"])
        if not 0 <= capo <= 12:
            raise forms.ValidationError("A capo sits at fret 0 (none) to 12.")
        return capo


class DeleteForm(forms.Form):
    password = forms.CharField(
        label="Your password", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    sure = forms.BooleanField(label="Yes, delete my account and everything in it")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not your password.")
        return password


class TokenForm(forms.ModelForm[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ("name",)
        labels = {"name": "What is it for?"}
        widgets = {"name": forms.TextInput(attrs={"placeholder": "script on my laptop", "autocomplete": "off"})}
