"""A score as a MIDI file: repeats played out, ties joined, dynamics as velocities, drums on channel 10.

Verovio's own MIDI is not used: it sounds a part that has both staff and tab twice and knows no drum map.

1. `playing_order`: bar indices as played: repeats, voltas, da capo, dal segno, coda, fine.
2. `perform`: each part's notes along that order; ties joined; a tab staff that doubles its notation is silent.
3. `write_midi`: one track with tempo, time and key, and one for each part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from lxml import etree

from notation.musicxml import NotationError
from notation.musicxml.edit import part_names, title_of
from notation.musicxml.staves import tab_staves
from notation.musicxml.walk import WalkedBar, WalkedNote, number, walk

TICKS = 480  # a quarter
DRUMS = 9  # channel 10, counted from 0
MOST_BARS = 50_000  # played
MOST_NOTES = 1_000_000
MOST_QUARTERS = 200_000  # over a day at 120
_GRACE = Fraction(1, 10)  # quarters
_VELOCITIES = {
    "pppp": 20, "ppp": 28, "pp": 38, "p": 50, "mp": 64, "mf": 78, "f": 92, "ff": 106, "fff": 116, "ffff": 124,
    "sf": 110, "sfz": 112, "fz": 108, "fp": 96, "rf": 104, "rfz": 104,
}  # fmt: skip
_UNITS = {"maxima": 32, "long": 16, "breve": 8, "whole": 4, "half": 2, "quarter": 1}
_SHORT_UNITS = ("eighth", "16th", "32nd", "64th", "128th")


@dataclass(frozen=True)
class Played:
    """A note as it sounds."""

    onset: Fraction  # quarters
    duration: Fraction  # quarters
    pitch: int  # MIDI
    velocity: int
    drum: bool = False


@dataclass(frozen=True)
class Voice:
    """What one part plays."""

    name: str
    notes: tuple[Played, ...]
    program: int  # 0-based
    volume: int | None  # 0..127


@dataclass(frozen=True)
class Performance:
    title: str
    voices: tuple[Voice, ...]
    tempos: tuple[tuple[Fraction, Fraction], ...]  # (quarters, quarters a minute)
    times: tuple[tuple[Fraction, int, int], ...]  # (quarters, beats, beat type)
    keys: tuple[tuple[Fraction, int], ...]  # (quarters, fifths)
    order: tuple[int, ...]  # bar indices as played
    quarters: Fraction


@dataclass
class Signs:
    """What a bar says about where to go."""

    forward: bool = False
    backward: int = 0  # how often the passage is played; 0: no repeat ends here
    ending: frozenset[int] = frozenset()  # this bar lies in these voltas
    segno: bool = False
    coda: bool = False
    tocoda: bool = False
    dacapo: bool = False
    dalsegno: bool = False
    fine: bool = False


@dataclass
class _Bar:
    index: int
    length: Fraction
    signs: Signs = field(default_factory=Signs)
    tempos: list[tuple[Fraction, Fraction]] = field(default_factory=list)  # (quarters into the bar, a minute)
    beats: int = 4
    beat_type: int = 4
    fifths: int = 0


def write_midi(root: etree._Element, *, target: Path, title: str = "") -> None:
    """Write the document as a MIDI file, format 1. Raises NotationError where it is too long to play."""
    import mido

    played = perform(root)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS, charset="utf-8")
    name = mido.MetaMessage("track_name", name=title or played.title)
    events: list[tuple[Fraction, int, Any]] = [(Fraction(0), 0, name)]
    for at, a_minute in played.tempos:
        micros = min(2**24 - 1, max(1, round(60_000_000 / a_minute)))
        events.append((at, 1, mido.MetaMessage("set_tempo", tempo=micros)))
    for at, beats, beat_type in played.times:
        events.append((at, 1, mido.MetaMessage("time_signature", numerator=beats, denominator=beat_type)))
    names = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
    for at, fifths in played.keys:
        events.append((at, 1, mido.MetaMessage("key_signature", key=names[fifths + 7])))
    file.tracks.append(_track(events, end=played.quarters))
    melodic = [channel for channel in range(16) if channel != DRUMS]
    for index, voice in enumerate(played.voices):
        channel = melodic[index % len(melodic)]
        events = [(Fraction(0), 0, mido.MetaMessage("track_name", name=voice.name))]
        if any(not note.drum for note in voice.notes):
            events.append((Fraction(0), 1, mido.Message("program_change", channel=channel, program=voice.program)))
        if voice.volume is not None:
            loud = mido.Message("control_change", channel=channel, control=7, value=voice.volume)
            events.append((Fraction(0), 1, loud))
        for note in voice.notes:
            on = DRUMS if note.drum else channel
            events.append((note.onset, 3, mido.Message("note_on", channel=on, note=note.pitch, velocity=note.velocity)))
            off = mido.Message("note_off", channel=on, note=note.pitch, velocity=0)
            events.append((note.onset + note.duration, 2, off))
        file.tracks.append(_track(events, end=played.quarters))
    file.save(target)


def _track(events: list[tuple[Fraction, int, Any]], *, end: Fraction) -> Any:
    import mido

    track = mido.MidiTrack()
    now = 0
    for at, _, message in sorted(events, key=lambda event: (_ticks(event[0]), event[1])):
        tick = _ticks(at)
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, _ticks(end) - now)))
    return track


def _ticks(quarters: Fraction) -> int:
    return round(quarters * TICKS)


def perform(root: etree._Element, *, unfold: bool = True) -> Performance:
    """What the document sounds like. unfold: repeats are played out, else bars come as they are written."""
    parts = [list(walk(part)) for part in root.iterfind("part")]
    bars = _common_bars(parts)
    order = playing_order([bar.signs for bar in bars]) if unfold else list(range(len(bars)))
    starts: list[Fraction] = []
    now = Fraction(0)
    for index in order:
        starts.append(now)
        now += bars[index].length
    if now > MOST_QUARTERS:
        raise NotationError("This score is too long to play.", hint="Look for a note or repeat with an absurd length.")
    names = list(part_names(root).values())
    instruments = _instruments(root)
    voices = []
    for part, walked, name in zip(root.iterfind("part"), parts, names, strict=True):
        sounds = instruments.get(part.get("id") or "", _Sounds())
        notes = _along(walked, order=order, starts=starts, silent=_doubling_staves(part, walked), sounds=sounds)
        voices.append(Voice(name, tuple(notes), sounds.program, sounds.volume))
        if sum(len(voice.notes) for voice in voices) > MOST_NOTES:
            raise NotationError("This score has too many notes to play.", hint="Split it into movements.")
    voices = _without_tab_parts(root, voices)
    tempos, times, keys = _conducting(bars, order=order, starts=starts)
    return Performance(title_of(root), tuple(voices), tempos, times, keys, tuple(order), now)


def playing_order(signs: Sequence[Signs]) -> list[int]:
    """Indices of the bars as they are played.

    After a da capo or dal segno, repeats are not taken again, the last volta is played, and fine and coda count.
    """
    order: list[int] = []
    section, turn, jumped = 0, 1, False
    coda = next((i for i, sign in enumerate(signs) if sign.coda), None)
    segno = next((i for i, sign in enumerate(signs) if sign.segno), 0)
    last_voltas = _last_voltas(signs)
    i = 0
    while i < len(signs) and len(order) < MOST_BARS:
        sign = signs[i]
        if sign.forward and i != section:
            section, turn = i, 1
        last = last_voltas[i]
        if sign.ending and (last if jumped else turn) not in sign.ending:
            i += 1
            continue
        order.append(i)
        if jumped and sign.fine:
            break
        if jumped and sign.tocoda and coda is not None and coda > i:
            i = coda
            continue
        if sign.backward and not jumped and turn < max(sign.backward, last):
            i, turn = section, turn + 1
            continue
        volta_ends = bool(sign.ending) and (i + 1 == len(signs) or signs[i + 1].ending != sign.ending)
        if sign.backward or (volta_ends and turn >= last):
            section, turn = i + 1, 1
        if (sign.dacapo or sign.dalsegno) and not jumped:
            jumped = True
            i = segno if sign.dalsegno else 0
            section, turn = i, 1
            continue
        i += 1
    return order


def _last_voltas(signs: Sequence[Signs]) -> list[int]:
    """For each bar the highest number of the group of voltas around it; 0 where there is none."""
    highest = [0] * len(signs)
    first = 0
    for i, sign in enumerate(signs):
        if not sign.ending:
            first = i + 1
            continue
        highest[i] = max(highest[i - 1] if i > first else 0, *sign.ending)
    for i in range(len(signs) - 2, -1, -1):
        if signs[i].ending and signs[i + 1].ending:
            highest[i] = highest[i + 1]
    return highest


def _common_bars(parts: list[list[WalkedBar]]) -> list[_Bar]:
    """Bars of the whole score: as long as the longest part makes them, with any part's signs and tempos."""
    count = max(len(part) for part in parts)
    bars = []
    open_ending: frozenset[int] = frozenset()
    for index in range(count):
        walked = [part[index] for part in parts if index < len(part)]
        filled = [bar for bar in walked if bar.notes] or walked
        bar = _Bar(index, max(bar.length for bar in filled))
        first = walked[0]
        beats = sum((number(piece) for piece in first.beats.split("+")[:16]), Fraction(0))
        bar.beats = int(beats) if beats.denominator == 1 and 0 < beats < 256 else 4
        bar.beat_type = first.beat_type if first.beat_type in (1, 2, 4, 8, 16, 32, 64) else 4
        bar.fifths = first.fifths
        closes = False
        for one in walked:
            for at, mark in one.marks:
                closes |= _read_mark(mark, at - one.start, bar)
        if bar.signs.ending:
            open_ending = bar.signs.ending
        bar.signs.ending = open_ending
        if closes:
            open_ending = frozenset()
        bars.append(bar)
    return bars


