"""Sections to songs: every role of a section becomes a line, every player takes a role in its own octave.

Roles: tune, second (under it), counter, run (quick notes over it), answer (a figure where the tune rests on its last
note), after (after-beats), stab (short chords), pad (long ones), pads (the same in two parts), bass. A number after
"pad", "stab" or "after" says which tone of the chord. Players that play the same role have the same slurs and
articulations, as in a real score.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise

from tests.omr.band import lines
from tests.omr.band.lines import Harmony, rhythm
from tests.omr.band.model import PLAYERS, Bar, Frame, Note, Pitch, Player, Song
from tests.omr.band.shade import settle, shade
from tests.omr.band.touch import Style, held, touched

MIDDLE = 33  # step of A4: the middle register
GRACED = ("fl", "ob", "c1")  # players of grace notes
OUTER = ("tu", "ba", "fl", "t1")
DIVIDED = ("hn", "c2")


@dataclass(frozen=True)
class Section:
    phrases: str  # labels, of four bars each, or as many as they have chords
    scoring: tuple[Mapping[str, str], ...]  # role: codes of its players; one for each phrase, again and again
    dynamic: str
    rehearsal: str = ""
    tempo: str = ""
    words: str = ""  # for all, at its last bar but two
    key: int | None = None  # None: as before
    style: Style | None = None
    repeat: bool = False
    volta: int = 0  # bars of each ending
    segno: bool = False
    coda: bool = False
    to_coda: bool = False
    fine: bool = False
    jump: str = ""
    double: bool = False
    remarks: Mapping[str, str] = field(default_factory=dict)  # role: what stands at its first note


def arrange(
    song: Song, chords: Mapping[str, str], sections: Sequence[Section], *, key: int, style: Style, pickup: str = ""
) -> Song:
    """Fill in a song's bars. `chords`: of each phrase, one a bar. `pickup`: the tune's cell before the first bar."""
    song.parts = {player.code: [] for player in PLAYERS}
    loud = dict.fromkeys(song.parts, "")
    for number, section in enumerate(sections):
        key, style = section.key if section.key is not None else key, section.style or style
        upbeat = pickup if number == 0 else ""
        first = len(song.frames)
        written = _Writer(song.id, chords, section, key, style).bars(upbeat)
        song.frames += _frames(section, key, style, written, upbeat)
        for player in PLAYERS:
            bars = [bar for piece in written for bar in piece.of[player.code]]
            roles = [piece.roles.get(player.code, "") for piece in written for _ in piece.of[player.code]]
            before = song.parts[player.code]
            silent = first >= 2 and not any(before[-2:])
            bars, loud[player.code] = shade(
                bars, roles, dynamic=section.dynamic, remarks=section.remarks, loud=loud[player.code], silent=silent,
                seed=f"{song.id} {number}",
            )  # fmt: skip
            song.parts[player.code] += bars
    for n, (frame, after) in enumerate(pairwise(song.frames)):
        # The sign that begins a repeat stands for the double bar line.
        double = (frame.double or frame.key != after.key) and not frame.backward and not after.forward
        song.frames[n] = replace(frame, double=double)
    _finish(song, Harmony(key, "I"), style)
    return song


@dataclass(frozen=True)
class _Piece:
    """A phrase, or an ending of a section, for everybody."""

    of: dict[str, list[Bar]]
    roles: dict[str, str]
    volta: int = 0


class _Writer:
    """Writes a section out for everybody."""

    def __init__(self, seed: str, chords: Mapping[str, str], section: Section, key: int, style: Style) -> None:
        self.seed, self.chords, self.section, self.key, self.style = seed, chords, section, key, style

    def bars(self, upbeat: str) -> list[_Piece]:
        section = self.section
        out = []
        if upbeat:
            out.append(self._piece("upbeat", [Harmony(self.key, "V")], section.scoring[0], upbeat=upbeat))
        for n, label in enumerate(section.phrases):
            harmonies = [Harmony(self.key, chord) for chord in self.chords[label].split()]
            scoring = section.scoring[n % len(section.scoring)]
            piece = self._piece(label, harmonies, scoring)
            if n == len(section.phrases) - 1 and section.volta:
                before = {code: bars[: -section.volta] for code, bars in piece.of.items()}
                first = {code: bars[-section.volta :] for code, bars in piece.of.items()}
                close = [Harmony(self.key, chord) for chord in ("V7", "I")[-section.volta :]]
                ending = self._piece(f"{label}2", close, scoring)
                out += [_Piece(before, piece.roles), _Piece(first, piece.roles, 1), replace(ending, volta=2)]
            else:
                out.append(piece)
        return out

    def _piece(self, label: str, harmonies: list[Harmony], scoring: Mapping[str, str], *, upbeat: str = "") -> _Piece:
        of, roles = {}, {}
        for role, codes in scoring.items():
            line = self._line(label, role, harmonies, upbeat)
            for player in PLAYERS:
                if player.code in codes.split():
                    of[player.code], roles[player.code] = fitted(line, player), role
        silent: list[Bar] = [rhythm("r4")] if upbeat else [()] * len(harmonies)
        return _Piece({player.code: of.get(player.code, silent) for player in PLAYERS}, roles)

    def _line(self, label: str, role: str, harmonies: list[Harmony], upbeat: str) -> list[Bar]:
        """A role's line. The same label and role give the same line, whoever plays it and wherever it comes back."""
        r = random.Random(f"{self.seed} {label} {role}")
        style, count = self.style, len(harmonies)
        name, tone = role.rstrip("0123456789"), int(role[-1]) if role[-1].isdigit() else 0
        if upbeat and name not in ("tune", "second"):
            return [rhythm("r4")]
        if name in ("tune", "second"):
            drawn = random.Random(f"{self.seed} {label} tune")
            cells = [drawn.choice(style.tune) for _ in range(count)]
            if count >= 4 and drawn.random() < 0.6:
                cells[2] = cells[0]
            cells[-1] = upbeat or drawn.choice(style.close)
            if count > 1 and cells[-2].endswith("~"):
                cells[-2] = style.close[0]
            line = lines.tune(harmonies, cells, drawn, centre=MIDDLE, end=0 if harmonies[-1].chord == "I" else -1)
            line = touched(line, style, self.key, drawn)
            return lines.second(line, harmonies) if name == "second" else line
        if name == "counter":
            cells = [r.choice(style.counter) for _ in range(count)]
            return touched(lines.tune(harmonies, cells, r, centre=MIDDLE - 5, span=-3), style, self.key, r)
        if name == "run":
            cells = [r.choice(style.run) for _ in range(count)]
            return touched(lines.tune(harmonies, cells, r, centre=MIDDLE + 2, span=4), style, self.key, r)
        if name == "answer":
            figure = lines.tune(harmonies[-1:], [r.choice(style.answer)], r, centre=MIDDLE)
            return [*([()] * (count - 1)), *touched(figure, style, self.key, r)]
        if name == "bass":
            cells = [r.choice(style.bass) for _ in range(count)]
            line = lines.bass(harmonies, cells, r, walk=style.walk, near=MIDDLE - 12)
            return touched(line, style, self.key, r, slurs=False)
        same = random.Random(f"{self.seed} {label} {name}")  # all tones of a chord in one rhythm
        cells = [same.choice(getattr(style, name.removesuffix("s"))) for _ in range(count)]
        line = lines.chord_line(harmonies, cells, tone=tone, near=MIDDLE - 4)
        if name == "pads":
            return [
                tuple(replace(note, pitches=(*note.pitches, harmony.pitch(harmony.near(note.pitches[0].step - 3))))
                      if note.pitches else note for note in bar)
                for harmony, bar in zip(harmonies, line, strict=True)
            ]  # fmt: skip
        return held(line, same) if name == "pad" else touched(line, style, self.key, same, slurs=False)


