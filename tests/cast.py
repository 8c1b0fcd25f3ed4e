"""The fixed cast of the tests, and one of everything that belongs to Ada.

    Ada   owns everything there is here; a plain user
    Ben   another plain user, with nothing of his own; for him Ada's things do not exist
    Pia   premium: the same doors as Ben, higher limits
    Olga  admin: runs the house through the admin pages; outside them she may not see Ada's things either

`sample_urls` names an object of Ada's for every URL pattern with arguments. tests/projects/test_walk.py fails for a
pattern that has none, so whoever adds a URL adds its sample here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import User

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Cast:
    ada: User
    ben: User
    pia: User
    olga: User


def make_cast() -> Cast:
    from accounts.services import make_person

    def person(name: str, role: str) -> User:
        return make_person(f"{name.lower()}@example.org", password=PASSWORD, name=name, role=role)

    return Cast(person("Ada", "user"), person("Ben", "user"), person("Pia", "premium"), person("Olga", "admin"))


# --- small files whose kind is certain ------------------------------------------------------------------------------
def wav(seconds: float = 0.1, *, rate: int = 8000) -> bytes:
    """Silence, 16 bit, mono."""
    data = bytes(2 * int(seconds * rate))
    head = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    form = b"\1\0\1\0" + rate.to_bytes(4, "little") + (2 * rate).to_bytes(4, "little") + b"\2\0\x10\0"
    return head + form + b"data" + len(data).to_bytes(4, "little") + data


MUSICXML = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN"
  "http://www.musicxml.org/dtds/partwise.dtd">
<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Voice</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions>
<time><beats>4</beats><beat-type>4</beat-type></time>
<clef><sign>G</sign><line>2</line></clef></attributes>
<note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration><type>whole</type></note></measure></part>
</score-partwise>
"""


def png(width: int = 40, height: int = 20) -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


def pdf(pages: int = 2) -> bytes:
    import io

    import pikepdf

    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page(page_size=(595, 842))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


# --- one of everything of Ada's -------------------------------------------------------------------------------------
def bring(project: Any, *, name: str, data: bytes) -> Any:
    """Put a file into a project the way an upload does; returns the Source."""
    import io

    from projects.uploads import add_file

    return add_file(project, user=project.owner, name=name, file=io.BytesIO(data), size_bytes=len(data)).source


@dataclass
class Things:
    """Ada's things, by name, and a mark that stands in all their names: nobody else's page may show it."""

    mark: str = "Zwölftonlied"
    have: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.have[name]
        except KeyError:
            raise AttributeError(name) from None


def make_things(cast: Cast) -> Things:
    """Needs a database; real rows and files, made by the same services that the pages use."""
    from accounts.tokens import make_token
    from projects import services, uploads

    things = Things()
    project = services.create_project(cast.ada, title=f"{things.mark} project", description="for the walk")
    gone = services.create_project(cast.ada, title=f"{things.mark} thrown away")
    services.trash_project(gone)
    gone.refresh_from_db()
    token, secret = make_token(cast.ada, name=f"{things.mark} token")
    things.have |= {
        "project": project,
        "trashed": gone,
        "audio": bring(project, name=f"{things.mark}.wav", data=wav()),
        "notation": bring(project, name=f"{things.mark}.musicxml", data=MUSICXML),
        "pdf": bring(project, name=f"{things.mark}.pdf", data=pdf()),
        "upload": uploads.start(project, user=cast.ada, name=f"{things.mark}.mp3", size_bytes=1000),
        "token": token,
        "secret": secret,
    }
    for maker in MORE_THINGS:
        things.have |= maker(cast, things)
    return things


# Others add here: a function of (cast, things) that makes more of Ada's rows and returns them by name.
MORE_THINGS: list[Callable[[Cast, Things], dict[str, Any]]] = []


def sample_urls() -> dict[str, Callable[[Things], dict[str, Any]]]:
    """URL name -> its arguments, so that it is about something of Ada's."""

    def project(things: Things) -> dict[str, Any]:
        return {"pk": things.project.pk}

    def trashed(things: Things) -> dict[str, Any]:
        return {"pk": things.trashed.pk}

    def source(things: Things) -> dict[str, Any]:
        return {"pk": things.audio.pk}

    def picture(things: Things) -> dict[str, Any]:
        return {"pk": things.pdf.pk}

    def upload(things: Things) -> dict[str, Any]:
        return {"pk": things.upload.pk}

    return {
        "accounts:revoke_token": lambda things: {"pk": things.token.pk},
        "projects:detail": project,
        "projects:sources": project,
        "projects:add_files": project,
        "projects:edit": project,
        "projects:trash": project,
        "projects:restore": trashed,
        "projects:purge": trashed,
        "projects:source": source,
        "projects:source_file": source,
        "projects:source_preview": picture,
        "projects:source_preview_page": lambda things: {"pk": things.pdf.pk, "page": 1},
        "projects:source_rename": source,
        "projects:source_delete": source,
        "projects:upload": upload,
        "projects:upload_part": lambda things: {"pk": things.upload.pk, "number": 1},
        "projects:upload_finish": upload,
        "projects:upload_discard": upload,
    }