def _read_mark(mark: etree._Element, at: Fraction, bar: _Bar) -> bool:
    """Take in a direction, sound or barline; True where a volta ends with this bar."""
    closes = False
    signs = bar.signs
    if mark.tag == "barline":
        repeat = mark.find("repeat")
        if repeat is not None and repeat.get("direction") == "forward":
            signs.forward = True
        elif repeat is not None:
            signs.backward = max(signs.backward, min(20, max(2, int(number(repeat.get("times"), 2)))))
        ending = mark.find("ending")
        if ending is not None and ending.get("type") == "start":
            numbers = (ending.get("number") or "1").replace(" ", ",").split(",")
            signs.ending = frozenset(min(20, max(1, int(number(n)))) for n in numbers if n) or frozenset({1})
        elif ending is not None:
            closes = True
    sounds = [mark] if mark.tag == "sound" else mark.findall("sound") if mark.tag == "direction" else []
    tempo = Fraction(0)
    for sound in sounds:
        signs.dacapo |= sound.get("dacapo") == "yes"
        signs.dalsegno |= sound.get("dalsegno") is not None
        signs.segno |= sound.get("segno") is not None
        signs.coda |= sound.get("coda") is not None
        signs.tocoda |= sound.get("tocoda") is not None
        signs.fine |= sound.get("fine") is not None
        tempo = number(sound.get("tempo"), tempo)
    if mark.tag == "direction":
        signs.segno |= mark.find("direction-type/segno") is not None
        metronome = mark.find("direction-type/metronome")
        if not tempo and metronome is not None:
            tempo = _metronome(metronome)
    if 5 <= tempo <= 1000:
        bar.tempos.append((at, tempo))
    return closes


