"""A bar's tokens -> what they say: notes, rests and signs in time. Tolerant: whatever cannot be is left out and told.

    parse(tokens)       a Bar: events and signs with their onsets, what each voice fills, faults
    duration(tokens)    only how long it lasts; cheap, for a second reader that weighs many readings
    split(tokens)       a staff line's tokens -> its head and its bars
    as_line(tokens)     the same as a model.Line, for tokens that did not come from a picture

Durations and onsets are quarters from the bar's beginning, as Fractions. Two voices are told event by event in order
of onset, the upper first; an event that its own voice cannot reach in that order shows a gap, where a rest was hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import Literal

from media_pipeline.omr.model import BarRead, Line, Seen
from media_pipeline.omr.tokens import AFTER, BARS, VALUES, is_figure, is_position

QUARTERS = {value: Fraction(8) if value == "0" else Fraction(4, int(value)) for value in VALUES}
NORMAL = {  # N notes in the time of how many of their kind: the usual number first
    2: (3,), 3: (2,), 4: (3, 6), 5: (4, 6, 3, 2), 6: (4,), 7: (4, 8, 6), 9: (8, 6),
}  # fmt: skip
MOST_BARS = 999  # in one multi-measure rest
MOST_DOTS = 3
SIGNS = ("dyn.", "cresc(", "dim(", "hair)", "clef.", "key.", "time.", "volta", "rep.s", "segno", "coda", "reh", "dc",
         "ds", "fine", "tocoda")  # fmt: skip
_OCTAVES = ("8va(", "8vb(")


@dataclass(frozen=True)
class Head:
    """A note head. `at` is the index of its token pK among the bar's."""

    position: int  # steps above the bottom line
    accidental: str  # as printed: "", "f", "ff", "n", "s", "x"
    cross: bool
    at: int


@dataclass(frozen=True)
class Event:
    """A note, a chord or (without heads) a rest. Its tokens are `first` <= index < `end`."""

    heads: tuple[Head, ...]
    value: str  # of VALUES; "full" for a rest of the whole bar
    first: int
    end: int
    dots: int = 0
    voice: int = 0  # 0 upper, 1 lower
    onset: Fraction = Fraction(0)
    duration: Fraction = Fraction(0)  # 0 for a grace note, and for "full" where the bar's length is not known
    grace: bool = False
    slash: bool = False
    strokes: int = 0  # of a tremolo
    tuplet: tuple[int, int] = (1, 1)  # actual, normal; (2, 1) for two notes that share a tremolo
    opens: bool = False  # its tuplet begins
    closes: bool = False
    tie: bool = False  # to the next note
    slur_opens: bool = False
    slur_closes: bool = False
    fermata: bool = False
    marks: tuple[str, ...] = ()  # art.*, orn.*, arp, breath
    octave_closes: bool = False

    @property
    def rest(self) -> bool:
        return not self.heads


@dataclass(frozen=True)
class Sign:
    """Anything else: its token, where it stands among the bar's, and when, in the stream of which voice."""

    token: str
    at: int
    onset: Fraction = Fraction(0)
    voice: int = 0


@dataclass(frozen=True)
class Fault:
    """What the grammar does not allow, in words, and the token it stumbled over."""

    message: str
    at: int
    dropped: bool = True


