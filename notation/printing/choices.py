"""What is printed and how: chosen on the page or by the API, kept as the project's last choice. Plain values.

chosen = choices_from({"paper": "A5-booklet", "what": ["books"]})     Choices, or NotationError in words for people
chosen.as_dict()                                                      as it is kept
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, cast

from notation.engrave.conductor import Turn
from notation.engrave.naming import PATTERN, namer
from notation.engrave.printset import Kind, What
from notation.engrave.style import FONTS, STAFF_MM_LIMITS, Style
from notation.musicxml import NotationError
from notation.printing.keys import Key, key_from

Paper = Literal["A4", "Letter", "A5", "A5-booklet"]
ScorePaper = Literal["", "A4", "Letter", "A3"]

WHAT: tuple[tuple[str, str], ...] = (
    ("books", "Part books"),
    ("scores", "Conductor scores"),
    ("parts", "Song parts"),
    ("pile", "Everything by copies"),
)
KINDS = (("pdf", "PDF"), ("musicxml", "MusicXML"), ("midi", "MIDI"))
PAPERS = (("A4", "A4"), ("Letter", "Letter"), ("A5", "A5"), ("A5-booklet", "A5, as booklets on A4"))
SCORE_PAPERS = (("", "As the books"), ("A4", "A4"), ("Letter", "Letter"), ("A3", "A3"))
TURNS = (("auto", "As fits best"), ("upright", "Upright"), ("landscape", "Landscape"))
STAVES = ((0.0, "Automatic"), (6.0, "Small"), (7.0, "Normal"), (8.0, "Large"), (9.0, "Very large"))
PITCHES = (("transposed", "Transposed"), ("concert", "Concert pitch"))
MOST_CHOSEN = 10_000  # keys in a list


@dataclass(frozen=True)
class Choices:
    """without_songs, without_books: what is left out, so that what comes later is printed too. Keys, as are originals:
    books that are printed as the pages they came from."""

    title: str = ""  # "": the project's
    subtitle: str = ""
    what: tuple[str, ...] = ("books", "scores", "parts")
    kinds: tuple[str, ...] = ("pdf", "musicxml")
    without_songs: tuple[Key, ...] = ()
    without_books: tuple[Key, ...] = ()
    originals: tuple[Key, ...] = ()
    pitch: str = "transposed"  # of the scores
    paper: str = "A4"
    score_paper: str = ""
    turn: str = "auto"
    staff_mm: float = 0.0  # of the books; 0: automatic
    font: str = "Leipzig"
    cover: bool = True
    index: bool = True
    together: bool = True
    pattern: str = PATTERN

    def as_dict(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @property
    def booklets(self) -> bool:
        return self.paper == "A5-booklet"

    @property
    def style(self) -> Style:
        """Of books and parts."""
        paper = "A5" if self.booklets else self.paper
        margins = (11.0, 10.0, 12.0, 10.0) if paper == "A5" else Style.margin_mm
        return Style(
            paper=cast(Literal["A4", "Letter", "A5"], paper), staff_mm=self.staff_mm, font=self.font, margin_mm=margins
        )

    @property
    def score_style(self) -> Style:
        """A conductor reads from far: never A5."""
        paper = self.score_paper or ("Letter" if self.paper == "Letter" else "A4")
        return Style(paper=cast(Literal["A4", "Letter", "A3"], paper), font=self.font)

    @property
    def printed_what(self) -> tuple[What, ...]:
        # Copies are stacked of books.
        asked = {"books" if one == "pile" else one for one in self.what}
        return tuple(one for one in ("books", "scores", "parts") if one in asked)

    @property
    def printed_kinds(self) -> tuple[Kind, ...]:
        return cast("tuple[Kind, ...]", self.kinds)

    @property
    def printed_turn(self) -> Turn:
        return cast(Turn, self.turn)


def choices_from(given: Mapping[str, Any], *, base: Choices | None = None) -> Choices:
    """Choices with what is given changed; unknown names are ignored. NotationError says what makes no sense."""
    changes: dict[str, Any] = {}
    for name, value in given.items():
        if name in _LISTS:
            changes[name] = _listed(value, dict(_LISTS[name]), name)
        elif name in ("without_songs", "without_books", "originals"):
            changes[name] = _keys(value)
        elif name in _CHOICES:
            if value not in dict(_CHOICES[name][1]):
                options = ", ".join(label for _, label in _CHOICES[name][1])
                raise NotationError(f"{_CHOICES[name][0]}: choose one of {options}.")
            changes[name] = value
        elif name in ("cover", "index", "together"):
            changes[name] = value if isinstance(value, bool) else str(value).lower() in ("1", "true", "on", "yes")
        elif name == "staff_mm":
            changes[name] = _staff(value)
        elif name in ("title", "subtitle"):
            changes[name] = " ".join(str(value).split())[:200]
        elif name == "pattern":
            changes[name] = " ".join(str(value).split())[:200] or PATTERN
            namer(changes[name])
    found = replace(base or Choices(), **changes)
    if not found.what:
        raise NotationError("There is nothing to make.", hint="Choose books, scores or song parts.")
    if set(found.what) & {"scores", "parts"} and not found.kinds:
        raise NotationError("Choose at least one kind of file.", hint="PDF, MusicXML or MIDI.")
    return found


def kept_choices(kept: Mapping[str, Any]) -> Choices:
    """What was kept, as far as it still makes sense."""
    found = Choices()
    for name, value in kept.items():
        try:
            found = choices_from({name: value}, base=found)
        except NotationError:
            continue
    return found


_LISTS: dict[str, tuple[tuple[str, str], ...]] = {"what": WHAT, "kinds": KINDS}
_CHOICES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "pitch": ("Scores", PITCHES),
    "paper": ("Paper", PAPERS),
    "score_paper": ("Paper of the scores", SCORE_PAPERS),
    "turn": ("Scores lie", TURNS),
    "font": ("Music font", tuple((font, font) for font in FONTS)),
}


def _listed(value: Any, allowed: Mapping[str, str], name: str) -> tuple[str, ...]:
    said = [value] if isinstance(value, str) else list(value) if isinstance(value, Sequence) else [""]
    if strange := [one for one in said if one not in allowed]:
        raise NotationError(f"There is no “{strange[0]}” to make.", hint=f"Choose from {', '.join(allowed)}.")
    return tuple(one for one in allowed if one in said)


def _keys(value: Any) -> tuple[Key, ...]:
    if not isinstance(value, list | tuple) or len(value) > MOST_CHOSEN:
        raise NotationError("A list of songs or books is a list of their numbers.")
    try:
        return tuple(sorted({key_from(one) for one in value}, key=lambda key: (isinstance(key, str), key)))
    except ValueError:
        raise NotationError("A list of songs or books is a list of their numbers.") from None


def _staff(value: Any) -> float:
    low, high = STAFF_MM_LIMITS
    try:
        size = float(value or 0)
    except (TypeError, ValueError):
        size = -1.0
    if size and not low <= size <= high:
        raise NotationError(f"Staff size: from {low:g} to {high:g} mm, or 0 for automatic.")
    return size