def _metronome(mark: etree._Element) -> Fraction:
    """Quarters a minute of a metronome mark; 0 where it gives no number ("quarter = half")."""
    unit = (mark.findtext("beat-unit") or "quarter").strip()
    if unit in _SHORT_UNITS:
        quarters = Fraction(1, 2 ** (_SHORT_UNITS.index(unit) + 1))
    else:
        quarters = Fraction(_UNITS.get(unit, 1))
    dots = min(3, len(mark.findall("beat-unit-dot")))
    return number(mark.findtext("per-minute")) * quarters * (2 - Fraction(1, 2**dots))


@dataclass(frozen=True)
class _Sounds:
    program: int = 0
    volume: int | None = None
    drums: dict[str, int] = field(default_factory=dict)  # instrument id -> MIDI key
    percussion: bool = False


def _instruments(root: etree._Element) -> dict[str, _Sounds]:
    found = {}
    for entry in root.iterfind("part-list/score-part"):
        drums = {}
        for sound in entry.iterfind("midi-instrument"):
            if sound.find("midi-unpitched") is not None:
                drums[sound.get("id") or ""] = max(0, min(127, int(number(sound.findtext("midi-unpitched"), 39)) - 1))
        program = int(number(entry.findtext("midi-instrument/midi-program"), 1)) - 1
        volume = entry.findtext("midi-instrument/volume")
        found[entry.get("id") or ""] = _Sounds(
            program=max(0, min(127, program)),
            volume=None if volume is None else max(0, min(127, round(number(volume, 80) * 127 / 100))),
            drums=drums,
            percussion=(entry.findtext("midi-instrument/midi-channel") or "").strip() == "10",
        )
    return found