@dataclass(frozen=True)
class Bar:
    """A bar as it was told. `filled` holds the end of each voice; empty where only its length in full is known."""

    items: tuple[Event | Sign, ...]  # as told
    line: str  # bar.X, or "" where none was seen
    count: int = 1  # bars of a multi-measure rest
    similar: bool = False  # as the bar before
    filled: tuple[Fraction, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(item for item in self.items if isinstance(item, Event))

    @property
    def signs(self) -> tuple[Sign, ...]:
        return tuple(item for item in self.items if isinstance(item, Sign))

    @property
    def music(self) -> bool:
        """Is there anything to play or to count? Signs alone are a courtesy at a line's end."""
        return bool(self.events or self.count > 1 or self.similar)


def parse(tokens: Sequence[str], *, length: Fraction | None = None) -> Bar:
    """What a bar's tokens say. Never raises.

    length: what the metre asks for, in quarters; a rest of the whole bar then lasts as long, and where a tuplet's
    number may mean several ratios (4 in the time of 3 or of 6), the one that fills the bar is taken.
    """
    return _parsed(tuple(tokens), length)


@lru_cache(maxsize=4096)  # a book is gone through several times: its metre, its notes, its words
def _parsed(tokens: tuple[str, ...], length: Fraction | None) -> Bar:
    bar = _Parser(tokens, length=length, normal={}).bar()
    if length is None or all(filled == length for filled in bar.filled):
        return bar
    open_ = {event.tuplet[0] for event in bar.events if event.tuplet != (2, 1)}
    numbers = [number for number in open_ if len(NORMAL.get(number, ())) > 1]
    for choice in product(*(NORMAL[number] for number in numbers)):
        other = _Parser(tokens, length=length, normal=dict(zip(numbers, choice, strict=True))).bar()
        if all(filled == length for filled in other.filled):
            return other
    return bar


def duration(tokens: Sequence[str]) -> Fraction | Literal["full"] | None:
    """How long a bar's tokens last, in quarters: the longer of its voices.

    "full" where nothing but a rest of the whole bar (or of several) says so; None where there is nothing to count or
    a note has no value, a value no note.
    """
    now = [Fraction(0), Fraction(0)]
    ratio = [Fraction(1), Fraction(1)]
    last, voice, before, headed, full, counted = Fraction(0), 0, 0, False, False, False
    for i, token in enumerate(tokens):
        kind = token[:1]
        if token == "lo":
            voice = 1
        elif kind == "p" and token[-1].isdigit():
            headed = True
        elif token in ("mR", "mm", "sim"):
            full, voice = True, 0
        elif token[1:] in QUARTERS and kind in "dr":
            if headed != (kind == "d"):
                return None
            headed, counted = False, True
            last = _onset(now, voice, last=last, before=before)
            now[voice] = last + QUARTERS[token[1:]] * _dotted(tokens, i) * ratio[voice]
            before, voice = voice, 0
        elif kind == "g" and token[1:2] == "d":
            if not headed:
                return None
            headed, voice = False, 0
        elif token == "tupend":
            ratio[before] = Fraction(1)
        elif token.startswith("tup"):
            actual, normal = _ratio(tokens, i, {})
            ratio[voice] = Fraction(normal, actual)
    if headed or not (counted or full):
        return None
    return max(now) if counted else "full"


def split(tokens: Sequence[str]) -> tuple[range, list[range]]:
    """A line's head (clef, key, time) and its bars, each up to its bar line; what follows the last one is a bar too.

    A key or time between two bars begins the second.
    """
    head = next((i for i, token in enumerate(tokens) if not token.startswith(("clef.", "key.", "time."))), len(tokens))
    bars, first = [], head
    for i in range(head, len(tokens)):
        if tokens[i] in BARS:
            bars.append(range(first, i + 1))
            first = i + 1
    return range(head), bars + ([range(first, len(tokens))] if first < len(tokens) else [])


def as_line(tokens: Sequence[str], *, page: int = 0, system: int = 0, staff: int = 0) -> Line:
    """A staff line whose tokens are known for sure."""
    head, bars = split(tokens)
    said = {tokens[i].split(".")[0]: tokens[i] for i in head}
    read = tuple(BarRead(tuple(Seen(tokens[i], i, 1.0) for i in bar), 0.0) for bar in bars)
    clef, key, time = said.get("clef", "clef.G2"), said.get("key", "key.0"), said.get("time", "")
    return Line(page, system, staff, clef, key, time, read)


def metre_length(token: str) -> Fraction:
    """Quarters in a bar of a time token ("time.6/8" or "time.cut")."""
    beats, kind = beats_of(token)
    return Fraction(4 * beats, kind)


def beats_of(token: str) -> tuple[int, int]:
    """ "time.C" -> 4, 4."""
    name = token.removeprefix("time.")
    if name in ("C", "cut"):
        return (4, 4) if name == "C" else (2, 2)
    beats, kind = name.split("/")
    return int(beats), int(kind)


def _onset(now: Sequence[Fraction], voice: int, *, last: Fraction, before: int) -> Fraction:
    """When an event begins: where its voice stands, unless the order of events says that it has waited.

    An upper event that follows a lower one begins after it: with the lower voice's next. A lower one that follows an
    upper begins with it at the earliest.
    """
    mine = now[voice]
    if voice == 0 and before == 1 and mine <= last and now[1] > mine:
        return now[1]
    return last if voice == 1 and mine < last else mine


def _dotted(tokens: Sequence[str], i: int) -> Fraction:
    dots = 0
    while i + 1 + dots < len(tokens) and tokens[i + 1 + dots] == "dot":
        dots += 1
    return 2 - Fraction(1, 2 ** min(dots, MOST_DOTS))


def _ratio(tokens: Sequence[str], i: int, normal: dict[int, int]) -> tuple[int, int]:
    """Of the tuplet that begins at token i: actual, normal."""
    number = int(tokens[i][3:]) if tokens[i][3:].isdigit() else 3
    if number == 2:
        for token in tokens[i + 1 :]:
            if token.startswith("trem"):
                return 2, 1
            if token == "tupend" or token in BARS:
                break
    return number, normal.get(number) or NORMAL.get(number, (2,))[0]


class _Parser:
    """One pass over a bar's tokens."""

    def __init__(self, tokens: Sequence[str], *, length: Fraction | None, normal: dict[int, int]) -> None:
        self.tokens, self.length, self.normal = tokens, length, normal
        self.i = 0
        self.items: list[Event | Sign] = []
        self.faults: list[Fault] = []
        self.now = [Fraction(0), Fraction(0)]
        self.last = Fraction(0)
        self.before = 0
        self.used = [False, False]
        self.tuplets: list[tuple[int, int] | None] = [None, None]
        self.counting = True  # False once a rest of unknown length was told
        # What waits for the next event.
        self.signs: list[Sign] = []
        self.voice = 0
        self.opening: int | None = None  # index of a tupN
        self.count, self.similar, self.line = 1, False, ""

    def bar(self) -> Bar:
        while self.i < len(self.tokens):
            self.step(self.tokens[self.i])
        end = max(self.now)
        self.items += [replace(sign, onset=end) for sign in self.signs]
        for voice in (0, 1):
            if self.tuplets[voice] is not None:
                self.fault("a tuplet does not end", len(self.tokens) - 1, dropped=False)
        filled = tuple(now for now, used in zip(self.now, self.used, strict=True) if used)
        return Bar(
            tuple(self.items), self.line, self.count, self.similar, filled if self.counting else (), tuple(self.faults)
        )

    def fault(self, message: str, at: int, *, dropped: bool = True) -> None:
        self.faults.append(Fault(message, at, dropped))

    def peek(self) -> str:
        return self.tokens[self.i] if self.i < len(self.tokens) else ""

    def step(self, token: str) -> None:
        """Takes one token, or all of a note's."""
        i = self.i
        if token.startswith("acc.") or is_position(token):
            self.note()
            return
        self.i += 1
        if token in BARS:
            if self.line:
                self.fault("two bar lines", i)
            self.line = self.line or token
        elif token == "lo":
            self.voice = 1
        elif token in _OCTAVES or token.startswith(SIGNS):
            self.signs.append(Sign(token, i))
        elif token.startswith("tup") and token != "tupend":
            self.opening = i
        elif token[:1] == "r" and token[1:] in QUARTERS:
            self.event((), token[1:], i)
        elif token == "mR":
            self.event((), "full", i)
        elif token == "mm":
            digits = ""
            while is_figure(self.peek()):
                digits += self.peek()[1:]
                self.i += 1
            if not digits or not 1 <= int(digits) <= MOST_BARS:
                self.fault("rests without a count that can be", i, dropped=False)
            self.count = min(max(int(digits or 1), 1), MOST_BARS)
            self.event((), "full", i)
        elif token == "sim":
            self.similar = True
            self.counting = False
        else:
            self.fault(f"{token} belongs to no note", i)

    def note(self) -> None:
        """Heads, their value and all that follows."""
        first = self.i
        heads: list[Head] = []
        while True:
            accidental = ""
            if self.peek().startswith("acc."):
                accidental = self.peek()[4:]
                self.i += 1
            if not is_position(self.peek()):
                self.fault("an accidental without a note", self.i - 1)
                break
            at = self.i
            self.i += 1
            cross = self.peek() == "hd.x"
            self.i += cross
            heads.append(Head(int(self.tokens[at][1:]), accidental, cross, at))
            if self.peek() != "ch":
                break
            self.i += 1
            if not (self.peek().startswith("acc.") or is_position(self.peek())):
                self.fault("a chord lacks a note", self.i - 1)
                break
        if not heads:
            return
        token = self.peek()
        grace = token.startswith("gd") and token[2:] in QUARTERS
        if grace or (token[:1] == "d" and token[1:] in QUARTERS):
            self.i += 1
            self.event(tuple(heads), token[2:] if grace else token[1:], first, grace=grace)
        else:
            # The picture shows a note: a likely value keeps it in sight.
            likely = next((e.value for e in reversed(self.items) if isinstance(e, Event) and e.value != "full"), "4")
            self.fault("a note without a value", first, dropped=False)
            self.event(tuple(heads), likely, first)

    def event(self, heads: tuple[Head, ...], value: str, first: int, *, grace: bool = False) -> None:
        """Places a note or rest in time, with the tokens that follow it."""
        dots = strokes = 0
        slash = False
        while self.peek() in ("dot", "slash", "trem1", "trem2", "trem3"):
            token = self.peek()
            dots += token == "dot"
            slash |= token == "slash"
            strokes = int(token[4:]) if token.startswith("trem") and heads else strokes
            if dots > MOST_DOTS:
                self.fault("too many dots", self.i)
                dots = MOST_DOTS
            self.i += 1
        after: list[str] = []
        while self.peek().startswith(AFTER):
            after.append(self.peek())
            self.i += 1
        voice, self.voice = self.voice, 0
        opens = self.open(voice) and value != "full"
        tuplet = (self.tuplets[voice] if value != "full" else None) or (1, 1)
        onset = self.now[voice] if grace else _onset(self.now, voice, last=self.last, before=self.before)
        lasts = Fraction(0)
        if value == "full":
            lasts = self.length if self.length is not None else Fraction(0)
            self.counting &= self.length is not None
        elif not grace:
            lasts = QUARTERS[value] * (2 - Fraction(1, 2**dots)) * Fraction(tuplet[1], tuplet[0])
        closes = "tupend" in after
        if closes and self.tuplets[voice] is None:
            self.fault("a tuplet ends that did not begin", self.i - 1)
            closes = False
        self.items += [replace(sign, onset=onset, voice=voice) for sign in self.signs]
        self.signs = []
        self.items.append(
            Event(
                heads, value, first, self.i, dots, voice, onset, lasts, grace, slash, strokes, tuplet, opens,
                closes, "tie" in after, "sl(" in after, "sl)" in after, "fermata" in after,
                tuple(dict.fromkeys(a for a in after if a.startswith(("art.", "orn.")) or a in ("arp", "breath"))),
                "8va)" in after or "8vb)" in after,
            )
        )  # fmt: skip
        self.used[voice] = True
        if not grace:
            self.now[voice], self.last, self.before = onset + lasts, onset, voice
        if closes:
            self.tuplets[voice] = None

    def open(self, voice: int) -> bool:
        """Begins the tuplet that was announced, if one was."""
        at, self.opening = self.opening, None
        if at is None:
            return False
        if self.tuplets[voice] is not None:
            self.fault("a tuplet begins before the last one has ended", at, dropped=False)
        self.tuplets[voice] = _ratio(self.tokens, at, self.normal)
        return True
