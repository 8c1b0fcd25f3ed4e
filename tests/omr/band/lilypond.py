"""A player's book in LilyPond's own language, and its PDF by LilyPond 2.24.

Repeats are written as commands at bar lines, so that the music stands in the file as it stands on paper; bar checks
after every bar make LilyPond say where a bar is not full, and that is an error here.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from tests.omr.band.model import LETTERS, Bar, Frame, Note, Pitch, Player, Song

PATIENCE = 180  # seconds
KEYS = {-4: "aes", -3: "ees", -2: "bes", -1: "f", 0: "c", 1: "g", 2: "d", 3: "a", 4: "e"}
CLEFS = {"G2": "treble", "F4": "bass"}
MARKS = {"staccato": "-.", "accent": "->", "tenuto": "--", "strong-accent": "-^"}
FONT = r"""
  scoreTitleMarkup = \markup \column {
    \vspace #2
    \fill-line { \fontsize #5 \bold \fromproperty #'header:song }
    \fill-line { \fontsize #0 \italic \fromproperty #'header:below }
    \vspace #0.3
    \fill-line { \fontsize #2 \fromproperty #'header:player \right-column {
      \fromproperty #'header:writer \fromproperty #'header:setter } }
    \vspace #0.5
  }
"""


@dataclass(frozen=True)
class Look:
    size: float = 20  # points, a staff's height
    church_rests: bool = True  # up to ten bars as old-style rests
    naturals: bool = True  # a change of key cancels the old one
    numbers: bool = True


def installed() -> bool:
    return shutil.which("lilypond") is not None


def engrave(songs: Sequence[Song], player: Player, look: Look, folder: Path) -> Path:
    """Write the book's PDF, and book.ly. Raises RuntimeError where LilyPond fails or a bar is not full."""
    (folder / "book.ly").write_text(book(songs, player, look))
    run("book.ly", folder)
    return folder / "book.pdf"


def sounding(songs: Sequence[Song], player: Player, folder: Path) -> list[Path]:
    """A MIDI file of each song: the notes as written, in written order, without grace notes and shortened ones."""
    scores = []
    for song in songs:
        bars = [tuple(replace(note, grace=None, articulations=()) for note in bar) for bar in song.written(player)]
        scores.append(f"\\score {{ {{ {music(song.frames, bars, player)} }} \\midi {{ }} }}\n")
    (folder / "sounding.ly").write_text('\\version "2.24.0"\n' + "".join(scores))
    run("sounding.ly", folder)
    return [folder / f"sounding{f'-{n}' if n else ''}.midi" for n in range(len(songs))]


def run(name: str, folder: Path) -> None:
    if not installed():
        raise RuntimeError("LilyPond is not installed")
    command = ["lilypond", "-dno-point-and-click", "--loglevel=WARN", name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode or "check failed" in done.stderr:
        raise RuntimeError(f"LilyPond on {name}: {done.stderr[-1000:]}")


def book(songs: Sequence[Song], player: Player, look: Look) -> str:
    paper = (
        f'\\version "2.24.0"\n#(set-global-staff-size {look.size})\n\\paper {{\n  #(set-paper-size "a4")\n'
        "  indent = 0\n  left-margin = 13\\mm\n  right-margin = 13\\mm\n  top-margin = 10\\mm\n"
        "  bottom-margin = 10\\mm\n  ragged-last-bottom = ##t\n  tagline = ##f\n  print-first-page-number = ##f\n"
        "  evenHeaderMarkup = \\markup \\fill-line {\n"
        f'    \\fromproperty #\'page:page-number-string "{player.name}" "" }}\n'
        f'  oddHeaderMarkup = \\markup \\unless \\on-first-page \\fill-line {{ "" "{player.name}" '
        f"\\fromproperty #'page:page-number-string }}\n{FONT}}}\n"
        "\\layout {\n  \\context {\n    \\Score\n"
        f"    \\override MultiMeasureRest.expand-limit = #{10 if look.church_rests else 1}\n"
        + ("" if look.numbers else "    \\omit BarNumber\n")
        + "  }\n  \\context {\n    \\Staff\n"
        f"    printKeyCancellation = ##{'t' if look.naturals else 'f'}\n"
        "    \\override Accidental.hide-tied-accidental-after-break = ##t\n  }\n}\n"
    )
    scores = "".join(
        f"\\score {{\n{{\n\\compressMMRests {{\n{music(song.frames, song.written(player), player)}}}\n}}\n"
        f'\\header {{ song = "{song.title}" below = "{song.subtitle}" player = "{player.name}" '
        f'writer = "{song.composer}" setter = "{song.arranger}" }}\n\\layout {{ }}\n}}\n'
        for song in songs
    )
    return paper + scores


def music(frames: Sequence[Frame], bars: Sequence[Bar], player: Player) -> str:
    lines = [f"\\clef {CLEFS[player.clef]}"]
    n = 0
    while n < len(frames):
        before = frames[n - 1] if n else None
        end = n + 1
        if not bars[n]:
            while end < len(frames) and not bars[end] and not _between(frames[end - 1], frames[end]):
                end += 1
        frame, last = frames[n], frames[end - 1]
        lines += _start(frame, before, player)
        check = "" if end == len(frames) else " |"  # a song may end with less than a bar
        lines.append((f"{_rest(frame.length)}*{end - n}" if not bars[n] else " ".join(_notes(bars[n]))) + check)
        lines += _stop(last, frames[end] if end < len(frames) else None)
        n = end
    return "\n".join(lines) + "\n"


def _between(frame: Frame, after: Frame) -> bool:
    """Whether something stands between two bars, so that no rest goes on."""
    plain = replace(after, rehearsal="", tempo="", words="", segno=False, coda=False, forward=False)
    return bool(
        plain != after or frame.key != after.key or frame.metre != after.metre or frame.volta != after.volta
        or frame.double or frame.backward or frame.to_coda or frame.fine or frame.jump
    )  # fmt: skip


def _start(frame: Frame, before: Frame | None, player: Player) -> Iterator[str]:
    commands = []
    if before and before.volta and before.volta != frame.volta:
        commands.append("(volta #f)")
    if before and before.backward:
        commands.append("end-repeat")
    if frame.volta and (before is None or before.volta != frame.volta):
        commands.append(f'(volta "{frame.volta}.")')
    if frame.forward:
        commands.append("start-repeat")
    if commands:
        yield f"\\set Score.repeatCommands = #'({' '.join(commands)})"
    if before is None or before.key != frame.key:
        yield f"\\key {KEYS[frame.key + player.fifths]} \\major"
    if before is None or before.metre != frame.metre:
        yield "\\defaultTimeSignature" if frame.sign else "\\numericTimeSignature"
        yield f"\\time {frame.metre[0]}/{frame.metre[1]}"
    if before is None and frame.length < Fraction(4 * frame.metre[0], frame.metre[1]):
        yield f"\\partial {frame.length.denominator * 4 // frame.length.numerator}"
    if frame.rehearsal:
        yield f'\\mark \\markup \\box "{frame.rehearsal}"'
    if frame.segno:
        yield "\\segnoMark \\default"
    if frame.coda:
        yield "\\codaMark \\default"
    if frame.tempo:
        yield f'\\tempo "{frame.tempo}"'
    elif frame.words:
        yield f'\\tempo \\markup \\normal-text \\italic "{frame.words}"'


def _stop(frame: Frame, after: Frame | None) -> Iterator[str]:
    if frame.to_coda:
        yield '\\textEndMark \\markup { "To Coda" \\musicglyph "scripts.coda" }'
    if frame.fine:
        yield '\\textEndMark "Fine"'
    if frame.jump:
        yield f'\\textEndMark "{frame.jump}"'
    if after is None:
        yield "\\set Score.repeatCommands = #'((volta #f))" if frame.volta else ""
        yield '\\bar "|."'
    elif frame.double:
        yield '\\bar "||"'


def _rest(length: Fraction) -> str:
    return {Fraction(4): "R1", Fraction(3): "R2.", Fraction(2): "R2"}[length]


def _notes(bar: Bar) -> Iterator[str]:
    for note in bar:
        out = "\\tuplet 3/2 { " if note.triplet == "start" else ""
        length = f"{note.value}{'.' * note.dots}"
        if note.grace:
            out += f"\\slashedGrace {{ {_pitch(note.grace)}8 }} "
        if not note.pitches:
            out += f"r{length}"
        elif len(note.pitches) == 1:
            out += f"{_pitch(note.pitches[0])}{length}"
        else:
            out += f"<{' '.join(map(_pitch, note.pitches))}>{length}"
        yield out + _hung(note) + (" }" if note.triplet == "stop" else "")


def _hung(note: Note) -> str:
    hairpin = "".join(mark for mark in note.hairpin if mark in "<>") or note.hairpin  # one that begins ends the other
    return "".join((
        "~" if note.tie else "",
        "".join(sorted(note.slur)[::-1]),
        *(MARKS[name] for name in note.articulations),
        f"\\{note.dynamic}" if note.dynamic else "",
        f"\\{hairpin}" if hairpin else "",
        f'_\\markup \\italic "{note.words}"' if note.words else "",
        "\\fermata" if note.fermata else "",
    ))  # fmt: skip


def _pitch(pitch: Pitch) -> str:
    octave = pitch.step // 7 - 3
    alter = ("is" if pitch.alter > 0 else "es") * abs(pitch.alter)
    return f"{LETTERS[pitch.step % 7].lower()}{alter}{chr(39) * octave if octave > 0 else ',' * -octave}"
