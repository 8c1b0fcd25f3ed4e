"""People in the admin: role, limits, what they use."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts import quota, roles
from accounts.models import ApiToken, Preferences, User
from accounts.services import delete_person, footprint


class PreferencesInline(admin.StackedInline[Preferences, User]):
    model = Preferences
    can_delete = False


class PersonCreationForm(BaseUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email", "name")


class RoleFilter(admin.SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(role, role) for role in quota.ROLES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        if self.value() == "user":
            return queryset.exclude(groups__name__in=["premium", "admin"]).exclude(is_superuser=True)
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


@admin.register(User)
class PersonAdmin(UserAdmin[User]):
    add_form = PersonCreationForm
    ordering = ("-date_joined",)
    list_display = ("email", "name", "role", "used", "is_active", "date_joined", "last_login")
    list_filter = (RoleFilter, "is_active", "date_joined")
    search_fields = ("email", "name")
    readonly_fields = ("role", "limits", "used", "last_login", "date_joined")
    inlines = (PreferencesInline,)
    actions = ("make_user", "make_premium")
    fieldsets = (
        (None, {"fields": ("email", "name", "password", "is_active")}),
        ("Role and limits", {"fields": ("role", "groups", "limits", "used")}),
        ("Rights", {"classes": ("collapse",), "fields": ("is_staff", "is_superuser", "user_permissions")}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else ()  # made with the user

    @admin.display(description="role")
    def role(self, user: User) -> str:
        return quota.role(user)

    @admin.display(description="storage")
    def used(self, user: User) -> str:
        return quota.usage(user).sentence

    @admin.display(description="limits")
    def limits(self, user: User) -> str:
        allowed = quota.limits(user)
        return (
            f"{quota.size_text(allowed.file_bytes)} a file, {quota.size_text(allowed.storage_bytes)} in all, "
            f"{allowed.jobs_at_once} jobs at once, {allowed.jobs_waiting} waiting, {allowed.hours} h of recording"
        )

    def _give(self, request: HttpRequest, people: QuerySet[User], *, role: str) -> None:
        for person in people:
            roles.give_role(person, role=role)
        messages.success(request, f"{len(people)} people have the role {role} now.")

    @admin.action(description="Give the role user")
    def make_user(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._give(request, queryset, role="user")

    @admin.action(description="Give the role premium")
    def make_premium(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._give(request, queryset, role="premium")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Whoever may delete a person may delete what is hers; it is counted, not listed row by row."""
        return [f"{person.email}: {', '.join(footprint(person)) or 'nothing'}" for person in objs], {}, set(), []

    # The same farewell as the person's own: files go too.
    def delete_model(self, request: HttpRequest, obj: User) -> None:
        delete_person(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            delete_person(person)


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin[ApiToken]):
    list_display = ("name", "user", "start", "created_at", "used_at")
    search_fields = ("name", "user__email")
    readonly_fields = ("user", "name", "start", "created_at", "used_at")
    exclude = ("digest",)
    list_select_related = ("user",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # nobody could see it
