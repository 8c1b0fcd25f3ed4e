"""What stages hand to each other: frozen values, and how they are written to a folder and read back.

Times are seconds on the recording's own clock: 0 is the first sample of the file, whatever was trimmed.
Pitches are MIDI numbers, 60 is middle C, A4 = 69 (after correcting for a tuning off A = 440).
numpy fields become NAME.npy (read back memory-mapped), Path fields are files of the folder, the rest is JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr.model import Page
from notation.score.proof import SongHeld


@dataclass(frozen=True)
class Media:
    """A file as the user gave it. `name` is what she called it; never trust its extension.

    Where she turned one of its pages by hand, that page is a medium of its own: `page` of the file, from 0, turned by
    `turn` degrees clockwise and not by what the page seems to say; the `half` of it where it holds two.
    """

    path: Path
    name: str
    page: int | None = None
    turn: int = 0
    half: str = ""


@dataclass(frozen=True)
class Audio:
    """Decoded mono sound between the trim points."""

    samples: NDArray[np.float32]  # (n,), -1..1, memory-mapped when read back
    rate: int  # hz, 22050
    start: float  # seconds: where samples[0] lies in the recording
    duration: float  # seconds of the whole recording, untrimmed


@dataclass(frozen=True)
class Listening:
    """What the page plays and draws: a copy that every browser plays, and peaks of the waveform."""

    file: Path  # .m4a or .mp3 or .ogg; whole recording, untrimmed, same clock
    media_type: str
    peaks: NDArray[np.int8]  # (n, 2) lowest and highest sample per slice, -127..127
    peaks_per_second: float
    duration: float


@dataclass(frozen=True)
class Tempo:
    """One reading of the pulse."""

    times: tuple[float, ...]  # seconds of every beat
    first_downbeat: int  # index into times
    beats_per_bar: int
    bpm: float  # median
    score: float  # higher is better; comparable within one Beats


@dataclass(frozen=True)
class Beats:
    best: Tempo
    others: tuple[Tempo, ...]  # other tempo octaves and bar lengths, best first
    engine: str


@dataclass(frozen=True)
class Activations:
    """What the pitch network heard, per frame. Quantised to 0..255 of probability."""

    note: NDArray[np.uint8]  # (frames, 88), A0..C8
    onset: NDArray[np.uint8]  # (frames, 88)
    contour: NDArray[np.uint8]  # (frames, 264), three bins a semitone
    frames_per_second: float
    start: float  # seconds of frame 0 in the recording
    tuning_cents: float  # of the recording against A = 440
    vocal: float  # 0..1 how much of the sound seems sung
    percussive: float  # 0..1 how much of the energy is drums
    engine: str


@dataclass(frozen=True)
class Note:
    onset: float  # seconds
    offset: float  # seconds
    pitch: int  # MIDI
    velocity: int  # 1..127
    confidence: float  # 0..1


@dataclass(frozen=True)
class Notes:
    notes: tuple[Note, ...]  # by onset, then pitch
    tuning_cents: float
    draft: str  # why the result is only a draft ("Voice and drums are strong…"), or ""


@dataclass(frozen=True)
class Bar:
    number: int  # 1-based; a pick-up bar is 0
    beats: tuple[float, ...]  # seconds of each beat of this bar
    end: float  # seconds: start of the next bar
    quarters: str  # notated length in quarter notes, a fraction as text: "4", "3", "7/2"


@dataclass(frozen=True)
class Grid:
    """Beats as chosen by the user: bars with the seconds of their beats."""

    bars: tuple[Bar, ...]
    beat_type: int  # 4: a quarter a beat; 8 with three to the beat in compound time
    compound: bool  # True in 6/8, 9/8, 12/8: a beat is a dotted quarter
    bpm: float


@dataclass(frozen=True)
class Document:
    """A finished MusicXML document, and where each of its bars sounds in the recording."""

    musicxml: Path
    title: str
    # (bar index in document order, quarters since the bar's start, seconds), for players that follow the recording
    sync: tuple[tuple[int, float, float], ...]
    summary: dict[str, str | int | float]  # key, metre, tempo, notes, lowest fret … for the page


@dataclass(frozen=True)
class Notation:
    """A score's MusicXML as one of its revisions keeps it, given to a job that makes a file from it."""

    path: Path
    title: str  # what the user calls the score


