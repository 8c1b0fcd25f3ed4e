"""Music nobody wrote: random parts as a band's part book has them, as MusicXML with line breaks, to be engraved.

The notes make little sense, the notation does: bars are full, beams follow the beat, accidentals are printed exactly
where they are needed, hairpins end, repeats close. Symbols that real parts hold rarely (8va, tremolo, D.S., two voices,
C clefs, keys of seven sharps) come often enough to be learned: each part is full of a few of them. `compose` is the
same for the same seed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

DIVISIONS = 10080  # of a quarter: 64ths and parts of triplets, quintuplets, septuplets and nonuplets are whole
BREVE = -1  # the one value that is longer than a whole note
TYPES = {BREVE: "breve", 1: "whole", 2: "half", 4: "quarter", 8: "eighth", 16: "16th", 32: "32nd", 64: "64th"}
# sign, line, octave change, diatonic number (C0 = 0) of the bottom line, weight in a band's books
CLEFS = {
    "G2": ("G", 2, 0, 30, 10.0), "F4": ("F", 4, 0, 18, 5.0), "C3": ("C", 3, 0, 24, 1.5), "C4": ("C", 4, 0, 22, 1.2),
    "C1": ("C", 1, 0, 28, 0.3), "C2": ("C", 2, 0, 26, 0.2), "C5": ("C", 5, 0, 20, 0.15), "G1": ("G", 1, 0, 32, 0.15),
    "F3": ("F", 3, 0, 20, 0.2), "F5": ("F", 5, 0, 16, 0.15), "G2-8": ("G", 2, -1, 23, 0.6),
    "G2+8": ("G", 2, 1, 37, 0.3), "F4-8": ("F", 4, -1, 11, 0.3), "perc": ("percussion", 0, 0, 30, 1.2),
}  # fmt: skip
STEPS = "CDEFGAB"
SHARPS = "FCGDAEB"
METRES = {
    (4, 4, ""): 6, (4, 4, "common"): 5, (3, 4, ""): 5, (2, 4, ""): 5, (6, 8, ""): 5, (2, 2, "cut"): 4, (2, 2, ""): 2,
    (3, 8, ""): 1.5, (9, 8, ""): 1.5, (12, 8, ""): 1.5, (5, 4, ""): 1, (3, 2, ""): 1, (6, 4, ""): 1, (7, 8, ""): 1,
    (5, 8, ""): 0.8, (4, 2, ""): 0.4, (7, 4, ""): 0.4, (4, 8, ""): 0.4, (2, 8, ""): 0.2, (1, 4, ""): 0.2,
    (3, 16, ""): 0.2,
}  # fmt: skip
# figures that fill a quarter, a half and a dotted quarter: values, a minus sign for a dot
QUARTER = (
    (10, (4,)), (9, (8, 8)), (5, (16,) * 4), (3, (8, 16, 16)), (2, (16, 16, 8)), (4, (-8, 16)), (0.6, (16, 8, 16)),
    (0.5, (16, -8)), (0.5, (32, 32, 32, 32, 8)), (0.5, (8, 16, 32, 32)), (0.3, (32,) * 8), (0.3, (-16, 32, 8)),
    (0.8, (-16, 32, -16, 32)), (0.3, (32, -16, 32, -16)),
    (0.15, (64,) * 4 + (32, 32, 8)), (0.15, (8, -16, 64, 64)), (0.1, (-32, 64, 16, 8)),
)  # fmt: skip
HALF = ((7, (2,)), (4, (-4, 8)), (1.5, (8, 4, 8)), (0.8, (8, -4)), (0.7, (-4, 16, 16)), (1, (4, 8, 8)))
DOTTED = (
    (6, (-4,)),
    (6, (4, 8)),
    (8, (8, 8, 8)),
    (2, (8, 4)),
    (1.5, (-8, 16, 8)),
    (1.5, (16,) * 6),
    (1, (8, 16, 16, 16, 16)),
)
DYNAMICS = (
    "ppp",
    "pp",
    "p",
    "mp",
    "mf",
    "f",
    "ff",
    "fff",
    "sfz",
    "fp",
    "sf",
    "fz",
    "rfz",
    "sfp",
    "rf",
    "pppp",
    "ffff",
    "sffz",
)
# what a part may be full of
RARE = (
    "clefs", "keys", "metres", "ottavas", "jumps", "voltas", "marks", "tremolos", "pairs", "ornaments", "graces",
    "fermatas", "breaths", "arpeggios", "double accidentals", "hairpins", "articulations", "tuplets", "dynamics",
)  # fmt: skip
LOUDNESS = (1, 3, 5, 4, 4, 5, 3, 1.5, 1.5, 1, 1, 1, *(0.8,) * 6)  # how often each comes
WORDS = (
    "dolce", "solo", "tutti", "rit.", "a tempo", "pizz.", "arco", "espr.", "div.", "unis.", "con sord.",
    "cresc.", "dim.", "legato", "marcato", "2nd time only", "Play", "leggiero", "poco a poco", "soli", "cue: Trpt.",
)  # fmt: skip
PLAIN = ((1, 1), (3, 2))  # the notes that may have strokes of their own: no tuplets but triplets
JUMPS = (
    ("D.C. al Fine", 'dacapo="yes"'), ("D.S. al Coda", 'dalsegno="segno"'), ("D.S.", 'dalsegno="segno"'),
    ("Fine", 'fine="yes"'), ("To Coda", 'tocoda="coda"'), ("D.C.", 'dacapo="yes"'), ("FINE", 'fine="yes"'),
    ("D.S. al Fine", 'dalsegno="segno"'), ("D.C. al Coda", 'dacapo="yes"'), ("Da Capo", 'dacapo="yes"'),
    ("Dal Segno", 'dalsegno="segno"'), ("D.S. al Coda (no repeat)", 'dalsegno="segno"'), ("to Coda", 'tocoda="coda"'),
)  # fmt: skip
TEMPI = ("Allegro", "Andante", "Tempo I", "Più mosso", "Presto", "Swing", "Moderato", "Langsam", "Vivace", "Maestoso")


@dataclass(frozen=True)
class Taste:
    """How often this part has what: probabilities per note, bar or figure."""

    dense: float
    tuplet: float
    accidental: float
    articulation: float
    rest: float
    grace: float
    chord: float
    tie: float
    slur: float
    dynamic: float
    hairpin: float
    tremolo: float
    ornament: float
    two_voices: float
    multi_rest: float
    ottava: float
    change: float
    words: float
    crosses: int  # on a percussion staff, the position from which on heads are crosses
    beamed: bool


@dataclass(frozen=True)
class Tone:
    """A note, chord or rest and what is printed with it; `heads` are staff positions, none for a rest."""

    value: int
    dots: int
    heads: tuple[int, ...] = ()
    alters: tuple[int, ...] = ()
    shown: tuple[bool, ...] = ()
    tuplet: tuple[int, int] = (1, 1)
    edge: str = ""  # "start" or "stop" of its tuplet, "both" where it is all of it
    shared: int = 0  # strokes of the tremolo that it shares with its neighbour
    grace: str = ""  # "plain" or "slash"
    notations: tuple[str, ...] = ()
    articulations: tuple[str, ...] = ()
    tie: str = ""  # "start", "stop", "both"
    before: str = ""  # directions, as XML
    clef: str = ""  # that begins before it, inside the bar
    beams: tuple[str, ...] = ()

    @property
    def length(self) -> Fraction:
        """In quarters."""
        if self.grace or not self.value:
            return Fraction(0)
        plain = (Fraction(8) if self.value == BREVE else Fraction(4, self.value)) * (2 - Fraction(1, 2**self.dots))
        return plain * self.tuplet[1] / self.tuplet[0]


@dataclass
class _State:
    """What goes on from bar to bar."""

    clef: str
    key: int
    metre: tuple[int, int, str]
    position: int
    lowest: int
    highest: int
    slur: bool = False
    wedge: bool = False
    ottava: int = 0
    ottava_left: int = 0
    tied: tuple[int, int] | None = None  # position and alteration
    silent: Fraction = Fraction(0)  # quarters until there is room for another dynamic
    altered: dict[int, int] = field(default_factory=dict)


def compose(seed: int, lines: int = 8, *, rare: Sequence[str] = RARE) -> str:
    """A part of about that many printed lines, as one MusicXML document with `new-system` where each begins.

    rare: of RARE; what most parts are full of some of.
    """
    r = random.Random(seed)  # noqa: S311
    return _Part(r, rare).write(lines)


def key_alter(key: int, step: str) -> int:
    """How a key of `key` sharps (flats where negative) alters a step."""
    if key > 0:
        return int(step in SHARPS[:key])
    return -int(step in SHARPS[::-1][: -key or 0]) if key < 0 else 0


def _stroke(strokes: int) -> str:
    return f'<ornaments><tremolo type="single">{strokes}</tremolo></ornaments>'


def beams(tones: list[Tone]) -> list[Tone]:
    """The tones of one beat, beamed: the first beam over all of them, further ones over runs of shorter values."""
    notes = [n for n, tone in enumerate(tones) if tone.heads and not tone.grace]
    if (
        len(notes) < 2
        or any(tones[n].value < 8 for n in notes)
        or notes[-1] - notes[0] + 1 != len([n for n in range(notes[0], notes[-1] + 1) if not tones[n].grace])
    ):
        return tones
    marks: dict[int, list[str]] = {n: [] for n in notes}
    for level in range(1, 5):
        run: list[int] = []
        for n in [*notes, -1]:
            if n >= 0 and tones[n].value >= 4 * 2**level:
                run.append(n)
                continue
            for place, m in enumerate(run):
                if len(run) == 1:
                    word = "backward hook" if m != notes[0] else "forward hook"
                else:
                    word = "begin" if place == 0 else "end" if place == len(run) - 1 else "continue"
                marks[m].append(f'<beam number="{level}">{word}</beam>')
            run = []
    return [replace(tone, beams=tuple(marks[n])) if n in marks else tone for n, tone in enumerate(tones)]


class _Part:
    def __init__(self, r: random.Random, rare: Sequence[str]) -> None:
        self.r = r
        pick = r.choice
        self.taste = Taste(
            dense=pick((0.2, 0.5, 1.0, 2.0)), tuplet=pick((0, 0.02, 0.06, 0.25)), accidental=pick((0.02, 0.06, 0.18)),
            articulation=pick((0, 0.05, 0.3)), rest=pick((0.04, 0.1, 0.25)), grace=pick((0, 0.01, 0.04)),
            chord=pick((0, 0, 0.03, 0.3)), tie=pick((0.02, 0.08)), slur=pick((0, 0.1, 0.3)),
            dynamic=pick((0.01, 0.04, 0.08)),
            hairpin=pick((0, 0.15, 0.4)), tremolo=pick((0, 0, 0, 0.02)), ornament=pick((0, 0, 0.02)),
            two_voices=pick((0, 0, 0, 0.1, 0.5)), multi_rest=pick((0.02, 0.08, 0.2)), ottava=pick((0, 0, 0.05)),
            change=pick((0.01, 0.04)), words=pick((0, 0.05, 0.15)),
            crosses=pick((30, 9, 7, 4)), beamed=r.random() < 0.93,
        )  # fmt: skip
        clef = r.choices(list(CLEFS), [c[4] for c in CLEFS.values()])[0]
        self.often = frozenset(r.sample(rare, min(len(rare), pick((0, 3, 4, 5, 6)))))
        self._enrich()
        lowest, highest = pick(((-6, 10), (-4, 12), (-4, 12), (-2, 15), (0, 9), (-1, 10), (-3, 11), (-8, 8), (2, 18)))
        metre = r.choices(list(METRES), list(METRES.values()))[0]
        self.now = _State(clef, self._key(), metre, r.randint(0, 8), lowest, highest)
        if clef == "perc":
            self.now.key = 0
            self.taste = replace(self.taste, accidental=0, ornament=0)
        self.letter = 0
        self.strokes = 3
        self.trembling = 0  # notes to come that go on with these strokes
        self.threes = False  # the group before was one note that stands for three
        self.paired = False  # the group before was two notes that share a tremolo
        self.jumped = -4  # the bar that last had a jump at its end

    def _enrich(self) -> None:
        """Raise the rates of what this part is full of."""
        often, taste = self.often, self.taste
        self.taste = replace(
            taste,
            ottava=0.3 if "ottavas" in often else taste.ottava,
            tuplet=0.35 if "tuplets" in often else taste.tuplet,
            dynamic=0.15 if "dynamics" in often else taste.dynamic,
            tremolo=0.1 if "tremolos" in often else taste.tremolo,
            ornament=0.18 if "ornaments" in often else taste.ornament,
            grace=0.15 if "graces" in often else taste.grace,
            hairpin=0.9 if "hairpins" in often else taste.hairpin,
            articulation=0.5 if "articulations" in often else taste.articulation,
            chord=0.4 if "arpeggios" in often else taste.chord,
            accidental=0.18 if "double accidentals" in often else taste.accidental,
            change=0.2 if often & {"clefs", "keys", "metres"} else taste.change,
        )

    def _chance(self, name: str, usual: float, often: float) -> bool:
        """Does something come here that some parts are full of?"""
        return self.r.random() < (often if name in self.often else usual)

    def write(self, lines: int) -> str:
        r, now = self.r, self.now
        bars: list[str] = []
        target = r.uniform(13, 42)
        attributes = f"<divisions>{DIVISIONS}</divisions>" + self._key_xml() + self._metre_xml() + self._clef_xml()
        line = 0
        repeat, volta, number = False, 0, 0
        fresh = True  # a new line
        width = 0.0
        while line < lines:
            last = line == lines - 1 and width >= target * 0.6
            head = '<print new-system="yes"/>' if fresh and bars else ""
            quiet = not (now.slur or now.wedge or now.ottava or now.tied)
            left = ""
            directions = ""
            changed = bool(attributes)
            if quiet and bars and r.random() < (0.3 if fresh else self.taste.change):
                attributes = self._changes() if r.random() < (0.5 if fresh else 1) else ""
                changed = bool(attributes)
            if volta == 1:  # the bar that opens the second ending
                left += '<ending number="2" type="start"/>'
                volta = 2
            elif repeat and volta == 0 and quiet and not fresh and self._chance("voltas", 0.1, 0.4):
                left += '<ending number="1" type="start"/>'
                volta = -1
            elif not repeat and volta == 0 and self._chance("voltas", 0.06, 0.25):
                left += '<repeat direction="forward"/>'
                repeat = True
            if left:
                style = "<bar-style>heavy-light</bar-style>" if "repeat" in left else ""
                left = f'<barline location="left">{style}{left}</barline>'
            if self._chance("marks", 0.07, 0.2):
                directions += self._rehearsal()
            elif r.random() < 0.03:
                directions += self._above(f'<words font-weight="bold">{r.choice(TEMPI)}</words>')
            if self._chance("jumps", 0.02, 0.15):
                directions += self._above(r.choice(("<segno/>", "<coda/>")))
            if quiet and not left and volta == 0 and r.random() < self.taste.multi_rest:
                count = r.choices((r.randint(2, 9), r.randint(10, 32), r.randint(33, 120)), (6, 3, 0.6))[0]
                for place in range(count):
                    number += 1
                    extra = f"<attributes>{attributes}</attributes>" if place == 0 and attributes else ""
                    end = self._right(last and place == count - 1, "", 0)
                    bars.append(
                        f'<measure number="{number}">{head if place == 0 else ""}{extra}'
                        f"{directions if place == 0 else ''}{self._whole_rest()}{end}</measure>"
                    )
                width += 5
            else:
                number += 1
                body, cost = self._bar(closing=last)
                ending = ""
                if volta == -1:
                    ending, repeat, volta = "repeat1", False, 1
                elif volta == 2:
                    ending, volta = "end2", 0
                elif repeat and not left and r.random() < 0.12:
                    ending, repeat = "repeat", False
                after = "" if ending.startswith("repeat") or not self._quiet() else self._jump(number)
                style = f"<attributes>{attributes}</attributes>" if attributes else ""
                bars.append(
                    f'<measure number="{number}">{head}{left}{style}{directions}{body}{after}'
                    f"{self._right(last, ending, number)}</measure>"
                )
                width += cost + (1 if changed else 0)
            attributes, fresh = "", False
            if last:
                break
            if width >= target:
                width, fresh, line = 0.0, True, line + 1
                target *= r.uniform(0.85, 1.18)
        name = r.choice(("Flute", "Clarinet in Bb 1", "Trumpet 2", "Horn in F", "Tuba", "Alto Sax", "Bassoon", ""))
        return (
            '<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0"><part-list><score-part id="P1">'
            f'<part-name>{name}</part-name></score-part></part-list><part id="P1">{"".join(bars)}</part>'
            "</score-partwise>"
        )

    def _quiet(self) -> bool:
        return not (self.now.slur or self.now.wedge or self.now.ottava or self.now.tied)

    def _key(self) -> int:
        return self.r.choices(range(-7, 8), (1, 1, 1.3, 2, 3, 4, 4, 5, 4, 3, 3, 2, 1.3, 1, 1))[0]

    def _key_xml(self) -> str:
        return f"<key><fifths>{self.now.key}</fifths></key>"

    def _metre_xml(self) -> str:
        beats, unit, symbol = self.now.metre
        mark = f' symbol="{symbol}"' if symbol else ""
        return f"<time{mark}><beats>{beats}</beats><beat-type>{unit}</beat-type></time>"

    def _clef_xml(self) -> str:
        sign, line, octave, _, _ = CLEFS[self.now.clef]
        if self.now.clef == "perc":
            return f"<clef><sign>{sign}</sign></clef>"
        change = f"<clef-octave-change>{octave}</clef-octave-change>" if octave else ""
        return f"<clef><sign>{sign}</sign><line>{line}</line>{change}</clef>"

    def _changes(self) -> str:
        """Attributes that change here: key, metre, clef; now and then two of them."""
        r, now = self.r, self.now
        key = metre = clef = ""
        weights = [5 if name in self.often else 1 for name in ("keys", "metres", "clefs")]
        kinds = r.choices(("key", "metre", "clef"), weights, k=r.choice((1, 1, 1, 1, 2)))
        drums = now.clef == "perc"
        if "key" in kinds and not drums:
            old = now.key
            now.key = self._key()
            cancel = f"<cancel>{old}</cancel>" if old and r.random() < 0.4 else ""
            key = self._key_xml().replace("<key>", f"<key>{cancel}") if now.key != old else ""
        if "metre" in kinds:
            old_metre = now.metre
            now.metre = r.choices(list(METRES), list(METRES.values()))[0]
            metre = self._metre_xml() if now.metre != old_metre else ""
        if "clef" in kinds and not drums:
            old_clef = now.clef
            now.clef = self._another_clef()
            clef = self._clef_xml() if now.clef != old_clef else ""
        return key + metre + clef

    def _another_clef(self) -> str:
        """Mostly one of the four that players change between."""
        pitched = [name for name in CLEFS if name != "perc"]
        if self.r.random() < 0.7:
            return self.r.choice(("G2", "F4", "C3", "C4"))
        return self.r.choices(pitched, [CLEFS[name][4] for name in pitched])[0]

    def _right(self, last: bool, ending: str, number: int) -> str:
        style = repeat = close = ""
        if ending.startswith("repeat"):
            style, repeat = "light-heavy", '<repeat direction="backward"/>'
            close = '<ending number="1" type="stop"/>' if ending == "repeat1" else ""
        elif last:
            style = "light-heavy"
            close = '<ending number="2" type="discontinue"/>' if ending else ""
        elif ending == "end2":
            close = '<ending number="2" type="discontinue"/>'
        elif number and self.r.random() < 0.05:
            style = "light-light"
        if not style and not close:
            return ""
        bar = f"<bar-style>{style}</bar-style>" if style else ""
        return f'<barline location="right">{bar}{close}{repeat}</barline>'

    def _above(self, kind: str) -> str:
        return self._placed("above", kind)

    def _below(self, kind: str) -> str:
        return self._placed("below", kind)

    def _placed(self, where: str, kind: str) -> str:
        return f'<direction placement="{where}"><direction-type>{kind}</direction-type></direction>'

    def _rehearsal(self) -> str:
        self.letter += 1
        letter = self.letter - 1
        text = chr(65 + letter % 26) if self.r.random() < 0.6 else str(self.r.randint(1, 150))
        if self.r.random() < 0.06:
            text = self.r.choice((2 * text, "Intro", "Verse", "Chorus", "Solo", "Trio", "Coda", "Bridge", text + "1"))
        shape = self.r.choice(("square", "square", "square", "rectangle", "circle"))
        bold = self.r.choice(("", ' font-weight="bold"'))
        size = self.r.choice(("", "", ' font-size="12"', ' font-size="18"'))
        return self._above(f'<rehearsal enclosure="{shape}"{bold}{size}>{text}</rehearsal>')

    def _jump(self, number: int) -> str:
        """At the end of a bar; never two close together, whose words would run into each other."""
        if number < self.jumped + 4 or not self._chance("jumps", 0.03, 0.3):
            return ""
        self.jumped = number
        text, sound = self.r.choice(JUMPS)
        style = self.r.choice(("", ' font-weight="bold"', ' font-style="italic"'))
        return (
            f'<direction placement="above"><direction-type><words{style}>{text}</words></direction-type>'
            f"<sound {sound}/></direction>"
        )

    def _whole_rest(self) -> str:
        length = int(Fraction(4 * self.now.metre[0], self.now.metre[1]) * DIVISIONS)
        return f'<note><rest measure="yes"/><duration>{length}</duration><voice>1</voice></note>'

    def _bar(self, closing: bool) -> tuple[str, float]:
        """A bar's notes as XML and how wide it wants to be."""
        r, now = self.r, self.now
        now.altered = {}
        if self._quiet() and r.random() < 0.04:
            return self._whole_rest(), 2
        if self._quiet() and not closing and r.random() < self.taste.two_voices:
            reach = now.lowest, now.highest
            now.lowest, now.highest, now.position = 4, max(10, now.highest), 6
            upper = self._fill(6, plain=True)
            now.lowest, now.highest, now.position = min(-2, reach[0]), 3, 1
            lower = self._fill(1, plain=True)
            now.lowest, now.highest = reach
            if not any(t.heads for t in upper + lower):
                return self._whole_rest(), 2
            length = int(sum((t.length for t in upper), Fraction(0)) * DIVISIONS)
            xml = "".join(self._xml(t, 1, "up") for t in upper) + f"<backup><duration>{length}</duration></backup>"
            return xml + "".join(self._xml(t, 2, "down") for t in lower), 1.5 + self._cost(upper) + self._cost(
                lower
            ) / 2
        clef = now.clef
        tones = self._fill(now.position, plain=False)
        now.clef = clef  # from which the writing begins again
        if not any(t.heads for t in tones) and self._quiet():  # engravers print such a bar each in their own way
            return self._whole_rest(), 2
        tones = self._decorate(tones, closing)
        return "".join(self._xml(t, 1, "") for t in tones), 1.2 + self._cost(tones)

    def _cost(self, tones: list[Tone]) -> float:
        return sum(0.7 + 1.1 * math.pow(min(2.0, float(t.length)), 0.6) + 0.4 * any(t.shown) for t in tones)

    def _fill(self, centre: int, plain: bool) -> list[Tone]:
        beats, unit, _ = self.now.metre
        left = Fraction(4 * beats, unit)
        whole = left
        compound = unit == 8 and beats % 3 == 0
        r, taste = self.r, self.taste
        out: list[Tone] = []
        while left > 0:
            group: list[Tone]
            if left >= 1 and not compound and r.random() < taste.tuplet:
                group = self._tuplet(centre, r.choice((1, 1, 1, 2)) if left >= 2 else 1)
            elif compound and left >= Fraction(3, 2) and r.random() < taste.tuplet / 2:
                group = self._few(centre)
            elif compound and left >= Fraction(3, 2):
                group = self._figure(DOTTED, centre)
            elif left == whole and r.random() < 0.06 / taste.dense and whole in (2, 3, 4, 6, 8):
                value, dots = {2: (2, 0), 3: (2, 1), 4: (1, 0), 6: (1, 1), 8: (BREVE, 0)}[int(whole)]
                group = [self._tone(value, dots, centre)]
            elif left >= 1 and not plain and not self.now.tied and self._pairs():
                group = self._pair(centre, 2 if left >= 2 and r.random() < 0.65 else 1)
            elif left >= 1 and not compound and not plain and not self.now.tied and self._shortened():
                group = [self._strokes_of_three(centre)]
            elif left >= 2 and r.random() < 0.4 / (0.6 + taste.dense):
                group = self._figure(HALF, centre)
            elif left >= 1:
                group = self._figure(QUARTER, centre)
            else:
                value = int(4 / left) if Fraction(4 / left).denominator == 1 else 16
                group = [self._tone(value, 0, centre)]
            left -= sum((t.length for t in group), Fraction(0))
            if taste.beamed:
                group = beams(group)
            if not plain and out and self._quiet() and self._chance("clefs", 0.008, 0.15):
                group = self._under(group)
            if not plain and r.random() < taste.grace and group[0].heads and not self.now.tied:
                tone = self._tone(r.choice((8, 8, 16, 16, 4, 32)), 0, centre, sounding=True)
                group = [replace(tone, grace=r.choice(("plain", "slash"))), *group]
            out += group
        return out

    def _under(self, group: list[Tone]) -> list[Tone]:
        """The group under another clef: the notes stay where they are on the staff and sound differently."""
        now = self.now
        old, now.clef = now.clef, now.clef if now.clef == "perc" else self._another_clef()
        if now.clef == old:
            return group
        # What an accidental holds for is a pitch: with the clef it moves to another place of the staff.
        moved = CLEFS[old][3] - CLEFS[now.clef][3]
        now.altered = {place + moved: alter for place, alter in now.altered.items()}
        out = []
        for tone in group:
            found = [self._plain(head) for head in tone.heads]
            alters, shown = zip(*found, strict=True) if found else ((), ())
            out.append(replace(tone, alters=alters, shown=shown))
        return [replace(out[0], clef=now.clef), *out[1:]]

    def _plain(self, position: int) -> tuple[int, bool]:
        """The key's note there, and whether that has to be said."""
        now = self.now
        usual = key_alter(now.key, STEPS[(CLEFS[now.clef][3] + position) % 7])
        standing = now.altered.get(position, usual)
        now.altered[position] = usual
        return usual, usual != standing

    def _figure(self, figures: tuple[tuple[float, tuple[int, ...]], ...], centre: int) -> list[Tone]:
        weights = [w * self.taste.dense ** (len(f) - 1) for w, f in figures]
        figure = self.r.choices([f for _, f in figures], weights)[0]
        if len(figure) == 2 and figure[0] < 0 and self.r.random() < 0.08:  # a second dot, which the next note pays
            return [self._tone(-figure[0], 2, centre), self._tone(2 * figure[1], 0, centre)]
        return [self._tone(abs(v), int(v < 0), centre) for v in figure]

    def _tuplet(self, centre: int, beats: int) -> list[Tone]:
        r = self.r
        rates = (10, 4, 6, 4, 3) if "tuplets" in self.often else (10, 1.2, 2, 0.5, 0.3)
        count, normal = r.choices(((3, 2), (5, 4), (6, 4), (7, 4), (9, 8)), rates)[0]
        value = {3: 8, 5: 16, 6: 16, 7: 16, 9: 32}[count] // (beats if count == 3 else 1)
        if count != 3 and beats == 2:
            value //= 2
        tones = [replace(self._tone(value, 0, centre), tuplet=(count, normal)) for _ in range(count)]
        if count == 3 and r.random() < 0.15:  # a long and a short one
            long = replace(self._tone(value // 2, 0, centre), tuplet=(3, 2))
            short = replace(self._tone(value, 0, centre), tuplet=(3, 2))
            tones = [long, short] if r.random() < 0.7 else [short, long]
        tones[0] = replace(tones[0], edge="start")
        tones[-1] = replace(tones[-1], edge="stop")
        return tones

    def _pairs(self) -> bool:
        """Whether two notes that share a tremolo come here; often a few such pairs on end."""
        self.paired = self.r.random() < 0.5 if self.paired else self._chance("pairs", 0.002, 0.12)
        return self.paired

    def _pair(self, centre: int, beats: int) -> list[Tone]:
        """Two notes that share a tremolo: each is written as long as both of them sound."""
        strokes = self.r.choice((1, 1, 2, 2, 3, 3))
        value = 4 // beats
        tones = [
            replace(self._tone(value, 0, centre, sounding=True), tuplet=(2, 1), edge=edge, shared=strokes)
            for edge in ("start", "stop")
        ]
        if self.now.slur or self.r.random() < 0.5:
            return tones
        bowed = (f'<slur type="{edge}" number="2"/>' for edge in ("start", "stop"))
        return [replace(tone, notations=(slur,)) for tone, slur in zip(tones, bowed, strict=True)]

    def _shortened(self) -> bool:
        """Whether a note comes here that stands for three; often a few on end."""
        self.threes = self.r.random() < 0.7 if self.threes else self._chance("tremolos", 0.001, 0.05)
        return self.threes

    def _strokes_of_three(self, centre: int) -> Tone:
        """A triplet written as one dotted note, with a stroke through its stem and its figure."""
        tone = self._tone(4, 1, centre, sounding=True)
        return replace(tone, tuplet=(3, 2), edge="both", notations=(_stroke(1),))

    def _few(self, centre: int) -> list[Tone]:
        """Two or four in the time of a dotted quarter."""
        count = self.r.choice((2, 2, 4))
        tones = [replace(self._tone(8 * count // 2, 0, centre), tuplet=(count, count * 3 // 2)) for _ in range(count)]
        tones[0], tones[-1] = replace(tones[0], edge="start"), replace(tones[-1], edge="stop")
        return tones

    def _tone(self, value: int, dots: int, centre: int, sounding: bool = False) -> Tone:
        r, now, taste = self.r, self.now, self.taste
        if not sounding and not now.tied and r.random() < taste.rest * (1 if value <= 16 else 0.4):
            return Tone(value, dots)
        step = r.choices(
            (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 7, -7), (2, 6, 6, 4, 4, 1.5, 1.5, 1, 1, 0.5, 0.5, 0.6, 0.6)
        )[0]
        if now.tied and not sounding:
            (position, alter), now.tied = now.tied, None
            now.position = position
            return Tone(value, dots, (position,), (alter,), (False,), tie="stop")
        position = now.position + step + (1 if centre > now.position else -1 if centre < now.position - 2 else 0)
        position = min(max(position, now.lowest), now.highest)
        now.position = position
        heads = [position]
        if r.random() < taste.chord and value <= 16 and not sounding:
            for gap in r.choice(((2,), (2, 2), (3,), (5,), (7,), (1,), (2, 3), (2, 2, 3), (4,))):
                if heads[-1] + gap <= now.highest + 4:
                    heads.append(heads[-1] + gap)
        alters, shown = zip(*(self._alter(h) for h in heads), strict=True)
        return Tone(value, dots, tuple(heads), alters, shown)

    def _alter(self, position: int) -> tuple[int, bool]:
        """How the note there is altered, and whether that is printed."""
        r, now = self.r, self.now
        usual = key_alter(now.key, STEPS[(CLEFS[now.clef][3] + position) % 7])
        standing = now.altered.get(position, usual)
        alter = standing
        if r.random() < self.taste.accidental:
            alter = r.choice([a for a in (-1, 0, 1) if a != standing])
            if usual and standing == usual and self._chance("double accidentals", 0.08, 0.4):
                alter = 2 * usual
            elif self._chance("double accidentals", 0.01, 0.15):
                alter = r.choice([a for a in (-2, 2) if a != standing])
        now.altered[position] = alter
        return alter, alter != standing

    def _decorate(self, tones: list[Tone], closing: bool) -> list[Tone]:
        """Slurs, ties, dynamics, hairpins, articulations and all that stands over or under the notes of a bar."""
        r, now, taste = self.r, self.now, self.taste
        out: list[Tone] = []
        sounding = [n for n, t in enumerate(tones) if t.heads and not t.grace]
        final = sounding[-1] if sounding else -1
        if (
            r.random() < taste.ottava
            and len(sounding) > 1
            and not now.ottava
            and now.clef in ("G2", "F4")
            and not any(t.tie or t.clef for t in tones)
        ):
            now.ottava = 1 if now.clef == "G2" else -1
            kind = "down" if now.ottava > 0 else "up"
            place = "above" if now.ottava > 0 else "below"
            start = self._placed(place, f'<octave-shift type="{kind}" size="8"/>')
            now.ottava_left = r.choice((0, 0, 0, 1, 1, 2, 4))
            first = sounding[0]
            tones[first] = replace(tones[first], before=start + tones[first].before)
        for n, tone in enumerate(tones):
            marks: list[str] = list(tone.notations)
            arts: list[str] = []
            before = tone.before
            tie = tone.tie
            if tone.heads and not tone.grace:
                if ends := now.wedge and n == final and (closing or r.random() < 0.6):
                    before += self._below('<wedge type="stop"/>')
                    now.wedge = False
                # Engravers print dynamics over each other, and over a hairpin; people do not.
                if not now.wedge and now.silent <= 0 and r.random() < 2 * taste.dynamic:
                    loud = r.choices(DYNAMICS, LOUDNESS)[0]
                    before += self._below(f"<dynamics><{loud}/></dynamics>")
                    now.silent = Fraction(2)
                opens = not (now.wedge or ends or closing) and n != final
                if opens and r.random() < taste.hairpin / max(1, len(sounding)):
                    before += self._below(f'<wedge type="{r.choice(("crescendo", "diminuendo"))}"/>')
                    now.wedge = True
                if r.random() < taste.words / max(1, len(sounding)):
                    before += (self._above if r.random() < 0.6 else self._below)(
                        f'<words font-style="italic">{r.choice(WORDS)}</words>'
                    )
                if r.random() < taste.articulation:
                    arts.append(
                        r.choices(
                            ("staccato", "accent", "tenuto", "strong-accent", "staccatissimo"), (5, 4, 3, 1.5, 1)
                        )[0]
                    )
                    if r.random() < 0.1 and arts[0] in ("accent", "tenuto"):
                        arts.insert(0, "staccato")
                if now.slur and ((closing and n == final) or r.random() < 0.35):
                    marks.append('<slur type="stop" number="1"/>')
                    now.slur = False
                elif not (now.slur or marks or (closing and n >= final)) and r.random() < taste.slur and n != final:
                    marks.append('<slur type="start" number="1"/>')
                    now.slur = True
                if self._chance("fermatas", 0.012, 0.12):
                    marks.append(r.choice(("<fermata/>", "<fermata/>", '<fermata type="inverted"/>')))
                if r.random() < taste.ornament:
                    marks.append(
                        f"<ornaments><{r.choice(('trill-mark', 'mordent', 'inverted-mordent', 'turn'))}/></ornaments>"
                    )
                elif tone.value <= 16 and tone.tuplet in PLAIN and tone.edge != "both" and self._trembles():
                    strokes = min(self.strokes, 1 if tone.value == 16 else 2 if tone.value == 8 else 3)
                    marks.append(_stroke(strokes))
                if len(tone.heads) > 1 and self._chance("arpeggios", 0.05, 0.5):
                    marks.append("<arpeggiate/>")
                if self._breathes(tones, n) and self._chance("breaths", 0.02, 0.4):
                    arts.append(r.choice(("breath-mark", "breath-mark", "caesura")))
                natural = len(tone.heads) == 1 and tone.alters[0] == key_alter(
                    now.key, STEPS[(CLEFS[now.clef][3] + tone.heads[0]) % 7]
                )
                following = tones[n + 1] if n + 1 < len(tones) else None
                changes = any(t.clef for t in tones)
                plain = not tone.edge and tone.tuplet == (1, 1)
                if r.random() < taste.tie and natural and not closing and plain and not changes:
                    if n == len(tones) - 1:
                        now.tied = (tone.heads[0], tone.alters[0])
                        tie = "both" if tie == "stop" else "start"
                    elif (
                        following
                        and following.heads
                        and not following.grace
                        and not any(following.shown)
                        and tie != "stop"
                    ):
                        tones[n + 1] = replace(
                            following, heads=tone.heads, alters=tone.alters, shown=(False,), tie="stop"
                        )
                        tie = "start"
            out.append(replace(tone, notations=tuple(marks), articulations=tuple(arts), before=before, tie=tie))
            now.silent -= tone.length
        if now.ottava and sounding:
            if (now.ottava_left <= 0 and not now.tied) or closing:
                place = "above" if now.ottava > 0 else "below"
                stop = self._placed(place, '<octave-shift type="stop" size="8"/>')
                out.append(Tone(0, 0, before=stop))
            now.ottava_left -= 1
        return out

    def _trembles(self) -> bool:
        """Whether a note has a tremolo: mostly several notes on end have the same, under their beams too."""
        r = self.r
        if self.trembling:
            self.trembling -= 1
            return True
        if r.random() >= self.taste.tremolo:
            return False
        self.strokes = r.choice((1, 2, 3, self.strokes, self.strokes))
        self.trembling = r.choice((0, 1, 3, 5, 7, 11))
        return True

    def _breathes(self, tones: list[Tone], n: int) -> bool:
        """Whether a player would take breath after a note: it is long, or a bar or rest ends what hangs together."""
        if self.now.slur or tones[n].tie in ("start", "both") or tones[n].edge:
            return False
        after = next((tone for tone in tones[n + 1 :] if not tone.grace), None)
        return tones[n].value <= 4 or after is None or not after.heads

    def _xml(self, tone: Tone, voice: int, stem: str) -> str:
        now = self.now
        if tone.value == 0:  # a direction after the last note
            now.ottava = 0
            return tone.before
        length = f"<duration>{int(tone.length * DIVISIONS)}</duration>"
        tuplet = ""
        if tone.tuplet != (1, 1):
            many, normal = tone.tuplet
            ratio = f"<actual-notes>{many}</actual-notes><normal-notes>{normal}</normal-notes>"
            of = "<normal-type>eighth</normal-type>" if tone.edge == "both" else ""
            tuplet = f"<time-modification>{ratio}{of}</time-modification>"
        tail = f"<voice>{voice}</voice><type>{TYPES[tone.value]}</type>{'<dot/>' * tone.dots}"
        edge = f'<tuplet type="{tone.edge}"/>' if tone.edge else ""
        if tone.edge == "both":
            edge = '<tuplet type="start" bracket="no"/><tuplet type="stop"/>'
        if tone.shared:
            edge = f'<ornaments><tremolo type="{tone.edge}">{tone.shared}</tremolo></ornaments>'
        out = tone.before
        if tone.clef:
            now.clef = tone.clef
            out = f"<attributes>{self._clef_xml()}</attributes>{out}"
        if not tone.heads:
            notations = f"<notations>{edge}</notations>" if edge else ""
            return f"{out}<note><rest/>{length}{tail}{tuplet}{notations}</note>"
        grace = {"": "", "plain": "<grace/>", "slash": '<grace slash="yes"/>'}[tone.grace]
        ties = {"": (), "start": ("start",), "stop": ("stop",), "both": ("stop", "start")}[tone.tie]
        arts = "".join(f"<{a}/>" for a in tone.articulations)
        for n, (head, alter, shown) in enumerate(zip(tone.heads, tone.alters, tone.shown, strict=True)):
            diatonic = CLEFS[now.clef][3] + head + 7 * now.ottava
            change = f"<alter>{alter}</alter>" if alter else ""
            pitch = f"<pitch><step>{STEPS[diatonic % 7]}</step>{change}<octave>{diatonic // 7}</octave></pitch>"
            shape = ""
            if now.clef == "perc":
                step = f"<display-step>{STEPS[diatonic % 7]}</display-step>"
                pitch = f"<unpitched>{step}<display-octave>{diatonic // 7}</display-octave></unpitched>"
                shape = "<notehead>x</notehead>" if head >= self.taste.crosses else ""
            names = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
            sign = f"<accidental>{names[alter]}</accidental>" if shown else ""
            marks = "".join(f'<tied type="{t}"/>' for t in ties)
            if n == 0:
                marks += edge + "".join(tone.notations) + (f"<articulations>{arts}</articulations>" if arts else "")
            elif "<arpeggiate/>" in tone.notations:
                marks += "<arpeggiate/>"
            out += (
                f"<note>{grace}{'<chord/>' if n else ''}{pitch}{'' if grace else length}"
                f"{''.join(f'<tie type={chr(34)}{t}{chr(34)}/>' for t in ties)}{tail[: tail.index('<type>')]}"
                f"{tail[tail.index('<type>') :]}{sign}{tuplet}{f'<stem>{stem}</stem>' if stem else ''}{shape}"
                f"{''.join(tone.beams) if n == 0 else ''}{f'<notations>{marks}</notations>' if marks else ''}</note>"
            )
        return out