def fitted(line: list[Bar], player: Player) -> list[Bar]:
    """In the octave that suits the player; single notes out of its compass are folded back."""
    pitches = [pitch.midi for bar in line for note in bar for pitch in note.pitches]
    if not pitches:
        return line
    home = (player.low + player.high) / 2
    mean = sum(pitches) / len(pitches)

    def cost(octaves: int) -> tuple[int, float]:
        out = sum(not player.low <= pitch + 12 * octaves <= player.high for pitch in pitches)
        return out, abs(mean + 12 * octaves - home)

    shift = min(range(-4, 4), key=cost)

    def place(pitch: Pitch) -> Pitch:
        pitch = pitch.up(7 * shift, 12 * shift)
        while pitch.midi < player.low:
            pitch = pitch.up(7, 12)
        while pitch.midi > player.high:
            pitch = pitch.up(-7, -12)
        return pitch

    def placed(note: Note) -> Note:
        grace = place(note.grace) if note.grace and player.code in GRACED else None
        return replace(note, pitches=tuple(sorted(set(map(place, note.pitches)))), grace=grace)

    return [tuple(map(placed, bar)) for bar in line]


def _frames(section: Section, key: int, style: Style, written: Sequence[_Piece], upbeat: str) -> Iterator[Frame]:
    whole = Fraction(4 * style.metre[0], style.metre[1])
    voltas = [piece.volta for piece in written for _ in piece.of["tu"]]
    count, begin = len(voltas), int(bool(upbeat))
    ends = count - section.volta - 1  # the bar with the repeat sign
    for n, volta in enumerate(voltas):
        first, last = n == begin, n == count - 1
        yield Frame(
            metre=style.metre,
            key=key,
            length=rhythm(upbeat)[0].quarters if upbeat and n == 0 else whole,
            sign=style.sign,
            rehearsal=section.rehearsal if first else "",
            tempo=section.tempo if n == 0 else "",
            words=section.words if n == count - 3 else "",
            segno=section.segno and first,
            coda=section.coda and first,
            to_coda=section.to_coda and last,
            fine=section.fine and last,
            jump=section.jump if last else "",
            forward=section.repeat and first,
            backward=section.repeat and n == ends,
            volta=volta,
            double=last and not (section.repeat and not section.volta)
            and (section.double or section.fine or section.to_coda or bool(section.jump)),
        )  # fmt: skip