@dataclass(frozen=True)
class ExportFile:
    """A file to take along."""

    file: Path
    name: str  # what the download is called
    media_type: str


@dataclass(frozen=True)
class Bundle:
    """A finished print set in one ZIP."""

    file: Path
    sha256: str
    files: str  # JSON: what lies in it (notation/printing/listing.py)


@dataclass(frozen=True)
class Sheet:
    """A page of a book as the page reader sees it, set upright."""

    picture: Path  # PNG, grey
    page: Page  # with an empty `image`: it is the picture


@dataclass(frozen=True)
class Sheets:
    """The pages of one file of a book, in order."""

    name: str  # of the file
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True)
class SongHere:
    """A song begins on a page, as its reader understood or its owner says."""

    y: float  # share of the page's height
    title: str
    composer: str = ""
    tacet: bool = False


@dataclass(frozen=True)
class Face:
    """What a page shows at first sight."""

    picture: Path  # small, JPEG
    size: tuple[int, int]  # of the whole page, pixels
    number: int | None  # that is printed on it
    kind: str  # of omr.model.Kind
    problem: str  # a sentence for the user where something is wrong with it


@dataclass(frozen=True)
class Looks:
    """What the pages of one file show at first sight."""

    name: str  # of the file
    faces: tuple[Face, ...]  # one for each of its Sheets
    words: Path  # JSON: of each sheet the words where titles and names may stand (media_pipeline/omr/wordfile.py)


@dataclass(frozen=True)
class PlannedPage:
    """A page of a book as its owner sorted it."""

    file: int  # index into the files that the book is made from
    sheet: int  # index into that file's Sheets
    songs: tuple[SongHere, ...] = ()


@dataclass(frozen=True)
class BookPlan:
    """Which pages make a book, in which order, whose it is, and where its songs begin."""

    name: str
    named: bool  # by hand
    pages: tuple[PlannedPage, ...]


@dataclass(frozen=True)
class PrintedPage:
    """A page of a file to be printed as it is, with the places to cut it at."""

    file: int
    sheet: int
    turn: int  # by hand
    songs: tuple[SongHere, ...] = ()


@dataclass(frozen=True)
class PrintPlan:
    """The books of a set, to be bound anew from their original pages."""

    title: str
    books: tuple[tuple[str, tuple[PrintedPage, ...]], ...]  # name, pages


@dataclass(frozen=True)
class StaffSeen:
    sheet: int  # index into Sheets.sheets
    staff: int  # index into Page.staves
    first: int  # of its rows in Seen's arrays
    rows: int
    frames: int  # of the whole staff


@dataclass(frozen=True)
class Seen:
    """What the network saw on the staves of one file (media_pipeline/omr/lattice.py), and the words around them."""

    vocabulary: tuple[str, ...]
    staves: tuple[StaffSeen, ...]  # in reading order
    at: NDArray[np.uint16]  # (n,) frame
    ids: NDArray[np.uint8]  # (n, k) the likeliest tokens, best first
    logs: NDArray[np.float16]  # (n, k) their log probabilities
    words: Path  # JSON: of each sheet its words with their roles (media_pipeline/omr/wordfile.py)
    engine: str


@dataclass(frozen=True)
class Part:
    """One part of one song, as read."""

    musicxml: Path
    song: int  # counted through the book
    title: str
    instrument: str
    bars: int
    doubtful: int


@dataclass(frozen=True)
class Book:
    """What a book became: a document for each song and part, and the side file with boxes and doubts."""

    parts: tuple[Part, ...]
    report: Path  # JSON; media_pipeline/omr/report.py says what it holds
    pages: int


@dataclass(frozen=True)
class Shelf:
    """The books of a band that were read together, in the order of their files; one without music has no parts."""

    books: tuple[Book, ...]


@dataclass(frozen=True)
class Table:
    """What the part books of a project hold, given to a job. Never filed."""

    songs: tuple[SongHeld, ...]
    rules: str = ""  # JSON: by which parts are to be derived, as notation/score/derived.py has it


@dataclass(frozen=True)
class Proofs:
    """What the parts of each song say against each other; JSON as notation.checks.keep takes it."""

    told: Path


@dataclass(frozen=True)
class Parts:
    """Parts that were derived, song by song; JSON as notation.generate.keep takes it."""

    told: Path
