"""From placed, spelled notes to what stands on paper: bars with voices, legal values, ties, tuplets, beams, rests.

Steps of `measures`, for every bar and voice:
1. Lay the chords out in time and fill the gaps with rests; lengths that run past the bar go on in the next. A beat
   whose borders no single tuplet can hold (fourths and thirds mixed) is straightened to the nearest that can.
2. Find the beats whose borders are thirds or sixths: those are written as triplets and sextuplets of one beat.
3. Cut everything at tuplet borders and where `values.split` says, tie what was cut.
4. Beam by the beat (by half a bar where it holds nothing but eighths), after Gould, "Behind Bars", pp. 151 ff.
5. Show an accidental where the key or the bar so far does not already say it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise

from notation.score.model import Event, Head, Key, Measure, Placed, ScoreError, Tempo, Tick, Time, Value, Voice, no_tick
from notation.score.spell import in_key, spelling_at
from notation.score.values import KIND_QUARTERS, cell_of, split, unit_of, value_of

_BEAMS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4}
_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}


@dataclass(frozen=True)
class _Span:
    start: Fraction  # in its bar
    end: Fraction
    notes: tuple[Placed, ...] = ()
    tie_in: bool = False
    tie_out: bool = False


def measures(
    notes: Sequence[Placed],
    *,
    quarters: Sequence[Fraction],
    time: Time | Sequence[Time],
    keys: Sequence[Key],
    pickup: bool = False,
    bpm: float = 0.0,
    voices: int = 2,
    drums: bool = False,
    tick: Tick = no_tick,
) -> tuple[Measure, ...]:
    """Write bars of the lengths `quarters`.

    time     one for the piece, or one a bar
    keys     one a bar
    pickup   whether the first bar is one
    drums    pitches are percussion keys, spellings their places on the staff
    """
    times = [time] * len(quarters) if isinstance(time, Time) else list(time)
    if not len(keys) == len(quarters) == len(times):
        raise ScoreError("Every bar needs its key and its time signature.")
    spans: dict[tuple[int, int], list[_Span]] = {}
    frame = _Frame(quarters, times, pickup)
    for voice in sorted({n.voice for n in notes}):
        for bar, span in _spans([n for n in notes if n.voice == voice], frame):
            spans.setdefault((bar, voice), []).append(span)
    out: list[Measure] = []
    number = 0 if pickup else 1
    for bar, length in enumerate(quarters):
        tick()
        time = times[bar]
        offset = frame.offset(bar)
        written: list[Voice] = []
        present = [v for v in range(1, voices + 1) if spans.get((bar, v))]
        for voice in present or [1]:
            events = _events(
                spans.get((bar, voice), []), length=length, time=time, offset=offset, key=keys[bar], drums=drums
            )
            only = len(present) < 2
            if voice > 1 and not only:
                events = _hide_rests(events)
            events = _beamed(events, time=time, offset=offset)
            stem = "" if only else ("up" if voice == 1 else "down")
            written.append(Voice(voice if not only else 1, tuple(events), stem))  # type: ignore[arg-type]
        written = _with_accidentals(written, keys[bar])
        out.append(
            Measure(
                number=str(number),
                quarters=length,
                voices=tuple(written),
                time=time,
                key=keys[bar],
                pickup=pickup and bar == 0,
                tempos=(Tempo(bpm),) if bar == 0 and bpm else (),
            )
        )
        number += 1
    return tuple(out)


class _Frame:
    """Where bars and the cells of their beats lie, in quarters since the beginning."""

    def __init__(self, quarters: Sequence[Fraction], times: Sequence[Time], pickup: bool) -> None:
        self.quarters, self.times, self.pickup = quarters, times, pickup
        self.starts = list(accumulate(quarters, initial=Fraction(0)))

    def offset(self, bar: int) -> Fraction:
        """What a pick-up lacks at its front."""
        return self.times[0].quarters - self.quarters[0] if self.pickup and bar == 0 else Fraction(0)

    def bar_at(self, place: Fraction) -> int:
        return min(bisect_right(self.starts, place) - 1, len(self.quarters) - 1)

    def cell_at(self, place: Fraction) -> tuple[Fraction, Fraction, Time]:
        """(begin, length, time signature) of the cell around a place."""
        bar = self.bar_at(place)
        cell = cell_of(self.times[bar])
        within = (place - self.starts[bar] + self.offset(bar)) % cell
        return place - within, cell, self.times[bar]


def _spans(notes: Sequence[Placed], frame: _Frame) -> list[tuple[int, _Span]]:
    """The chords of one voice, one after the other without overlap, cut at bar lines."""
    end = frame.starts[-1]
    chords: dict[Fraction, list[Placed]] = {}
    for n in notes:
        chords.setdefault(frame.starts[n.bar] + n.onset, []).append(n)
    onsets = sorted(chords)
    stops: dict[Fraction, Fraction] = {}
    for k, onset in enumerate(onsets):
        stop = min(onset + max(n.duration for n in chords[onset]), end)
        stops[onset] = min(stop, onsets[k + 1]) if k + 1 < len(onsets) else stop
    settled = _settle(onsets, list(stops.values()), frame)
    moved: dict[Fraction, dict[int, Placed]] = {}
    until: dict[Fraction, Fraction] = {}
    for onset in onsets:
        place = settled[onset] if settled[onset] < end else settled[onsets[0]]
        chord = moved.setdefault(place, {})
        for n in chords[onset]:
            chord.setdefault(n.pitch, n)
        until[place] = max(until.get(place, place), settled[stops[onset]])
    found: list[tuple[int, _Span]] = []
    places = sorted(moved)
    for k, place in enumerate(places):
        following = places[k + 1] if k + 1 < len(places) else end
        stop = until[place] if place < until[place] <= following else following
        heads = tuple(moved[place][p] for p in sorted(moved[place]))
        spot, bar = place, frame.bar_at(place)
        while spot < stop:
            cut = min(stop, frame.starts[bar + 1])
            begin = frame.starts[bar]
            found.append((bar, _Span(spot - begin, cut - begin, heads, tie_in=spot > place, tie_out=cut < stop)))
            spot, bar = cut, bar + 1
    return found


def _settle(onsets: Sequence[Fraction], stops: Sequence[Fraction], frame: _Frame) -> dict[Fraction, Fraction]:
    """Every border of a voice, and where it can be written: within one cell all on one grid."""
    cells: dict[Fraction, list[tuple[Fraction, int]]] = {}
    shape: dict[Fraction, tuple[Fraction, Time]] = {}
    for places, weight in ((onsets, 3), (stops, 1)):
        for place in places:
            begin, length, time = frame.cell_at(place)
            cells.setdefault(begin, []).append((place, weight))
            shape[begin] = (length, time)
    settled: dict[Fraction, Fraction] = {}
    for begin, places_in in cells.items():
        length, time = shape[begin]
        grids = [unit_of(time)] if time.compound else [unit_of(time), length / 3, length / 6]
        inner = [p - begin for p, _ in places_in]
        grid = next((g for g in grids if all(x % g == 0 for x in inner)), None)
        if grid is None:
            coarse = [length / 4, length / 3, length / 6, length / 8] if not time.compound else grids
            coarse = [g for g in coarse if g >= Fraction(1, 24)]
            grid = min(
                coarse, key=lambda g: (sum(w * abs(p - begin - g * round((p - begin) / g)) for p, w in places_in), -g)
            )
        for p, _ in places_in:
            settled[p] = begin + grid * round((p - begin) / grid)
    return settled


def _events(
    spans: Sequence[_Span], *, length: Fraction, time: Time, offset: Fraction, key: Key, drums: bool = False
) -> list[Event]:
    if not spans:
        return [Event(Fraction(0), length, None)]
    filled: list[_Span] = []
    at = Fraction(0)
    for span in spans:
        if span.start > at:
            filled.append(_Span(at, span.start))
        filled.append(span)
        at = span.end
    if at < length:
        filled.append(_Span(at, length))
    tuplets = _tuplets(filled, length=length, time=time, offset=offset)
    events: list[Event] = []
    for span in filled:
        pieces = _pieces(span, tuplets=tuplets, time=time, offset=offset)
        for k, (start, end, value) in enumerate(pieces):
            heads = tuple(
                Head(
                    spelling=n.spelling or spelling_at(in_key(n.pitch % 12, key), midi=n.pitch),
                    velocity=n.velocity,
                    tie_stop=not drums and (span.tie_in or k > 0),
                    tie_start=not drums and (span.tie_out or k < len(pieces) - 1),
                    string=n.string,
                    fret=n.fret,
                    drum=n.pitch if drums else 0,
                )
                for n in span.notes
            )
            events.append(Event(start, end - start, value, heads))
    return _marked(events, tuplets)


def _tuplets(
    spans: Sequence[_Span], *, length: Fraction, time: Time, offset: Fraction
) -> dict[Fraction, tuple[Fraction, int, int]]:
    """start of the tuplet -> (its end, actual, normal), for beats whose inner borders need one."""
    if time.compound:
        return {}
    borders = {s.start for s in spans} | {s.end for s in spans}
    found: dict[Fraction, tuple[Fraction, int, int]] = {}
    cell = cell_of(time)
    at = -offset % cell
    while at < length:
        inner = {(b - at) / cell for b in borders if at < b < at + cell}
        denominators = {x.denominator for x in inner}
        if any(d % 3 == 0 for d in denominators):
            found[at] = (at + cell, 3, 2) if denominators <= {3} else (at + cell, 6, 4)
        at += cell
    return found


def _pieces(
    span: _Span, *, tuplets: dict[Fraction, tuple[Fraction, int, int]], time: Time, offset: Fraction
) -> list[tuple[Fraction, Fraction, Value]]:
    cuts = {span.start, span.end}
    for start, (end, _, _) in tuplets.items():
        cuts |= {c for c in (start, end) if span.start < c < span.end}
    ordered = sorted(cuts)
    pieces: list[tuple[Fraction, Fraction, Value]] = []
    for a, b in pairwise(ordered):
        inside = next((t for t in tuplets if t <= a and b <= tuplets[t][0]), None)
        if inside is None:
            for start, end in split(a + offset, b + offset, time, not span.notes):
                value = value_of(end - start)
                assert value is not None
                pieces.append((start - offset, end - offset, value))
        else:
            pieces.extend(_tuplet_pieces(a, b, begin=inside, tuplet=tuplets[inside]))
    return pieces


def _tuplet_pieces(
    a: Fraction, b: Fraction, *, begin: Fraction, tuplet: tuple[Fraction, int, int]
) -> list[tuple[Fraction, Fraction, Value]]:
    end, actual, normal = tuplet
    value = value_of(b - a, actual=actual, normal=normal)
    if value is not None:
        return [(a, b, value)]
    middle = begin + (end - begin) / 2
    if not a < middle < b:
        unit = (end - begin) / actual
        middle = a + unit * max(1, int((b - a) / unit / 2))
        if not a < middle < b:
            raise ScoreError("A rhythm finer than can be written.", hint="Choose an easier level.")
    return _tuplet_pieces(a, middle, begin=begin, tuplet=tuplet) + _tuplet_pieces(middle, b, begin=begin, tuplet=tuplet)


def _marked(events: list[Event], tuplets: dict[Fraction, tuple[Fraction, int, int]]) -> list[Event]:
    """Say where each tuplet's bracket begins and ends."""
    out: list[Event] = []
    for event in events:
        mark = ""
        if event.value is not None and event.value.actual > 1:
            if event.onset in tuplets:
                mark = "start"
            elif any(event.onset + event.duration == end for end, _, _ in tuplets.values()):
                mark = "stop"
        out.append(replace(event, tuplet=mark) if mark else event)  # type: ignore[arg-type]
    return out


