"""Music written by hand for tests of engraving and exports: guitar with tab, piano, a score of ten parts."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from string import ascii_uppercase

STRINGS = (64, 59, 55, 50, 45, 40)  # open strings, first string first
_STEPS = (("C", 0), ("C", 1), ("D", 0), ("E", -1), ("E", 0), ("F", 0), ("F", 1), ("G", 0), ("A", -1), ("A", 0),
          ("B", -1), ("B", 0))  # fmt: skip
TUNING = "".join(
    f'<staff-tuning line="{line}"><tuning-step>{step}</tuning-step><tuning-octave>{octave}</tuning-octave>'
    "</staff-tuning>"
    for line, (step, octave) in enumerate((("E", 2), ("A", 2), ("D", 3), ("G", 3), ("B", 3), ("E", 4)), start=1)
)
TYPES = {1: "16th", 2: "eighth", 4: "quarter", 8: "half", 16: "whole"}  # at 4 divisions a quarter


def pitch(midi: int) -> str:
    step, alter = _STEPS[midi % 12]
    altered = f"<alter>{alter}</alter>" if alter else ""
    return f"<pitch><step>{step}</step>{altered}<octave>{midi // 12 - 1}</octave></pitch>"


def note(
    midi: int | None,
    length: int,
    *,
    voice: int = 1,
    staff: int = 0,
    chord: bool = False,
    string: int = 0,
    fret: int = 0,
    tie: str = "",
    extra: str = "",
) -> str:
    """A note of `length` sixteenths; None is a rest. tie: "start", "stop" or "stop start"."""
    ties = "".join(f'<tie type="{t}"/>' for t in tie.split())
    notations = "".join(f'<tied type="{t}"/>' for t in tie.split()) + extra
    if string:
        notations += f"<technical><string>{string}</string><fret>{fret}</fret></technical>"
    return (
        f"<note>{'<chord/>' if chord else ''}{'<rest/>' if midi is None else pitch(midi)}<duration>{length}</duration>"
        f"{ties}<voice>{voice}</voice><type>{TYPES[length]}</type>{f'<staff>{staff}</staff>' if staff else ''}"
        f"{f'<notations>{notations}</notations>' if notations else ''}</note>"
    )


def measure(number: int, content: str, *, start: str = "", end: str = "") -> str:
    return f'<measure number="{number}">{start}{content}{end}</measure>'


def attributes(*, clefs: Sequence[str] = ("G2",), fifths: int = 0, time: str = "4/4", rest: str = "") -> str:
    beats, beat_type = time.split("/")
    many = len(clefs) > 1
    signs = "".join(_clef(clef, i if many else 0) for i, clef in enumerate(clefs, start=1))
    return (
        f"<attributes><divisions>4</divisions><key><fifths>{fifths}</fifths></key>"
        f"<time><beats>{beats}</beats><beat-type>{beat_type}</beat-type></time>"
        f"{f'<staves>{len(clefs)}</staves>' if many else ''}{signs}{rest}</attributes>"
    )


def _clef(clef: str, number: int) -> str:
    """ "G2", "F4", "TAB5", "percussion"; "G2-" sounds an octave lower."""
    which = f' number="{number}"' if number else ""
    if clef == "percussion":
        return f"<clef{which}><sign>percussion</sign></clef>"
    low = "<clef-octave-change>-1</clef-octave-change>" if clef.endswith("-") else ""
    clef = clef.rstrip("-")
    return f"<clef{which}><sign>{clef[:-1]}</sign><line>{clef[-1]}</line>{low}</clef>"


def tempo(per_minute: int) -> str:
    return (
        '<direction placement="above"><direction-type><metronome><beat-unit>quarter</beat-unit>'
        f'<per-minute>{per_minute}</per-minute></metronome></direction-type><sound tempo="{per_minute}"/></direction>'
    )


def score(parts: Sequence[tuple[str, str]], *, title: str = "Morning Walk", composer: str = "") -> bytes:
    """A document of parts (name, measures)."""
    listing = "".join(
        f'<score-part id="P{i}"><part-name>{name}</part-name><part-abbreviation>{name[:3]}.</part-abbreviation>'
        f'<score-instrument id="P{i}-I1"><instrument-name>{name}</instrument-name></score-instrument>'
        f'<midi-instrument id="P{i}-I1"><midi-channel>1</midi-channel><midi-program>25</midi-program></midi-instrument>'
        "</score-part>"
        for i, (name, _) in enumerate(parts, start=1)
    )
    creator = f'<identification><creator type="composer">{composer}</creator></identification>' if composer else ""
    body = "".join(f'<part id="P{i}">{measures}</part>' for i, (_, measures) in enumerate(parts, start=1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0">'
        f"<work><work-title>{title}</work-title></work>{creator}<part-list>{listing}</part-list>{body}</score-partwise>"
    ).encode()


# A walking bass under a melody: (string, fret) of the melody in eighths, of the bass in halves, bar by bar.
_MELODY = (
    ((1, 0), (2, 1), (2, 3), (1, 0), (1, 3), (1, 0), (2, 3), (2, 1)),
    ((2, 0), (2, 1), (2, 3), (2, 0), (3, 0), (2, 0), (2, 1), (2, 3)),
    ((1, 1), (1, 0), (2, 3), (2, 1), (2, 3), (1, 0), (1, 1), (1, 3)),
    ((1, 3), (1, 1), (1, 0), (2, 3), (2, 1), (2, 0), (3, 2), (3, 0)),
)
_BASS = (((5, 3), (4, 2)), ((6, 3), (5, 0)), ((6, 1), (5, 0)), ((6, 3), (5, 2)))


def guitar(bars: int = 24, *, staves: int = 1, title: str = "Morning Walk", capo: int = 0) -> bytes:
    """Fingerstyle in two voices with strings and frets; staves=2 writes the tab staff out as well.

    Every fourth bar ends with a half note tied into the next bar.
    """
    clefs = ("G2-",) if staves == 1 else ("G2-", "TAB5")
    which = "" if staves == 1 else ' number="2"'
    fretted = f"<capo>{capo}</capo>" if capo else ""
    details = f"<staff-details{which}><staff-lines>6</staff-lines>{TUNING}{fretted}</staff-details>"
    out = []
    for bar in range(bars):
        content = "<backup><duration>16</duration></backup>".join(
            _guitar_bar(bar, staff=staff if staves > 1 else 0, voice=1 + 4 * (staff - 1), last=bar == bars - 1)
            for staff in range(1, staves + 1)
        )
        start = attributes(clefs=clefs, rest=details) + tempo(96) if bar == 0 else ""
        end = '<barline location="right"><bar-style>light-heavy</bar-style></barline>' if bar == bars - 1 else ""
        out.append(measure(bar + 1, content, start=start, end=end))
    return score([("Guitar", "".join(out))], title=title)


def _guitar_bar(bar: int, *, staff: int, voice: int, last: bool) -> str:
    def fretted(place: tuple[int, int], length: int, *, lower: bool = False, chord: bool = False, tie: str = "") -> str:
        string, fret = place
        return note(
            STRINGS[string - 1] + fret,
            length,
            voice=voice + lower,
            staff=staff,
            chord=chord,
            string=string,
            fret=fret,
            tie=tie,
        )

    melody = _MELODY[bar % 4]
    if bar % 4 == 3 and not last:
        top = "".join(fretted(p, 2) for p in melody[:4]) + fretted((1, 0), 8, tie="start")
    elif bar % 4 == 0 and bar:
        top = fretted((1, 0), 2, tie="stop") + "".join(fretted(p, 2) for p in melody[1:])
    else:
        top = "".join(fretted(p, 2) for p in melody)
    low, high = _BASS[bar % 4]
    bass = fretted(low, 8, lower=True) + fretted((4, 0), 8, lower=True, chord=True) + fretted(high, 8, lower=True)
    return f"{top}<backup><duration>16</duration></backup>{bass}"


def piano(bars: int = 16, *, time: str = "3/4") -> bytes:
    """Two staves, a melody over broken chords, one repeat with two endings at the end."""
    beats = int(time[0])
    out = []
    for bar in range(bars):
        right = "".join(note(72 + (bar + 2 * beat) % 8, 4, voice=1, staff=1) for beat in range(beats))
        left = "".join(note(m, 2, voice=5, staff=2) for beat in range(beats) for m in (48 + bar % 5, 55 + beat))
        content = f"{right}<backup><duration>{4 * beats}</duration></backup>{left}"
        start = attributes(clefs=("G2", "F4"), fifths=-3, time=time) + tempo(120) if bar == 0 else ""
        end = ""
        if bar == bars - 2:
            start += '<barline location="left"><ending number="1" type="start"/></barline>'
            end = '<barline location="right"><ending number="1" type="stop"/><repeat direction="backward"/></barline>'
        elif bar == bars - 1:
            start += '<barline location="left"><ending number="2" type="start"/></barline>'
            end = (
                '<barline location="right"><bar-style>light-heavy</bar-style><ending number="2" type="stop"/></barline>'
            )
        out.append(measure(bar + 1, content, start=start, end=end))
    return score([("Piano", "".join(out))], title="Small Waltz", composer="Anonymous")


TEN = ("Flute", "Oboe", "Clarinet", "Horn", "Trumpet", "Trombone", "Violin I", "Violin II", "Viola", "Cello")
_TEN_CLEFS = ("G2", "G2", "G2", "F4", "G2", "F4", "G2", "G2", "C3", "F4")
_RHYTHMS = ((4, 4, 4, 4), (2, 2, 4, 2, 2, 4), (8, 4, 4), (2,) * 8, (4, 2, 2, 8), (1,) * 8 + (8,))  # sixteenths
_MIDDLE = {"G2": 71, "F4": 50, "C3": 60}


def ten_parts(bars: int = 60, *, title: str = "Suite for Ten", seed: int = 5) -> bytes:
    """A conductor's score: every part has quavers, crotchets, rests and a rehearsal mark every 16 bars."""
    random = Random(seed)
    parts = []
    for index, (name, clef) in enumerate(zip(TEN, _TEN_CLEFS, strict=True)):
        middle = _MIDDLE[clef]
        out = []
        for bar in range(bars):
            if random.random() < 0.12:
                content = '<note><rest measure="yes"/><duration>16</duration><voice>1</voice></note>'
            else:
                lengths = random.choice(_RHYTHMS)
                content = "".join(
                    note(None if random.random() < 0.08 else middle + random.choice((-5, -3, -1, 0, 2, 4, 5, 7)), n)
                    for n in lengths
                )
            start = attributes(clefs=(clef,), fifths=-1) if bar == 0 else ""
            if bar == 0 and index == 0:
                start += tempo(104)
            if bar % 16 == 0 and index == 0:
                letter = ascii_uppercase[bar // 16 % 26]
                start += f"<direction><direction-type><rehearsal>{letter}</rehearsal></direction-type></direction>"
            end = '<barline location="right"><bar-style>light-heavy</bar-style></barline>' if bar == bars - 1 else ""
            out.append(measure(bar + 1, content, start=start, end=end))
        parts.append((name, "".join(out)))
    return score(parts, title=title, composer="A. Nonymous")
