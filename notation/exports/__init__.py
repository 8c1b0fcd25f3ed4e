"""Files to take along: kind -> function. Pure; imports no Django.

    path = export("pdf", document, folder=folder, title="Morning Walk", options={"paper": "A4"}, check=ctx.check)

`KINDS` is what pages and the API offer. Each function writes one file into `folder`, named so that any system takes
it, and raises NotationError in words for the user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notation.exports.names import safe_name
from notation.musicxml import NotationError

Check = Callable[[], object]


@dataclass(frozen=True)
class Kind:
    name: str
    label: str  # what the user reads
    about: str  # what it is good for
    media_type: str
    extension: str
    function: Callable[..., None]  # (document, target, title, options, check)


@dataclass(frozen=True)
class Choice:
    """Something the user may choose for a kind."""

    name: str
    label: str
    default: str
    choices: tuple[tuple[str, str], ...]


PAGE_CHOICES = (
    Choice("paper", "Paper", "A4", (("A4", "A4"), ("Letter", "Letter"), ("A5", "A5"))),
    Choice("landscape", "Orientation", "0", (("0", "Upright"), ("1", "Landscape"))),
    Choice("view", "Guitar as", "both", (("both", "Notation and tab"), ("staff", "Notation"), ("tab", "Tab"))),
    Choice("staff_mm", "Staff size", "0", (("0", "Automatic"), ("5", "Small"), ("7", "Normal"), ("8.5", "Large"))),
)


def _pdf(document: bytes, *, target: Path, title: str, options: Mapping[str, Any], check: Check) -> None:
    from notation.engrave.pdf import pdf
    from notation.engrave.style import Style, style_from

    base = Style(title=title or None)
    pdf(_wanted(document, options), target=target, style=style_from(options, base=base), check=check)


def _musicxml(document: bytes, *, target: Path, title: str, options: Mapping[str, Any], check: Check) -> None:
    from notation.musicxml import tree

    target.write_bytes(tree.to_bytes(_titled(document, title, options), pretty=True))


def _mxl(document: bytes, *, target: Path, title: str, options: Mapping[str, Any], check: Check) -> None:
    from notation.exports.bundle import write_mxl
    from notation.musicxml import tree

    write_mxl(tree.to_bytes(_titled(document, title, options)), target=target)


def _midi(document: bytes, *, target: Path, title: str, options: Mapping[str, Any], check: Check) -> None:
    from notation.exports.midi import write_midi

    root = _titled(document, title, options)
    check()
    write_midi(root, target=target, title=title)


def _zip(document: bytes, *, target: Path, title: str, options: Mapping[str, Any], check: Check) -> None:
    from notation.exports.bundle import write_zip

    write_zip(document, target=target, title=title, options=options, check=check)


def _wanted(document: bytes, options: Mapping[str, Any]) -> Any:
    """The document's tree, with only the parts that option `parts` names (their ids, a list or "P1,P3")."""
    from notation.musicxml import edit
    from notation.musicxml.read import read

    root = read(document)
    wanted = options.get("parts") or ()
    keep = {key.strip() for key in wanted.split(",")} if isinstance(wanted, str) else {str(key) for key in wanted}
    if keep:
        edit.prune(root, keep=keep)
    return root


def _titled(document: bytes, title: str, options: Mapping[str, Any]) -> Any:
    from notation.musicxml import edit

    root = _wanted(document, options)
    if title:
        edit.set_title(root, title)
    if composer := options.get("composer"):
        edit.set_composer(root, str(composer))
    return root


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("pdf", "PDF", "Pages to print", "application/pdf", ".pdf", _pdf),
        Kind(
            "musicxml", "MusicXML", "Opens in every notation program", "application/vnd.recordare.musicxml+xml",
            ".musicxml", _musicxml,
        ),
        Kind(
            "mxl", "Compressed MusicXML", "The same, smaller", "application/vnd.recordare.musicxml", ".mxl", _mxl
        ),
        Kind("midi", "MIDI", "Plays in every sequencer", "audio/midi", ".mid", _midi),
        Kind("zip", "ZIP", "PDF, MusicXML and MIDI together", "application/zip", ".zip", _zip),
    )
}  # fmt: skip


def export(
    kind: str,
    document: bytes,
    *,
    folder: Path,
    title: str,
    options: Mapping[str, Any] | None = None,
    check: Check = lambda: None,
) -> Path:
    """Write the document as `kind` into `folder` and return the file.

    title    what the user calls the score; goes on the page, into the file and into its name
    options  paper, landscape, staff_mm, margin_mm, view, rhythm, subtitle, composer, credit, page_numbers (PDF);
             parts (ids, all kinds); kinds (ZIP: which files, and part_books=1 for a PDF of each part)
    check    raises where the user wants an end; asked often, also while other programs run

    Raises NotationError, and whatever `check` raises. A file that could not be finished is removed.
    """
    if kind not in KINDS:
        raise NotationError("There is no such file kind.", hint=f"Choose one of {', '.join(KINDS)}.")
    check()
    target = folder / f"{safe_name(title)}{KINDS[kind].extension}"
    try:
        KINDS[kind].function(document, target=target, title=title, options=options or {}, check=check)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


__all__ = ["KINDS", "PAGE_CHOICES", "Choice", "Kind", "export", "safe_name"]
