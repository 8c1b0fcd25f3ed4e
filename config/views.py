"""Pages of the house itself: the landing page and the probes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html")


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def readyz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")
