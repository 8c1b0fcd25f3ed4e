"""Lines of one part -> its measures in the order of a document, with pitches, ties, slurs and octave signs resolved.

    lay_out(systems)   what a document's measures are: multi-measure rests counted out, pick-ups found, staves joined
    play(measures)     for each measure and staff, notes with their pitches, and signs in their final places

Pitches are written ones. An accidental holds to the end of its bar and along a tie; a tie leads to the next note of its
voice (or of the other, where it begins just as the tie ends) at the same place, and rings on where there is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import zip_longest

from media_pipeline.omr.grammar import Bar, Event, Sign, metre_length, parse
from media_pipeline.omr.model import Line
from media_pipeline.omr.tokens import CLEFS, METRES

STEPS = "CDEFGAB"
MIDDLE_C = 28  # its step, counted from C0
ALTERS = {"s": 1, "f": -1, "n": 0, "x": 2, "ff": -2}
SLURS = 6  # that MusicXML can tell apart at a time
AWAY = ("dc", "ds", "fine", "tocoda")  # jumps that end bars
LONGEST_SLUR = 24  # bars; one that is still open then has lost its end


@dataclass
class Measure:
    """A measure of the document and where on paper it stands: `line` counts the lines of `systems`, staff by staff."""

    lines: tuple[int, ...]  # one for each staff
    bar: int  # index into those lines' bars
    staves: tuple[Bar, ...]
    clefs: tuple[str, ...]  # at its beginning
    key: int
    metre: str  # token
    page: int
    number: str = ""
    implicit: bool = False
    line: str = "bar.s"  # the bar line at its end
    repeat: bool = False  # a repeat begins
    volta: str = ""  # number of an ending that begins
    volta_ends: str = ""  # "stop" with a jaw, "discontinue" without
    volta_number: str = ""  # of the ending that ends
    rests: int = 0  # of the multi-measure rest that begins here
    similar: bool = False
    first: bool = False  # of its system

    @property
    def length(self) -> Fraction:
        filled = [end for staff in self.staves for end in staff.filled]
        return max(filled, default=Fraction(0)) or metre_length(self.metre)


@dataclass
class Played:
    """An event with what it is in its place."""

    event: Event
    pitches: list[tuple[int, int]]  # step counted from C0 (7 an octave), semitones up
    percussion: bool
    stops: set[int] = field(default_factory=set)  # heads that a tie leads to
    starts: set[int] = field(default_factory=set)  # heads whose tie leads on
    rings: set[int] = field(default_factory=set)  # heads whose tie leads nowhere
    slur_starts: list[int] = field(default_factory=list)  # numbers
    slur_stops: list[int] = field(default_factory=list)
    octave_stops: bool = False


@dataclass
class _Slur:
    source: Played
    voice: int
    measure: int
    number: int


def lay_out(systems: Sequence[Sequence[Line]], *, metre: str = "") -> list[Measure]:
    """The measures of a part: systems from the top of the song, each with one line for each of the part's staves.

    metre: a time token to begin with where none is printed; without one it is the most usual length of a bar.
    """
    printed = next((line.time for line in (systems[0] if systems else ()) if line.time), "")
    state = _Layout(printed or metre or _usual_metre(systems), max((len(lines) for lines in systems), default=1))
    flat = 0
    for lines in systems:
        if lines:
            state.system(lines, flat)
        flat += len(lines)
    measures = state.measures
    _close_voltas(measures)
    _count(measures)
    return measures


def places(measures: Sequence[Measure]) -> dict[tuple[int, int], int]:
    """(line, bar of it) -> index of the first measure that it stands for."""
    first: dict[tuple[int, int], int] = {}
    for index, measure in enumerate(measures):
        for line in measure.lines:
            first.setdefault((line, measure.bar), index)
    return first


def play(measures: Sequence[Measure]) -> list[list[list[Played | Sign]]]:
    """For each measure, for each of its staves: its notes and signs in the order in which they were told."""
    out: list[list[list[Played | Sign]]] = [[] for _ in measures]
    for staff in range(max((len(m.staves) for m in measures), default=0)):
        hand = _Hand()
        now = Fraction(0)
        for i, measure in enumerate(measures):
            if staff < len(measure.staves):
                out[i].append(hand.measure(i, measure, staff, now))
            now += measure.length
        hand.end()
    return out


def _usual_metre(systems: Sequence[Sequence[Line]]) -> str:
    lengths: Counter[Fraction] = Counter()
    for lines in systems:
        for bar in lines[0].bars if lines else ():
            filled = parse([seen.token for seen in bar.tokens]).filled
            lengths.update(end for end in filled if end > 0)
    length = max(lengths, key=lambda end: lengths[end], default=Fraction(4))
    for kind in (4, 8, 16, 2):
        beats = length * kind / 4
        if f"{beats}" in {m.split("/")[0] for m in METRES if m.endswith(f"/{kind}")}:
            return f"time.{beats}/{kind}"
    return "time.4/4"


class _Layout:
    """Goes from line to line with clef, key and metre."""

    def __init__(self, metre: str, staves: int) -> None:
        self.metre, self.key, self.staves = metre, 0, staves
        self.clefs = ["clef.G2"] * staves
        self.measures: list[Measure] = []
        self.repeat, self.volta = False, ""

    def system(self, lines: Sequence[Line], flat: int) -> None:
        for staff, line in enumerate(lines):
            self.clefs[staff] = line.clef if line.clef in CLEFS else self.clefs[staff]
        self._signature(lines[0].key, lines[0].time)
        columns = zip_longest(*(line.bars for line in lines))
        begun = len(self.measures)
        for index, column in enumerate(columns):
            told = [[seen.token for seen in bar.tokens] if bar is not None else ["mR"] for bar in column]
            told += [["mR"]] * (self.staves - len(told))  # a staff that this system does not print
            self._bar(told, tuple(range(flat, flat + len(lines))), index, lines[0].page, len(self.measures) == begun)

    def _signature(self, *tokens: str) -> None:
        for token in tokens:
            if token.startswith("key.") and token[4:].lstrip("-").isdigit():
                self.key = max(-7, min(7, int(token[4:])))
            elif token.startswith("time.") and token[5:] in METRES:
                self.metre = token

    def _bar(self, told: list[list[str]], lines: tuple[int, ...], index: int, page: int, first: bool) -> None:
        was = self.metre
        bars = [parse(tokens, length=metre_length(was)) for tokens in told]
        for bar in bars[:1] if bars[0].signs else bars:
            self._signature(*(sign.token for sign in bar.signs if not sign.onset))
        signs = [sign.token for bar in bars for sign in bar.signs]
        self.repeat |= "rep.s" in signs
        self.volta = next((token[5:] for token in signs if token.startswith("volta")), self.volta)
        line = next((bar.line for bar in bars if bar.line), "")
        if not any(bar.music for bar in bars):
            # A bar line that has no music before it is the left edge of a line or the end of the last bar.
            for token in signs:
                self._clef(token, 0)
            if line not in ("", "bar.s") and self.measures:
                self.measures[-1].line = line
            return
        length = metre_length(self.metre)
        if not self.measures:  # a pick-up: the staff that rests does so as long as the other plays
            known = [max(ends) for tokens in told if (ends := parse(tokens).filled)]
            length = max((end for end in known if 0 < end < length), default=length)
        if not self.measures or self.metre != was:
            bars = [parse(tokens, length=length) for tokens in told]
        similar = any(bar.similar for bar in bars) and bool(self.measures)
        if similar:
            last_staves = self.measures[-1].staves
            bars = [before if bar.similar else bar for bar, before in zip(bars, last_staves, strict=True)]
        count = max(bar.count for bar in bars)
        for i in range(count):
            last = i == count - 1
            self.measures.append(
                Measure(
                    lines, index, tuple(_counted(bar, i, count, metre_length(self.metre)) for bar in bars),
                    tuple(self.clefs), self.key, self.metre, page, line=(line or "bar.s") if last else "bar.s",
                    repeat=self.repeat, volta=self.volta, rests=count if i == 0 and count > 1 else 0, similar=similar,
                    first=first and i == 0,
                )
            )  # fmt: skip
            self.repeat, self.volta = False, ""
        for staff, bar in enumerate(bars):
            for sign in bar.signs:
                self._clef(sign.token, staff)
                if sign.onset:  # before the bar line, where some print what begins after it
                    self._signature(sign.token)

    def _clef(self, token: str, staff: int) -> None:
        if token in CLEFS:
            self.clefs[staff] = token


def _counted(bar: Bar, index: int, count: int, length: Fraction) -> Bar:
    """One of the bars of a multi-measure rest: what is printed over it is at its beginning, but a jump at its end."""
    if count == 1:
        return bar
    if index == 0:
        return replace(bar, items=tuple(i for i in bar.items if not (isinstance(i, Sign) and i.token in AWAY)))
    jumps = [sign.token for sign in bar.signs if sign.token in AWAY] if index == count - 1 else []
    return Bar(parse(["mR", *jumps], length=length).items, "", filled=(length,))


def _close_voltas(measures: Sequence[Measure]) -> None:
    """An ending lasts to the repeat that ends it, or to the bar before the next ending; the last one is one bar."""
    for i, measure in enumerate(measures):
        if not measure.volta:
            continue
        end, how = i, "discontinue"
        for j in range(i, min(i + 16, len(measures))):
            if j > i and (measures[j].volta or measures[j].repeat):
                end, how = (j - 1, "stop") if measures[j].volta else (i, "discontinue")
                break
            if measures[j].line == "bar.rep":
                end, how = j, "stop"
                break
        measures[end].volta_ends, measures[end].volta_number = how, measure.volta


def _count(measures: Sequence[Measure]) -> None:
    """Numbers as printed: a pick-up is 0, and the second half of a bar that a repeat cuts in two has none."""
    number = 0
    for i, measure in enumerate(measures):
        before = measures[i - 1] if i else None
        nominal = metre_length(measure.metre)
        if before is None and measure.length < nominal:
            measure.implicit, measure.number = True, "0"
            continue
        cut = before is not None and (before.line != "bar.s" or measure.repeat) and not before.implicit
        if before is not None and cut and measure.length < nominal and before.length + measure.length == nominal:
            measure.implicit, measure.number = True, f"X{i}"
            continue
        number += 1
        measure.number = str(number)


class _Hand:
    """Reads one staff from measure to measure: clef, accidentals, octave sign, and what is still open."""

    def __init__(self) -> None:
        self.octave = ""
        self.ties: list[tuple[Played, int, Fraction]] = []  # where from, which head, when it ends
        self.slurs: list[_Slur] = []
        self.last: Played | None = None

    def measure(self, index: int, measure: Measure, staff: int, start: Fraction) -> list[Played | Sign]:
        bar = measure.staves[staff]
        clef = measure.clefs[staff]
        accidentals: dict[int, int] = {}
        out: list[Played | Sign] = []
        if measure.first and self.octave:
            opening = next((item for item in bar.items if isinstance(item, Event) or "va(" in item.token
                            or "vb(" in item.token), None)  # fmt: skip
            if not isinstance(opening, Sign) or opening.token != self.octave:
                self._close_octave()  # it is printed again at the beginning of a line where it goes on
        self.slurs = [slur for slur in self.slurs if index - slur.measure <= LONGEST_SLUR]
        for item in bar.items:
            if isinstance(item, Sign):
                if item.token in CLEFS:
                    clef = item.token
                elif item.token in ("8va(", "8vb("):
                    if self.octave == item.token:
                        continue
                    self._close_octave()
                    self.octave = item.token
                out.append(item)
                continue
            played = self._play(item, clef, measure.key, accidentals, start)
            self._slur(played, index)
            self.last = played
            if item.octave_closes:
                self._close_octave()
            out.append(played)
        return out

    def end(self) -> None:
        self._close_octave()
        for played, head, _ in self.ties:
            played.rings.add(head)

    def _close_octave(self) -> None:
        if self.octave and self.last is not None:
            self.last.octave_stops = True
        self.octave = ""

    def _play(self, event: Event, clef: str, key: int, accidentals: dict[int, int], start: Fraction) -> Played:
        shift = {"8va(": 7, "8vb(": -7}.get(self.octave, 0)
        played = Played(event, [], clef == "clef.perc")
        leading = [] if event.grace else self._leading(event, start + event.onset)
        for i, head in enumerate(event.heads):
            step = MIDDLE_C + head.position - CLEFS[clef] + shift
            if head.accidental in ALTERS:
                accidentals[step] = ALTERS[head.accidental]
            alter = accidentals.get(step, in_key(step, key))
            for tie in leading:
                source, from_, _ = tie
                if source.pitches[from_][0] == step and i not in played.stops:
                    if not head.accidental:
                        alter = source.pitches[from_][1]
                    if source.pitches[from_][1] == alter:
                        source.starts.add(from_)
                        played.stops.add(i)
            played.pitches.append((step, alter))
        for source, from_, _ in leading:
            if from_ not in source.starts:
                source.rings.add(from_)
        if event.tie and not event.grace:
            end = start + event.onset + event.duration
            self.ties += [(played, i, end) for i in range(len(event.heads))]
        elif event.tie:
            played.rings |= set(range(len(event.heads)))
        return played

    def _leading(self, event: Event, now: Fraction) -> list[tuple[Played, int, Fraction]]:
        """Ties that this event ends, taken out of those that are open: its voice's, and the other's that end now."""
        mine = [tie for tie in self.ties if tie[0].event.voice == event.voice]
        steps = {head.position for head in event.heads}
        mine += [
            tie
            for tie in self.ties
            if tie not in mine and tie[2] == now and tie[0].event.heads[tie[1]].position in steps
        ]
        self.ties = [tie for tie in self.ties if not any(tie is other for other in mine)]
        return mine

    def _slur(self, played: Played, index: int) -> None:
        event = played.event
        if event.slur_closes and self.slurs:
            slur = next((s for s in reversed(self.slurs) if s.voice == event.voice), self.slurs[-1])
            self.slurs.remove(slur)
            slur.source.slur_starts.append(slur.number)
            played.slur_stops.append(slur.number)
        if event.slur_opens:
            mine = [slur for slur in self.slurs if slur.voice == event.voice]
            if len(mine) >= SLURS // 2:
                self.slurs.remove(mine[0])
            taken = {slur.number for slur in self.slurs} | set(played.slur_stops)
            number = next(n for n in range(1, 2 * SLURS) if n not in taken)
            self.slurs.append(_Slur(played, event.voice, index, number))


def in_key(step: int, key: int) -> int:
    """Semitones by which a key signature (fifths) alters a step."""
    name = STEPS[step % 7]
    return 1 if name in "FCGDAEB"[: max(key, 0)] else -1 if name in "BEADGCF"[: max(-key, 0)] else 0