def _doubling_staves(part: etree._Element, bars: list[WalkedBar]) -> set[int]:
    """Tab staves of which every struck note also stands, at the same place, on a staff of notation."""
    silent = set()
    tabs = tab_staves(part)
    written = {(n.onset, n.pitch) for bar in bars for n in bar.notes if n.staff not in tabs and n.pitch is not None}
    for tab in tabs:
        notes = [n for bar in bars for n in bar.notes if n.staff == tab and n.pitch is not None and not n.tie_stop]
        if notes and all((n.onset, n.pitch) in written for n in notes):
            silent.add(tab)
    return silent


def _without_tab_parts(root: etree._Element, voices: list[Voice]) -> list[Voice]:
    """Leave out parts of nothing but tab whose notes another part plays just the same."""
    parts = root.findall("part")
    only_tab = [bool(tab_staves(part)) and tab_staves(part) == {1} for part in parts]
    played = [frozenset((n.onset, n.pitch) for n in voice.notes) for voice in voices]
    doubled = {
        i
        for i, tab in enumerate(only_tab)
        if tab and any(not only_tab[j] and played[j] == played[i] for j in range(len(voices)))
    }
    return [voice for i, voice in enumerate(voices) if i not in doubled]


def _along(
    bars: list[WalkedBar], *, order: Sequence[int], starts: Sequence[Fraction], silent: set[int], sounds: _Sounds
) -> list[Played]:
    """A part's notes along the playing order: ties joined, unisons once, no note running into its own repetition."""
    loudness = _loudness(bars)
    notes: list[Played] = []
    tied: dict[int, list[int]] = defaultdict(list)  # pitch -> indices into notes of those that wait to be continued
    for index, start in zip(order, starts, strict=True):
        if index >= len(bars):
            continue
        bar = bars[index]
        graces = _grace_places(bar)
        for note in bar.notes:
            if note.staff in silent or note.rest or note.element.find("cue") is not None:
                continue
            pitch, drum = _key(note, sounds)
            if pitch is None:
                continue
            onset = start + note.onset - bar.start
            if note.grace:
                early = max(Fraction(0), onset - _GRACE * graces[id(note)])
                notes.append(Played(early, _GRACE, pitch, loudness[id(note)], drum))
                continue
            waiting = tied[pitch]
            place = next((i for i in waiting if notes[i].onset + notes[i].duration == onset), None)
            if note.tie_stop and place is not None:
                waiting.remove(place)
                notes[place] = replace(notes[place], duration=notes[place].duration + note.duration)
            elif note.duration:
                notes.append(Played(onset, note.duration, pitch, loudness[id(note)], drum))
                place = len(notes) - 1
            if note.tie_start and place is not None:
                del waiting[:-8]  # ties that never ended do not pile up
                waiting.append(place)
        if len(notes) > MOST_NOTES:
            raise NotationError("This score has too many notes to play.", hint="Split it into movements.")
    return _distinct(notes)


def _grace_places(bar: WalkedBar) -> dict[int, int]:
    """How many grace notes before the beat each one is: 1 is the last before it."""
    runs: dict[tuple[int, str, Fraction], list[list[int]]] = defaultdict(list)
    for note in bar.notes:
        if note.grace:
            run = runs[note.staff, note.voice, note.onset]
            if note.chord and run:
                run[-1].append(id(note))
            else:
                run.append([id(note)])
    return {one: len(run) - i for run in runs.values() for i, chord in enumerate(run) for one in chord}