def _finish(song: Song, harmony: Harmony, style: Style) -> None:
    """Everybody ends together; after a pick-up with what it left of a bar."""
    length = sum((note.quarters for note in rhythm(style.final)), Fraction(0))
    song.frames[-1] = replace(song.frames[-1], length=length, last=True, double=False)
    for player in PLAYERS:
        bars = song.parts[player.code]
        played = [note for bar in bars[:-1] for note in bar if note.pitches]
        final = _final(player, harmony, style, near=played[-1].pitches[0])
        if not any(bars[-3:-1]):
            final = (replace(final[0], dynamic="f"), *final[1:])
        if bars[-2]:
            bars[-2] = (*bars[-2][:-1], replace(bars[-2][-1], tie=False))
        bars[-1] = final
        settle(bars)


def _final(player: Player, harmony: Harmony, style: Style, *, near: Pitch) -> Bar:
    """A player's last bar: outer parts on the root, some in two; accents, or a fermata on a single long note."""
    pitch = harmony.pitch(harmony.near(near.step, tone=0 if player.code in OUTER else None))
    if pitch.midi < player.low:
        pitch = pitch.up(7, 12)
    elif pitch.midi > player.high:
        pitch = pitch.up(-7, -12)
    low = harmony.pitch(harmony.near(pitch.step - 3))
    chord = (low, pitch) if player.code in DIVIDED and low.midi >= player.low else (pitch,)
    notes = [replace(note, pitches=chord if note.pitches else ()) for note in rhythm(style.final)]
    if len(notes) == 1:
        return (replace(notes[0], fermata=True),)
    return tuple(replace(note, articulations=("accent",) if note.pitches else ()) for note in notes)
