"""Every URL of Copyist, asked for by somebody else and by nobody: other people's things do not exist.

A pattern with arguments needs a sample in tests/cast.py; one without a sample fails here, so no new URL slips through.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import ApiToken
from media_pipeline.models import Job
from notation.models import Arrangement, Book, Chair, Export, PrintSet, Revision, Score, Song
from projects.models import Project, Source, Upload
from tests.cast import SAMPLES, Cast, Things

METHODS = ("get", "head", "post", "put", "patch", "delete")
# For everybody, by design: nobody's things are on them.
PUBLIC = {"home", "favicon", "healthz", "readyz", "api:schema", "api:docs", "api:api-root"}
# allauth's pages are about whoever asks; each has its own test in tests/accounts.
ABOUT_ONESELF = "account_"
# Even Ada gets 404 here: her score was opened from a file, so there is no recording. tests/media_pipeline has one.
# Nor was her part book read from a page: tests/media_pipeline/test_part_books.py looks at one.
NO_RECORDING = {"jobs:recording", "jobs:waveform", "jobs:page", "jobs:bar_picture"}
# Nobody looked at its pages yet, and the job makes no file: tests/media_pipeline/test_sorting.py has both.
NOT_MADE = {"jobs:sort_small", "jobs:sort_large", "jobs:file", "api:pages-picture"}
TRAP = "api:^(?P<path>.*)$"  # the API's answer to addresses that are none


@dataclass(frozen=True)
class Address:
    name: str  # with its namespaces; the route itself where it has no name
    arguments: frozenset[str]


def addresses(resolver: URLResolver, *, space: str = "", outer: frozenset[str] = frozenset()) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        arguments = outer | frozenset(entry.pattern.converters) | frozenset(_groups(entry))
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from addresses(entry, space=inner, outer=arguments)
        elif isinstance(entry, URLPattern):
            yield Address(space + (entry.name or str(entry.pattern)), arguments)


def _groups(entry: Any) -> list[str]:
    return list(entry.pattern.regex.groupindex) if hasattr(entry.pattern, "regex") else []


def ours() -> list[Address]:
    """All but the admin's, which has a test of its own, and the trap."""
    # DRF offers every route a second time with a format suffix (".json"); the name is the same.
    found = {address for address in addresses(get_resolver()) if not address.name.startswith("admin:")}
    return sorted(
        (a for a in found if a.name != TRAP and not a.name.startswith(ABOUT_ONESELF) and "format" not in a.arguments),
        key=lambda address: address.name,
    )


WITH = [address for address in ours() if address.arguments]
WITHOUT = [address for address in ours() if not address.arguments and address.name not in PUBLIC]


def path_of(address: Address, things: Things) -> str:
    return reverse(address.name, kwargs=SAMPLES[address.name](things) if address.arguments else {})


def ask(client: Client, method: str, path: str) -> Any:
    if method in ("put", "patch"):
        return getattr(client, method)(path, data="{}", content_type="application/json")
    return getattr(client, method)(path)


def text_of(answer: Any) -> str:
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return bytes(data).decode("utf-8", "replace")


def snapshot() -> dict[str, list[Any]]:
    """All rows that a stranger might have changed."""
    kept = (Project, Source, Upload, ApiToken, Score, Revision, Song, Book, Chair, Arrangement)
    models = (*kept, Export, PrintSet, Job)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_every_url_with_arguments_has_a_sample() -> None:
    assert not [address.name for address in WITH if address.name not in SAMPLES]


def test_no_sample_is_left_over() -> None:
    assert set(SAMPLES) <= {address.name for address in WITH}


def test_the_samples_are_good(cast: Cast, things: Things, as_: Any) -> None:
    """For Ada herself none of them is missing, so that "404 for Ben" means something."""
    from projects.previews import preview_of

    preview_of(things.pdf)
    ada = as_(cast.ada)
    for address in WITH:
        if address.name in NO_RECORDING | NOT_MADE:
            continue
        path = path_of(address, things)
        answers = {}
        for method in ("get", "post", "put"):
            with transaction.atomic():
                answers[method] = ask(ada, method, path)
                transaction.set_rollback(True)
            if answers[method].status_code != 405:
                break
        assert answers[method].status_code not in (404, 500), f"{address.name}: {answers}"


@pytest.mark.parametrize("who", ["ben", "pia", "olga"])
def test_for_others_they_do_not_exist(cast: Cast, things: Things, as_: Any, who: str) -> None:
    other, before = as_(getattr(cast, who)), snapshot()
    for address in WITH:
        for method in METHODS:
            answer = ask(other, method, path_of(address, things))
            assert answer.status_code in (404, 405), f"{method} {address.name}: {answer.status_code}"
    assert snapshot() == before


def test_nobody_is_sent_away(things: Things, client: Client) -> None:
    before = snapshot()
    for address in (*WITH, *WITHOUT):
        for method in METHODS:
            answer = ask(client, method, path_of(address, things))
            if answer.status_code == 302:
                assert answer["Location"].startswith("/accounts/login/"), f"{method} {address.name}"
            else:
                assert answer.status_code in (401, 403, 404, 405), f"{method} {address.name}: {answer.status_code}"
    assert snapshot() == before


def test_lists_hold_only_ones_own(cast: Cast, things: Things, as_: Any) -> None:
    ben = as_(cast.ben)
    for address in WITHOUT:
        answer = ben.get(path_of(address, things))
        assert answer.status_code < 500, address.name
        assert things.mark not in text_of(answer), address.name


def test_public_pages_show_nothing_of_anybody(things: Things, client: Client) -> None:
    for name in sorted(PUBLIC):
        answer = client.get(reverse(name))
        assert answer.status_code in (200, 301, 401, 403, 503), name  # readyz is unwell without workers
        assert things.mark not in text_of(answer), name


def test_the_admin_is_for_admins(cast: Cast, things: Things, as_: Any) -> None:
    paths = [
        reverse(f"admin:{address.name.removeprefix('admin:')}")
        for address in addresses(get_resolver())
        if address.name.startswith("admin:") and not address.arguments
    ]
    assert "/admin/projects/project/" in paths
    for path in paths:
        if path.endswith(("/login/", "/logout/", "/jsi18n/")):
            continue
        for client in (as_(cast.ben), Client()):
            answer = client.get(path)
            assert answer.status_code == 302, path
            assert answer["Location"].startswith("/admin/login/"), path
    changes = [f"/admin/projects/project/{things.project.pk}/change/", f"/admin/accounts/user/{cast.ada.pk}/change/"]
    for path in changes:
        assert as_(cast.ben).get(path).status_code == 302
        assert as_(cast.olga).get(path).status_code == 200


def test_a_wrong_number_is_not_an_error(cast: Cast, things: Things, as_: Any) -> None:
    """Numbers that are too big for the database are simply not there."""
    for path in ("/projects/99999999999999999999/", "/sources/99999999999999999999/", "/api/v1/projects/0/"):
        assert as_(cast.ada).get(path).status_code == 404


def test_files_in_storage_are_not_served_by_name(cast: Cast, things: Things, as_: Any) -> None:
    name = str(things.audio.blob.file.name)
    assert default_storage.exists(name)
    for path in (f"/{name}", f"/media/{name}", f"/files/{name}", f"/static/{name}"):
        assert as_(cast.ada).get(path).status_code == 404