def _hide_rests(events: Sequence[Event]) -> list[Event]:
    """In a second voice rests only fill the time: neighbours become one gap."""
    out: list[Event] = []
    for event in events:
        if event.heads or (event.value is not None and event.value.actual > 1):
            out.append(event)
        elif out and out[-1].hidden:
            out[-1] = replace(out[-1], duration=out[-1].duration + event.duration)
        else:
            out.append(replace(event, hidden=True, value=None))
    return out


def _beamed(events: Sequence[Event], *, time: Time, offset: Fraction) -> list[Event]:
    out = list(events)
    groups = _beam_groups(events, time=time, offset=offset)
    run: list[int] = []
    for i, group in enumerate([*groups, None]):
        if run and (group is None or group != groups[run[-1]]):
            if len(run) > 1:
                for j, beams in zip(run, _beams([out[k] for k in run]), strict=True):
                    out[j] = replace(out[j], beams=beams)
            run = []
        if group is not None:
            run.append(i)
    return out


def _beam_groups(events: Sequence[Event], *, time: Time, offset: Fraction) -> list[object | None]:
    """What each event may be beamed with; None for what has no flag."""
    count = int(time.quarters / time.beat)
    wide = Fraction(0)
    if not time.compound and time.beat_type == 4:
        wide = time.beat * (2 if count % 2 == 0 else count)

    def flagged(e: Event) -> bool:
        return bool(e.heads) and e.value is not None and e.value.kind in _BEAMS

    busy: set[int] = set()  # wide groups that hold more than plain eighths on the beat's halves
    if wide:
        for e in events:
            if e.value is None:
                continue
            place = e.onset + offset
            short = KIND_QUARTERS[e.value.kind] < Fraction(1, 2) or e.value.actual > 1
            crooked = flagged(e) and (e.value.dots or (place / (time.beat / 2)).denominator != 1)
            if short or crooked:
                busy.add(int(place // wide))
    out: list[object | None] = []
    for e in events:
        if not flagged(e):
            out.append(None)
            continue
        place = e.onset + offset
        if wide and int(place // wide) not in busy:
            out.append(("wide", int(place // wide)))
        else:
            out.append(("beat", int(place // time.beat)))
    return out


def _beams(group: Sequence[Event]) -> list[tuple[str, ...]]:
    levels = [_BEAMS[e.value.kind] if e.value else 0 for e in group]
    out: list[list[str]] = [[] for _ in group]
    for level in range(1, max(levels) + 1):
        i = 0
        while i < len(group):
            if levels[i] < level:
                i += 1
                continue
            j = i
            while j + 1 < len(group) and levels[j + 1] >= level:
                j += 1
            if i == j:
                # a lone short beam points to the note it completes the pulse with
                out[i].append("forward hook" if i == 0 else "backward hook")
            else:
                for k in range(i, j + 1):
                    out[k].append("begin" if k == i else "end" if k == j else "continue")
            i = j + 1
    return [tuple(b) for b in out]


def _with_accidentals(voices: Sequence[Voice], key: Key) -> list[Voice]:
    line = "FCGDAEB"
    signature = dict.fromkeys(line, 0)
    for k in range(abs(key.fifths)):
        signature[line[k] if key.fifths > 0 else line[6 - k]] = 1 if key.fifths > 0 else -1
    state: dict[tuple[str, int], int] = {}
    shown: dict[tuple[int, int, int], str] = {}
    queue = sorted(
        (e.onset, v, i, h)
        for v, voice in enumerate(voices)
        for i, e in enumerate(voice.events)
        for h in range(len(e.heads))
    )
    for onset, v, i, h in queue:
        head = voices[v].events[i].heads[h]
        if head.drum:
            continue
        s = head.spelling
        if head.tie_stop and onset == 0:
            continue  # the sign still holds for the tied note, and for no other
        if state.get((s.step, s.octave), signature[s.step]) != s.alter:
            shown[v, i, h] = _ACCIDENTALS[s.alter]
        state[s.step, s.octave] = s.alter
    out: list[Voice] = []
    for v, voice in enumerate(voices):
        events = tuple(
            replace(
                e,
                heads=tuple(
                    replace(head, accidental=shown[v, i, h]) if (v, i, h) in shown else head
                    for h, head in enumerate(e.heads)
                ),
            )
            for i, e in enumerate(voice.events)
        )
        out.append(replace(voice, events=events))
    return out