def _distinct(notes: Iterable[Played]) -> list[Played]:
    by_key: dict[tuple[int, bool], list[Played]] = defaultdict(list)
    for note in sorted(notes, key=lambda n: (n.onset, -n.duration)):
        same = by_key[note.pitch, note.drum]
        if same and same[-1].onset == note.onset:
            continue
        if same and same[-1].onset + same[-1].duration > note.onset:
            same[-1] = replace(same[-1], duration=note.onset - same[-1].onset)
        same.append(note)
    return sorted((n for same in by_key.values() for n in same), key=lambda n: (n.onset, n.pitch))


def _key(note: WalkedNote, sounds: _Sounds) -> tuple[int | None, bool]:
    """(MIDI number, is a drum) of a note; None where it has no sound."""
    instrument = note.element.find("instrument")
    name = (instrument.get("id") or "") if instrument is not None else ""
    if name in sounds.drums:
        return sounds.drums[name], True
    if note.element.find("unpitched") is not None:
        return next(iter(sounds.drums.values()), 38), True
    return note.pitch, sounds.percussion and note.pitch is not None


def _loudness(bars: list[WalkedBar]) -> dict[int, int]:
    """Velocity of each walked note (by identity): its own, else of the dynamics before it on its staff."""
    found: dict[int, int] = {}
    level: dict[int, int] = {}
    for bar in bars:
        marks = [(at, mark) for at, mark in bar.marks if mark.tag in ("direction", "sound")]
        marks.sort(key=lambda pair: pair[0])
        place = 0
        for note in sorted(bar.notes, key=lambda n: n.onset):
            while place < len(marks) and marks[place][0] <= note.onset:
                _read_dynamics(marks[place][1], level)
                place += 1
            own = note.element.get("dynamics")
            if own is not None:  # a percentage of the velocity 90, says MusicXML
                found[id(note)] = max(1, min(127, round(number(own, 89) * 90 / 100)))
            else:
                found[id(note)] = level.get(note.staff, level.get(0, 80))
        for _, mark in marks[place:]:
            _read_dynamics(mark, level)
    return found


def _read_dynamics(mark: etree._Element, level: dict[int, int]) -> None:
    staff = int(number(mark.findtext("staff")))
    value = 0
    for dynamics in mark.iterfind("direction-type/dynamics"):
        for sign in dynamics:
            value = _VELOCITIES.get(str(sign.tag), value)
    for sound in [mark] if mark.tag == "sound" else mark.findall("sound"):
        if sound.get("dynamics") is not None:
            value = max(1, min(127, round(number(sound.get("dynamics"), 89) * 90 / 100)))
    if value:
        if not staff:
            level.clear()
        level[staff] = value


def _conducting(
    bars: list[_Bar], *, order: Sequence[int], starts: Sequence[Fraction]
) -> tuple[
    tuple[tuple[Fraction, Fraction], ...], tuple[tuple[Fraction, int, int], ...], tuple[tuple[Fraction, int], ...]
]:
    """Tempo, time and key along the playing order: a repeat brings back what held where it returns to."""
    holding: list[Fraction] = []
    now = Fraction(120)
    for bar in bars:
        holding.append(now)
        now = sorted(bar.tempos)[-1][1] if bar.tempos else now
    tempos: list[tuple[Fraction, Fraction]] = []
    times: list[tuple[Fraction, int, int]] = []
    keys: list[tuple[Fraction, int]] = []
    for index, start in zip(order, starts, strict=True):
        bar = bars[index]
        changes = {Fraction(0): holding[index], **dict(bar.tempos)}
        for at, tempo in sorted(changes.items()):
            if not tempos or tempos[-1][1] != tempo:
                tempos.append((start + at, tempo))
        if not times or times[-1][1:] != (bar.beats, bar.beat_type):
            times.append((start, bar.beats, bar.beat_type))
        if not keys or keys[-1][1] != bar.fifths:
            keys.append((start, bar.fifths))
    return tuple(tempos), tuple(times), tuple(keys)
