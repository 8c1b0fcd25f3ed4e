"""Forms about people."""

from django import forms


class SignupForm(forms.Form):
    name = forms.CharField(max_length=100)

    def signup(self, request: object, user: object) -> None:
        user.name = self.cleaned_data["name"]  # type: ignore[attr-defined]
        user.save()  # type: ignore[attr-defined]
