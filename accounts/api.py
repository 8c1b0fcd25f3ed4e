"""Oneself, by the API: name, preferences, limits and what is used of them."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.generics import RetrieveUpdateAPIView

from accounts import quota
from accounts.forms import PreferencesForm
from accounts.models import Preferences, User


class PreferencesSerializer(serializers.ModelSerializer[Preferences]):
    class Meta:
        model = Preferences
        fields = ("theme", "notation", "level", "tuning", "capo", "email_notices")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """By the rules of the page's form, which knows tunings."""
        instance = self.instance or self.parent.instance.preferences  # type: ignore[union-attr]
        given = {name: getattr(instance, name) for name in self.Meta.fields}
        form = PreferencesForm(given | attrs)
        if not form.is_valid():
            raise serializers.ValidationError({name: [str(one) for one in said] for name, said in form.errors.items()})
        return {name: form.cleaned_data[name] for name in attrs}


class LimitsSerializer(serializers.Serializer[Any]):
    role = serializers.CharField()
    file_bytes = serializers.IntegerField(help_text="of one uploaded file")
    storage_bytes = serializers.IntegerField(help_text="of all files together")
    jobs_at_once = serializers.IntegerField()
    jobs_waiting = serializers.IntegerField()
    seconds = serializers.IntegerField(help_text="of one recording")


class MeSerializer(serializers.ModelSerializer[User]):
    preferences = PreferencesSerializer(required=False)
    limits = serializers.SerializerMethodField()
    used_bytes = serializers.SerializerMethodField(help_text="files, and room kept for uploads under way")

    class Meta:
        model = User
        fields = ("id", "email", "name", "preferences", "limits", "used_bytes")
        read_only_fields = ("id", "email")

    @extend_schema_field(LimitsSerializer)
    def get_limits(self, user: User) -> dict[str, Any]:
        return dict(LimitsSerializer(quota.limits(user)).data)

    def get_used_bytes(self, user: User) -> int:
        return quota.usage(user).used_bytes

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        preferences = validated_data.pop("preferences", None)
        if preferences is not None:
            PreferencesSerializer().update(instance.preferences, preferences)
        return super().update(instance, validated_data)


class MeView(RetrieveUpdateAPIView[User]):
    """The person whom the session or the token belongs to."""

    serializer_class = MeSerializer
    http_method_names = ["get", "patch", "head", "options"]

    def get_object(self) -> User:
        return cast(User, self.request.user)


ROUTES: list[tuple[str, Any, str]] = []
URLS = [path("me/", MeView.as_view(), name="me")]
