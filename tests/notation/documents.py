"""MusicXML whose every note is known: a picked guitar, as notation over tab, as either, or with a repeat."""

from __future__ import annotations

STRINGS = (40, 45, 50, 55, 59, 64)
BASS = (48, 45, 41, 43)  # of the four bars that come again and again
UPPER = ((52, 55, 60, 64), (52, 57, 60, 64), (53, 57, 60, 65), (50, 55, 59, 67))
ORDER = (0, 1, 2, 3, 2, 1, 2, 1)
_STEPS = (("C", 0), ("C", 1), ("D", 0), ("E", -1), ("E", 0), ("F", 0), ("F", 1), ("G", 0), ("A", -1), ("A", 0),
          ("B", -1), ("B", 0))  # fmt: skip


def guitar(
    *, bars: int = 4, staves: str = "both", title: str = "Study in C", capo: int = 0, repeat: bool = False
) -> bytes:
    """Eighths over a half-note bass in 4/4 at 96. staves: "both", or "staff": one staff whose notes carry frets."""
    both = staves == "both"
    measures = []
    for bar in range(bars):
        body = _attributes(both=both, capo=capo) if bar == 0 else ""
        for staff in (1, 2) if both else (0,):
            if staff == 2:
                body += "<backup><duration>8</duration></backup>"
            voice = 5 if staff == 2 else 1
            frets = staff != 1
            for place in ORDER:
                body += _note(UPPER[bar % 4][place], 1, "eighth", voice, staff, frets)
            body += "<backup><duration>8</duration></backup>"
            for _ in range(2):
                body += _note(BASS[bar % 4], 4, "half", voice + 1, staff, frets)
        if repeat and bar == bars - 1:
            body += '<barline location="right"><repeat direction="backward"/></barline>'
        measures.append(f'<measure number="{bar + 1}">{body}</measure>')
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0"><work><work-title>{title}</work-title>'
        '</work><part-list><score-part id="P1"><part-name>Guitar</part-name><score-instrument id="P1-I1">'
        '<instrument-name>Guitar</instrument-name></score-instrument><midi-instrument id="P1-I1"><midi-channel>1'
        "</midi-channel><midi-program>25</midi-program></midi-instrument></score-part></part-list>"
        f'<part id="P1">{"".join(measures)}</part></score-partwise>'
    ).encode()


def _pitch(midi: int) -> str:
    step, alter = _STEPS[midi % 12]
    return f"<step>{step}</step>{f'<alter>{alter}</alter>' if alter else ''}<octave>{midi // 12 - 1}</octave>"


def _note(midi: int, duration: int, kind: str, voice: int, staff: int, frets: bool) -> str:
    string, fret = min(
        ((6 - i, midi - open_) for i, open_ in enumerate(STRINGS) if midi >= open_), key=lambda place: place[1]
    )
    technical = f"<notations><technical><string>{string}</string><fret>{fret}</fret></technical></notations>"
    return (
        f"<note><pitch>{_pitch(midi)}</pitch><duration>{duration}</duration><voice>{voice}</voice><type>{kind}</type>"
        f"<stem>{'up' if voice in (1, 5) else 'down'}</stem>{f'<staff>{staff}</staff>' if staff else ''}"
        f"{technical if frets else ''}</note>"
    )


def _attributes(*, both: bool, capo: int) -> str:
    tuning = "".join(
        f'<staff-tuning line="{line}"><tuning-step>{_STEPS[m % 12][0]}</tuning-step>'
        f"<tuning-octave>{m // 12 - 1}</tuning-octave></staff-tuning>"
        for line, m in enumerate(STRINGS, start=1)
    )
    barre = f"<capo>{capo}</capo>" if capo else ""
    clef = "<sign>G</sign><line>2</line><clef-octave-change>-1</clef-octave-change></clef>"
    head = (
        "<attributes><divisions>2</divisions><key><fifths>0</fifths><mode>major</mode></key>"
        "<time><beats>4</beats><beat-type>4</beat-type></time>"
    )
    tempo = (
        '<direction placement="above"><direction-type><metronome><beat-unit>quarter</beat-unit>'
        '<per-minute>96</per-minute></metronome></direction-type><sound tempo="96"/></direction>'
    )
    if both:
        return (
            f'{head}<staves>2</staves><clef number="1">{clef}<clef number="2"><sign>TAB</sign><line>5</line></clef>'
            f'<staff-details number="2"><staff-lines>6</staff-lines>{tuning}{barre}</staff-details></attributes>{tempo}'
        )
    details = f"<staff-details><staff-lines>5</staff-lines>{tuning}{barre}</staff-details>"
    return f"{head}<clef>{clef}{details}</attributes>{tempo}"
