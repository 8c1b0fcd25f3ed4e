"""A MIDI file opened as a score: its own ticks are the grid.

Steps of `score_from_midi`:
1. Read it with limits, since nobody vouches for it: size, tracks, events, notes, length.
2. Bars from its time signatures; tempo marks from its tempo.
3. A part for every track and channel that has notes. Ticks become places by the same division costs as in
   `quantise`, or are taken as they are where the file was written by a notation program.
4. Keys from its key signatures, else found; pitches spelled; guitars and basses get a fingering; channel 10 becomes
   a percussion staff.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from io import BytesIO
from itertools import accumulate, pairwise
from typing import Any

from notation.score.fingering import finger
from notation.score.keys import keys_of_bars
from notation.score.model import Key, Part, Placed, Score, ScoreError, Spelling, Tempo, Time
from notation.score.notate import measures
from notation.score.quantise import place_onsets
from notation.score.spell import spell
from notation.score.tunings import fretboard
from notation.score.voices import bass_sizes

MAX_BYTES = 10 * 1024 * 1024
MAX_TRACKS = 256
MAX_EVENTS = 1_000_000
MAX_NOTES = 100_000
MAX_BARS = 3_000
MAX_PARTS = 40

_FAMILIES = (
    "Piano", "Percussion", "Organ", "Guitar", "Bass", "Strings", "Ensemble", "Brass", "Reed", "Pipe", "Lead", "Pad",
    "Effects", "Folk", "Percussion", "Sounds",
)  # fmt: skip
_SINGLES = {
    0: "Piano", 6: "Harpsichord", 11: "Vibraphone", 12: "Marimba", 13: "Xylophone", 19: "Organ", 21: "Accordion",
    22: "Harmonica", 24: "Guitar", 25: "Guitar", 26: "Guitar", 27: "Guitar", 32: "Double bass", 33: "Bass guitar",
    40: "Violin", 41: "Viola", 42: "Violoncello", 43: "Double bass", 46: "Harp", 47: "Timpani", 52: "Choir",
    56: "Trumpet", 57: "Trombone", 58: "Tuba", 60: "Horn", 65: "Alto saxophone", 66: "Tenor saxophone", 68: "Oboe",
    69: "English horn", 70: "Bassoon", 71: "Clarinet", 72: "Piccolo", 73: "Flute", 74: "Recorder", 105: "Banjo",
}  # fmt: skip

# General MIDI percussion key -> (place on the staff, name); heads and voices follow usual drum-set notation
_DRUMS: dict[int, tuple[str, str]] = {
    35: ("F4", "Bass drum"), 36: ("F4", "Bass drum"), 37: ("C5", "Side stick"), 38: ("C5", "Snare drum"),
    39: ("C5", "Hand clap"), 40: ("C5", "Snare drum"), 41: ("A4", "Low floor tom"), 42: ("G5", "Closed hi-hat"),
    43: ("A4", "High floor tom"), 44: ("D4", "Pedal hi-hat"), 45: ("B4", "Low tom"), 46: ("G5", "Open hi-hat"),
    47: ("D5", "Low-mid tom"), 48: ("D5", "High-mid tom"), 49: ("A5", "Crash cymbal"), 50: ("E5", "High tom"),
    51: ("F5", "Ride cymbal"), 52: ("B5", "China cymbal"), 53: ("F5", "Ride bell"), 54: ("B5", "Tambourine"),
    55: ("A5", "Splash cymbal"), 56: ("E5", "Cowbell"), 57: ("A5", "Crash cymbal 2"), 59: ("F5", "Ride cymbal 2"),
}  # fmt: skip
_FEET = frozenset({35, 36, 44})


@dataclass(frozen=True)
class _Struck:
    start: int  # ticks
    stop: int
    pitch: int
    velocity: int


@dataclass(frozen=True)
class _Stream:
    """What one channel of one track plays."""

    name: str
    channel: int
    program: int  # 0-based
    notes: tuple[_Struck, ...]


@dataclass(frozen=True)
class _File:
    ticks: int  # a quarter
    streams: tuple[_Stream, ...]
    times: tuple[tuple[int, Time], ...]  # (tick, time signature)
    keys: tuple[tuple[int, Key], ...]
    tempos: tuple[tuple[int, float], ...]  # (tick, quarters a minute)
    title: str


def score_from_midi(data: bytes, *, title: str = "") -> Score:
    """The file as a score. Raises ScoreError, in words for the user, where it cannot be read or is too large."""
    file = _read(data)
    end = max((n.stop for s in file.streams for n in s.notes), default=0)
    last_onset = max((n.start for s in file.streams for n in s.notes), default=0)
    bar_times = _bars(file, last_onset)
    quarters = [t.quarters for t in bar_times]
    starts = list(accumulate(quarters, initial=Fraction(0)))
    tempos = _tempos(file, starts, bar_times)
    placed = [_place(s, file=file, starts=starts, end=end) for s in file.streams]
    keys = _keys(file, starts, [n for s, p in zip(file.streams, placed, strict=True) if s.channel != 9 for n in p])
    parts: list[Part] = []
    for stream, notes in zip(file.streams, placed, strict=True):
        for part in _parts(stream, notes, quarters=quarters, times=bar_times, keys=keys, starts=starts):
            if not parts and tempos:
                part = replace(
                    part,
                    measures=tuple(replace(m, tempos=tempos.get(k, ())) for k, m in enumerate(part.measures)),
                )
            parts.append(part)
    return Score(title or file.title or "Untitled", tuple(_numbered(parts)))


def _read(data: bytes) -> _File:
    import mido

    if len(data) > MAX_BYTES:
        raise ScoreError("This MIDI file is too large.", hint=f"At most {MAX_BYTES // 1024**2} MB.")
    if not data.startswith(b"MThd"):
        raise ScoreError("This is not a MIDI file.", hint="A MIDI file usually ends in .mid.")
    if int.from_bytes(data[10:12], "big") > MAX_TRACKS:
        raise ScoreError("This MIDI file has too many tracks.", hint=f"At most {MAX_TRACKS}.")
    try:
        midi = mido.MidiFile(file=BytesIO(data), clip=True)
    except Exception as error:  # mido lets whatever a torn file causes pass: EOFError, KeyError, ValueError, OSError
        raise ScoreError("This MIDI file is damaged.", hint="Export it again.") from error
    ticks = midi.ticks_per_beat
    if not 1 <= ticks <= 0x7FFF:
        raise ScoreError("This MIDI file counts film frames instead of beats.", hint="Export it with a musical tempo.")
    if sum(len(track) for track in midi.tracks) > MAX_EVENTS:
        raise ScoreError("This MIDI file is too long.", hint=f"At most {MAX_EVENTS} events.")
    times: list[tuple[int, Time]] = []
    keys: list[tuple[int, Key]] = []
    tempos: list[tuple[int, float]] = []
    streams: list[_Stream] = []
    title = ""
    for index, track in enumerate(midi.tracks):
        name = ""
        now = 0
        programs: dict[int, int] = {}
        open_notes: dict[tuple[int, int], list[tuple[int, int]]] = {}
        found: dict[int, list[_Struck]] = {}
        for message in track:
            now += message.time
            kind = message.type
            if kind == "track_name" and not name:
                name = _clean(message.name)
            elif kind == "time_signature":
                times.append((now, _time(message)))
            elif kind == "key_signature":
                keys.append((now, _key(message.key)))
            elif kind == "set_tempo" and message.tempo > 0:
                tempos.append((now, 60e6 / message.tempo))
            elif kind == "program_change":
                programs.setdefault(message.channel, message.program)
            elif kind == "note_on" and message.velocity > 0:
                open_notes.setdefault((message.channel, message.note), []).append((now, message.velocity))
            elif kind in ("note_off", "note_on"):
                started = open_notes.get((message.channel, message.note))
                if started:
                    start, velocity = started.pop(0)
                    if now > start:
                        found.setdefault(message.channel, []).append(_Struck(start, now, message.note, velocity))
        for (channel, pitch), started in open_notes.items():  # never ended: to the end of the track
            for start, velocity in started:
                if now > start:
                    found.setdefault(channel, []).append(_Struck(start, now, pitch, velocity))
        if index == 0 and not found:
            title = name
        for channel in sorted(found):
            struck = tuple(sorted(found[channel], key=lambda n: (n.start, n.pitch, n.stop)))
            streams.append(_Stream(name if len(found) == 1 else "", channel, programs.get(channel, 0), struck))
    if not streams:
        raise ScoreError("There are no notes in this MIDI file.")
    if sum(len(s.notes) for s in streams) > MAX_NOTES:
        raise ScoreError("There are too many notes in this MIDI file.", hint=f"At most {MAX_NOTES}.")
    if len(streams) > MAX_PARTS:
        raise ScoreError("This MIDI file has too many parts.", hint=f"At most {MAX_PARTS}.")
    return _File(ticks, tuple(streams), tuple(sorted(times, key=_first)), tuple(sorted(keys, key=_first)),
                 tuple(sorted(tempos, key=_first)), title)  # fmt: skip


def _first(pair: tuple[int, object]) -> int:
    return pair[0]


def _clean(text: str) -> str:
    """Track names come in any encoding and with anything in them."""
    try:
        text = text.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        pass
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:100]


def _time(message: Any) -> Time:
    beats, beat_type = int(message.numerator), int(message.denominator)
    if not 1 <= beats <= 32 or beat_type not in (1, 2, 4, 8, 16):
        return Time(4, 4)
    return Time(beats, beat_type)


def _key(name: str) -> Key:
    """mido writes "Bbm"."""
    minor = name.endswith("m")
    tonic = name.rstrip("m")
    fifths = "FCGDAEB".index(tonic[0]) - 1 + 7 * (tonic.count("#") - tonic.count("b"))
    return Key(fifths - 3, "minor") if minor else Key(fifths, "major")


def _bars(file: _File, last_onset: int) -> list[Time]:
    """The time signature of every bar up to the one in which the last note begins."""
    changes = dict(file.times) if file.times else {0: Time(4, 4)}
    ticks = sorted(changes)
    if ticks[0] > 0:
        changes[0] = Time(4, 4)
        ticks.insert(0, 0)
    bars: list[Time] = []
    at = Fraction(0)
    while at <= Fraction(last_onset, file.ticks) or not bars:
        time = changes[ticks[bisect_right(ticks, int(at * file.ticks)) - 1]]
        bars.append(time)
        at += time.quarters
        if len(bars) > MAX_BARS:
            raise ScoreError("This MIDI file is too long.", hint=f"At most {MAX_BARS} bars.")
    return bars


def _tempos(file: _File, starts: Sequence[Fraction], times: Sequence[Time]) -> dict[int, tuple[Tempo, ...]]:
    """Tempo marks where it changes by more than a player would call steady, at most one a bar."""
    marks: dict[int, tuple[Tempo, ...]] = {}
    last = 0.0
    for tick, bpm in file.tempos or ((0, 120.0),):
        bar = min(bisect_right(starts, Fraction(tick, file.ticks)) - 1, len(times) - 1)
        if abs(bpm - last) > 0.04 * bpm and (bar not in marks) and 5 <= bpm <= 600:
            marks[bar] = (Tempo(round(bpm / float(times[bar].beat), 1)),)
            last = bpm
    return marks


def _place(stream: _Stream, *, file: _File, starts: Sequence[Fraction], end: int) -> list[Placed]:
    """Ticks to bars and places."""
    onsets = sorted({n.start for n in stream.notes})
    exact = {Fraction(k, d) for d in (8, 6) for k in range(d)}
    fractions = [Fraction(t, file.ticks) for t in onsets]
    if sum(f % 1 in exact for f in fractions) > 0.97 * len(fractions):
        place = {t: _nearest(f) for t, f in zip(onsets, fractions, strict=True)}
    else:
        beats = end // file.ticks + 2
        borders = [0.5 * b for b in range(beats + 1)]  # seconds at 120
        fit = place_onsets([0.5 * float(f) for f in fractions], beat_times=borders, rounds=2)
        place = {t: Fraction(b) + p for t, b, p in zip(onsets, fit.beats, fit.parts, strict=True)}
    spots = sorted(set(place.values()))
    notes: dict[tuple[Fraction, int], Placed] = {}
    for n in stream.notes:
        onset = min(place[n.start], starts[-1] - Fraction(1, 4))
        stop = _nearest(Fraction(n.stop, file.ticks))
        following = spots[bisect_right(spots, onset)] if spots[-1] > onset else starts[-1]
        # played a little short: up to what comes next
        if stop <= onset or (stop < following and following - stop <= Fraction(1, 4)):
            stop = following
        elif (stop % 1).denominator > 2 and (stop - onset) > 1:
            stop = Fraction(max(1, round(stop * 2)), 2)
        bar = bisect_right(starts, onset) - 1
        stop = min(stop, starts[-1])
        if stop <= onset:
            stop = onset + Fraction(1, 4)
        notes[onset, n.pitch] = Placed(bar, onset - starts[bar], stop - onset, n.pitch, n.velocity)
    return [notes[k] for k in sorted(notes)]


def _nearest(place: Fraction) -> Fraction:
    """The nearest of sixteenths and triplets, sixteenths first."""
    plain, triplet = Fraction(round(place * 4), 4), Fraction(round(place * 3), 3)
    if abs(place - plain) <= abs(place - triplet) + Fraction(1, 100):
        best = plain
    else:
        best = triplet
    for finer in (8, 6):
        near = Fraction(round(place * finer), finer)
        if abs(place - near) + Fraction(1, 50) < abs(place - best):
            best = near
    return best


def _keys(file: _File, starts: Sequence[Fraction], notes: Sequence[Placed]) -> list[Key]:
    bars = len(starts) - 1
    # nearly every program writes C major when it does not know
    told = [k for k in file.keys if k[1].fifths] or (file.keys if len(file.keys) > 1 else [])
    if not told:
        return keys_of_bars(notes, bars=bars)
    keys: list[Key] = []
    ticks = [t for t, _ in file.keys]
    for start in starts[:-1]:
        keys.append(file.keys[max(0, bisect_right(ticks, int(start * file.ticks)) - 1)][1])
    return keys


def _parts(
    stream: _Stream,
    notes: Sequence[Placed],
    *,
    quarters: Sequence[Fraction],
    times: Sequence[Time],
    keys: Sequence[Key],
    starts: Sequence[Fraction],
) -> list[Part]:
    """The part of a stream; two, one a hand, for a keyboard that spans both staves."""
    if stream.channel == 9:
        return [_drums(stream, notes, quarters=quarters, times=times, keys=keys)]
    name = stream.name or _SINGLES.get(stream.program) or _FAMILIES[stream.program // 8]
    pitches = sorted(n.pitch for n in notes)
    middle = pitches[len(pitches) // 2]
    low, high = pitches[len(pitches) // 20], pitches[-1 - len(pitches) // 20]
    if stream.program < 8 and low < 55 and high > 66 and high - low > 26:
        hands = _hands(notes)
        return [
            _pitched(hand, stream, f"{name} {label}", clef=clef, quarters=quarters, times=times, keys=keys)
            for label, clef, hand in (("right hand", "G", hands[0]), ("left hand", "F", hands[1]))
            if hand
        ]
    if 24 <= stream.program <= 31 or 32 <= stream.program <= 39:
        bass = stream.program >= 32
        board = fretboard("bass" if bass else "standard", frets=24)
        fits = sum(min(board.strings) <= p <= max(board.strings) + 24 for p in pitches)
        if fits > 0.98 * len(pitches):
            spelled = spell(_voiced(notes), keys)
            tabbed = finger(spelled, board=board, starts=starts)
            if sum(c.new_pitch is None for c in tabbed.changes) <= 0.05 * len(notes):
                return [
                    Part(
                        name=name,
                        measures=measures(tabbed.notes, quarters=quarters, time=times, keys=keys),
                        program=stream.program + 1,
                        channel=stream.channel + 1,
                        clef="F8vb" if bass else "G8vb",
                        fretboard=board,
                    )
                ]
    clef = "F" if middle < 57 else "G"
    return [_pitched(notes, stream, name, clef=clef, quarters=quarters, times=times, keys=keys)]


def _pitched(
    notes: Sequence[Placed],
    stream: _Stream,
    name: str,
    *,
    clef: str,
    quarters: Sequence[Fraction],
    times: Sequence[Time],
    keys: Sequence[Key],
) -> Part:
    spelled = spell(_voiced(notes), keys)
    return Part(
        name=name,
        measures=measures(spelled, quarters=quarters, time=times, keys=keys),
        program=stream.program + 1,
        channel=stream.channel + 1,
        clef=clef,
    )


def _voiced(notes: Sequence[Placed]) -> list[Placed]:
    """Two voices where notes of different lengths sound across each other, else one."""
    by_spot: dict[tuple[int, Fraction], list[Placed]] = {}
    for n in notes:
        by_spot.setdefault((n.bar, n.onset), []).append(n)
    crossing = sum(len({n.duration for n in chord}) > 1 for chord in by_spot.values())
    spots = sorted(by_spot)
    for spot, following in pairwise(spots):
        if spot[0] == following[0] and any(n.onset + n.duration > following[1] for n in by_spot[spot]):
            crossing += 1
    if crossing < 0.08 * len(spots):
        return list(notes)
    sizes = bass_sizes([sorted(n.pitch for n in by_spot[s]) for s in spots])
    out: list[Placed] = []
    for spot, size in zip(spots, sizes, strict=True):
        for k, n in enumerate(sorted(by_spot[spot], key=lambda n: n.pitch)):
            out.append(replace(n, voice=2 if k < size else 1))
    return out


def _hands(notes: Sequence[Placed]) -> tuple[list[Placed], list[Placed]]:
    """Right and left, parted at the widest gap around middle C of every bar."""
    right: list[Placed] = []
    left: list[Placed] = []
    by_bar: dict[int, list[Placed]] = {}
    for n in notes:
        by_bar.setdefault(n.bar, []).append(n)
    for bar in by_bar.values():
        pitches = sorted({n.pitch for n in bar})
        gaps = [(b - a - 0.4 * abs((a + b) / 2 - 59), (a + b) / 2) for a, b in pairwise(pitches)]
        cut = max(gaps)[1] if gaps and max(gaps)[0] > 2 else 59.5
        for n in bar:
            (right if n.pitch > cut else left).append(n)
    return right, left


def _drums(
    stream: _Stream,
    notes: Sequence[Placed],
    *,
    quarters: Sequence[Fraction],
    times: Sequence[Time],
    keys: Sequence[Key],
) -> Part:
    """Hands stems up, feet stems down; a hit lasts to the next of its voice, a beat at most."""
    used = sorted({n.pitch for n in notes})
    out: list[Placed] = []
    for voice in (1, 2):
        mine = sorted((n for n in notes if (n.pitch in _FEET) == (voice == 2)), key=lambda n: (n.bar, n.onset, n.pitch))
        starts = list(accumulate(quarters, initial=Fraction(0)))
        spots = sorted({starts[n.bar] + n.onset for n in mine})
        for n in mine:
            at = starts[n.bar] + n.onset
            following = spots[bisect_right(spots, at)] if spots[-1] > at else starts[-1]
            beat = times[n.bar].beat
            stop = min(following, at - n.onset % beat + beat, starts[n.bar + 1])
            place = _DRUMS.get(n.pitch, ("E5", ""))[0]
            spelling = Spelling(place[0], 0, int(place[1]))
            out.append(replace(n, duration=stop - at, voice=voice, spelling=spelling))
    return Part(
        name=stream.name or "Drums",
        measures=measures(out, quarters=quarters, time=times, keys=[Key(0)] * len(keys), drums=True),
        channel=10,
        clef="percussion",
        drums=tuple((k, _DRUMS.get(k, ("", f"Percussion {k}"))[1]) for k in used),
    )


def _numbered(parts: Sequence[Part]) -> list[Part]:
    """Parts of one name are told apart: Violin 1, Violin 2."""
    count = Counter(p.name for p in parts)
    seen: Counter[str] = Counter()
    out: list[Part] = []
    for part in parts:
        if count[part.name] > 1:
            seen[part.name] += 1
            part = replace(part, name=f"{part.name} {seen[part.name]}")
        out.append(part)
    return out
