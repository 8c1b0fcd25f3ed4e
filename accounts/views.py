"""Pages about oneself that allauth does not have: preferences, name, API tokens, farewell."""

from __future__ import annotations

from typing import cast

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import quota, services, tokens
from accounts.forms import TUNINGS, DeleteForm, NameForm, PreferencesForm, TokenForm
from accounts.models import Preferences, User


def me(request: HttpRequest) -> User:
    """The person who asks; for views behind login_required."""
    return cast(User, request.user)


@login_required
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    mine, _ = Preferences.objects.get_or_create(user=me(request))
    form = PreferencesForm(request.POST or None, instance=mine)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Preferences saved.")
        return redirect("accounts:preferences")
    context = {"form": form, "tunings": TUNINGS}
    return render(request, "accounts/preferences.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    # A copy: an invalid form must not change the name that the page's head shows.
    form = NameForm(request.POST or None, instance=User.objects.get(pk=me(request).pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Name saved.")
        return redirect("accounts:preferences")
    return render(request, "accounts/name.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def api_tokens(request: HttpRequest) -> HttpResponse:
    user = me(request)
    form = TokenForm(request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        if user.api_tokens.count() >= tokens.MOST:
            form.add_error(None, f"You have {tokens.MOST} tokens, which is the most. Revoke one first.")
        else:
            _, made = tokens.make_token(user, name=form.cleaned_data["name"])
            form = TokenForm()
    context = {"form": form, "tokens": user.api_tokens.all(), "made": made}
    return render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(me(request).api_tokens, pk=pk)
    token.delete()
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("accounts:tokens")


@sensitive_post_parameters("password")
@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    user = me(request)
    if request.method == "POST" and (slow := ratelimit.consume_or_429(request, action="reauthenticate", user=user)):
        return cast(HttpResponse, slow)  # whoever found an open session may not guess on
    form = DeleteForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        services.delete_person(user, request=request)
        messages.success(request, "Your account and everything in it is deleted.")
        return redirect("home")
    context = {"form": form, "footprint": services.footprint(user), "used": quota.usage(user)}
    return render(request, "accounts/delete.html", context, status=422 if form.errors else 200)
