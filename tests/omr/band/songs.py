"""Four songs: a march with endings and D.S. al Fine, a slow one with a pick-up, a waltz with a coda, a swing number."""

from __future__ import annotations

from collections.abc import Mapping

from tests.omr.band.arrange import Section, arrange
from tests.omr.band.model import Song
from tests.omr.band.touch import Style

MARCH = Style(
    metre=(2, 2), sign="cut",
    tune=("4. 8 4 4", "2 4 4", "4 4 2", "4 8 8 4 4", "2. 4", "8 8 8 8 4 4", "4 t8 t8 t8 4 4", "4. 8 8 8 8 8",
          "2 8 8 8 8", "8. 16 4 8. 16 4", "2 2~", "4 8 16 16 4 4"),
    close=("2 4 r4", "2. r4", "4 4 2", "4. 8 2", "1"), counter=("2 2", "1", "2. 4", "4 4 2", "2 4 4"),
    after=("r4 4 r4 4", "r4 4 r4 8 8"), stab=("4 r4 4 r4", "4 r4 r4 4", "r2 4 4"), pad=("1", "2 2"),
    bass=("4 r4 4 r4", "2 2", "4 r4 4 4"), final="4 4 4 r4", answer=("r4 8 8 4 4", "r4 t8 t8 t8 4 4", "8 8 8 8 4 r4"),
    run=("8 8 8 8 8 8 8 8", "4 16 16 16 16 4 16 16 16 16", "8 16 16 8 8 8 16 16 4", "2 8 8 8 8", "r4 8 8 r4 8 8",
         "16 16 16 16 4 16 16 16 16 4"),
    legato=0.18, short=0.4, accent=0.22, grace=0.05,
)  # fmt: skip
HYMN = Style(
    metre=(4, 4), sign="common",
    tune=("4. 8 4 4", "2 4 4", "4 4 2", "4 4 4 4", "2. 4", "2 8 8 4", "4 8 8 2", "2 2", "4. 8 2", "4 8 8 4 4", "1",
          "2 2~"),
    close=("2. 4", "2. 4", "2 r4 4"), counter=("2 2", "1", "2. 4", "r2 4 4", "4 4 2", "r4 4 2"),
    after=("r4 4 4 4",), stab=("r4 4 r4 4",), pad=("1", "1", "2 2"), bass=("1", "2 2", "2 4 4"), final="2.",
    answer=("r4 8 8 8 8 4", "r2 8 8 4"), legato=0.65, short=0.0, accent=0.06,
)  # fmt: skip
MOVING = Style(
    metre=(4, 4), sign="common",
    tune=("8 8 8 8 4 4", "4 8 8 8 8 4", "4. 8 8 8 4", "8. 16 4 2", "4 4 8 8 8 8", "2 t8 t8 t8 4", "4 16 16 16 16 4 4"),
    close=("2. 4", "2 4 4", "1"), counter=("2 2", "4 4 2", "2. 4"), after=("r4 4 r4 4", "r8 8 r8 8 r8 8 r8 8"),
    stab=("r4 4 r4 4",), pad=("1", "2 2"), bass=("2 2", "4 4 2"), final="2.", answer=("r8 8 8 8 4 4",),
    legato=0.5, short=0.15, accent=0.1, grace=0.06,
)  # fmt: skip
WALTZ = Style(
    metre=(3, 4), sign="",
    tune=("2 4", "4 4 4", "2.", "4. 8 4", "4 8 8 4", "8 8 8 8 8 8", "4 2", "4 8 8 8 8", "r4 4 4", "2.~", "4 t8 t8 t8 4",
          "8. 16 4 4", "8 r8 4 4"),
    close=("2.", "2 r4", "4 4 r4", "2 4"), counter=("2.", "2 4", "4 2", "4 4 4", "4. 4."),
    after=("r4 4 4", "r4 4 4", "r4 2"), stab=("4 r4 r4", "r4 4 4"), pad=("2.",),
    bass=("4 r2", "2.", "4 r4 4", "2 r4"), final="2.",
    answer=("r4 8 8 8 8", "8 8 8 8 4"), legato=0.42, short=0.25, accent=0.08, grace=0.07,
)  # fmt: skip
SWING = Style(
    metre=(4, 4), sign="",
    tune=("8 4 8 4 4", "4. 8~ 2", "r8 8 8 8 4 r4", "8 8 8 4 8~ 4", "4 8 8 r8 8 4", "t8 t8 t8 4 2", "2 r8 8 4",
          "t4 t4 t4 2", "4 r8 8 8 8 4", "8 4. r8 4.", "4 4 r8 8 8 8~", "8 8 8 8 8 8 4", "r4 8 8 8 4 8",
          "16 16 8 8 8 4 4"),
    close=("4. 8~ 2", "2. r4", "4 r8 8 4 r4", "4 4 r2"), counter=("1", "2. 4", "2 2", "r2 4 4", "4. 8~ 2", "r4 4 2"),
    after=("r4 4 r4 4",), stab=("r8 8 r4 r2", "4 r4 r8 8 r4", "r4 8 r8 r8 4.", "r2 r8 8 4", "4. 8 r2"),
    pad=("1", "2. 4"), bass=("4 4 4 4",), final="8 8 r4 4 r4", answer=("r8 8 8 8 4 r4", "r4 t8 t8 t8 8 4 r8"),
    legato=0.25, short=0.3, accent=0.3, grace=0.04, walk=True,
)  # fmt: skip
TURN = Style(
    metre=(2, 4), sign="", tune=("4 4",), close=("4 4", "8 8 4"), counter=("2",), after=("r4 4",), stab=("4 4",),
    pad=("2",), bass=("4 4",), final="2", accent=0.8, short=0.0,
)  # fmt: skip

# ------------------------------------------------------------------------------------------------ who plays what

TUTTI = {
    "tune": "fl ob c1 t1", "second": "c2 t2", "counter": "ts ba", "after0": "hn", "after1": "as", "stab": "tb",
    "bass": "tu",
}  # fmt: skip
GRAND = {
    "tune": "c1 t1", "run": "fl ob", "second": "c2 t2", "counter": "ts ba", "after0": "hn", "after1": "as",
    "stab": "tb", "bass": "tu",
}  # fmt: skip
REEDS = {"tune": "fl c1", "second": "ob c2", "pad0": "as", "pad1": "ts", "after1": "hn", "bass": "tu ba"}
BRASS = {"tune": "t1 ba", "second": "t2", "after1": "hn", "stab": "tb", "bass": "tu"}
LOW_TUNE = {"tune": "ts ba tb", "after0": "as", "after1": "hn", "after2": "c2", "answer": "fl c1 ob", "bass": "tu"}
UNISON = {"tune": "fl ob c1 c2 as t1 t2", "stab0": "hn", "stab1": "tb", "bass": "ts ba tu"}
CHORALE = {"tune": "t1", "second": "t2", "pads": "hn", "counter": "ba", "pad0": "tb", "bass": "tu"}
WOOD = {"tune": "c1", "second": "c2", "counter": "as", "pad1": "ts", "pad0": "hn"}
FULL = {"tune": "fl ob c1 t1", "second": "c2 t2 as", "counter": "ts ba", "pads": "hn", "pad0": "tb", "bass": "tu"}
SAXES = {"tune": "as", "second": "ts", "stab0": "t1", "stab1": "t2", "stab2": "tb", "bass": "tu ba"}
RHYTHM = {"bass": "tu ba", "stab0": "tb"}
SOLO = {"tune": "as", "pad0": "c1", "pad1": "c2", "pad2": "hn", "bass": "tu"}
SHOUT = {
    "tune": "fl ob c1 t1", "second": "c2 t2 as", "stab0": "hn", "stab1": "tb", "stab2": "ts", "bass": "tu ba",
}  # fmt: skip


def only(scoring: Mapping[str, str], *codes: str) -> dict[str, str]:
    """A scoring of which only these players play."""
    kept = {role: " ".join(code for code in of.split() if code in codes) for role, of in scoring.items()}
    return {role: of for role, of in kept.items() if of}


def march() -> Song:
    song = Song("march", "Harbour Day", "Ida Marlow", subtitle="Quickstep March", arranger="arr. P. Venn")
    chords = {
        "i": "V V/V V V7", "a": "I I V7 I", "b": "I vi V/V V7", "c": "IV I V7 I", "d": "V7 I V7 I", "e": "V/ii ii V7 I",
        "t": "I I6 V/ii ii", "u": "ii V7 I I", "v": "V/IV IV I V/ii", "w": "ii V7 I I", "k": "vi V/vi vi V/V",
        "l": "V V7 V V7",
    }  # fmt: skip
    sections = (
        Section("i", (UNISON,), "ff", tempo="March tempo"),
        Section("abac", (TUTTI, TUTTI, REEDS, TUTTI), "f", "A", repeat=True, volta=1, segno=True),
        Section("dedc", (LOW_TUNE, BRASS, LOW_TUNE, TUTTI), "mf", "B", repeat=True, volta=1, fine=True,
                remarks={"tune": "marcato"}),
        Section("tutw", (REEDS, REEDS, WOOD, REEDS), "p", "Trio", key=-4, remarks={"tune": "legato"}),
        Section("kl", (BRASS, UNISON), "ff", "C"),
        Section("tuvw", (GRAND,), "f", "D", tempo="Grandioso", repeat=True, volta=1, jump="D.S. al Fine"),
    )  # fmt: skip
    return arrange(song, chords, sections, key=-3, style=MARCH)


def hymn() -> Song:
    song = Song("hymn", "Lanterns on the River", "Tomas Reede", arranger="arr. L. Okafor")
    chords = {
        "a": "I vi ii V7", "b": "I V/vi vi IV", "c": "ii V7 I I", "d": "I iii IV V", "e": "IV iv I V7",
        "f": "vi ii V/V V", "g": "ii V7 V7 I",
    }  # fmt: skip
    sections = (
        Section("abac", (WOOD, WOOD, REEDS, REEDS), "p", tempo="Andante cantabile", remarks={"tune": "dolce"}),
        Section("abf", (CHORALE, CHORALE, FULL), "mp", "A", words="poco rit."),
        Section("dede", (REEDS, FULL, only(FULL, "t1", "t2", "hn", "ba", "tu"), FULL), "mf", "B",
                tempo="Poco più mosso", key=-3, style=MOVING, words="rit."),
        Section("ab", (FULL,), "f", "C", tempo="Tempo I", key=-2, style=HYMN),
        Section("g", (CHORALE,), "p", words="molto rit."),
    )  # fmt: skip
    return arrange(song, chords, sections, key=-2, style=HYMN, pickup="4")


def waltz() -> Song:
    song = Song("waltz", "The Clockmaker's Waltz", "E. Lindqvist")
    chords = {
        "i": "I V/V V V7", "a": "I I V7 V7", "b": "V7 V7 I I", "c": "V/ii ii V7 I", "d": "IV iv I V/ii",
        "e": "ii V7 I V7", "f": "V/V V/V V V7", "g": "I I6 ii V7", "h": "IV V/V V7 V7", "k": "ii V7 I I",
        "z": "IV V7 I I", "x": "V V V7 V7",
    }  # fmt: skip
    light = {"tune": "fl ob", "second": "c1", "after0": "c2", "after1": "as", "after2": "hn", "bass": "tu"}
    horns = {"tune": "hn ts ba", "after0": "c1", "after1": "c2", "answer": "fl ob", "bass": "tu"}
    sections = (
        Section("i", (UNISON,), "f", tempo="Tempo di Valse"),
        Section("abac", (light, light, light, TUTTI), "mf", "1", segno=True, remarks={"tune": "grazioso"}),
        Section("dedf", (horns, horns, TUTTI, TUTTI), "mp", "2", words="cresc.", to_coda=True),
        Section("ghgk", (SAXES, REEDS, CHORALE, FULL), "p", "3", key=-2, repeat=True, volta=2, double=True),
        Section("x", (BRASS,), "f", key=-1, jump="D.S. al Coda"),
        Section("zzk", (FULL, TUTTI, TUTTI), "ff", coda=True, tempo="Più mosso"),
    )
    return arrange(song, chords, sections, key=-1, style=WALTZ)


def swing() -> Song:
    song = Song("swing", "Last Tram to Elm Street", "Nat Corbel", subtitle="Swing", arranger="arr. Jo Whitlock")
    chords = {
        "i": "I6 V/ii ii7 V7", "a": "I6 vi ii7 V7", "b": "I V/IV IV iv", "c": "I6 V7 I6 V7", "d": "IV IV I6 I6",
        "e": "V/V V/V V7 V7", "s": "I6 I6 V/IV V/IV", "u": "IV iv I6 V/ii", "w": "ii7 V7 I6 V7", "n": "V7",
        "z": "ii7 V7 bVII I",
    }  # fmt: skip
    tram = only(SHOUT, "t1", "t2", "hn", "tb", "tu", "ba")
    sections = (
        Section("ii", (RHYTHM, only(SAXES, "ts", "tb", "tu", "ba")), "mp", tempo="Medium Swing"),
        Section("ab", (SAXES,), "mf", "A"),
        Section("ac", (SAXES, SHOUT), "mf", "B"),
        Section("de", (tram, tram), "f", "C", double=True),
        Section("suw", (SOLO, SOLO, SAXES), "mp", "D", repeat=True, remarks={"tune": "solo"}),
        Section("de", (RHYTHM, WOOD), "p", "E"),
        Section("n", (SHOUT,), "ff", style=TURN),
        Section("abac", (SHOUT, SHOUT, tram, SHOUT), "ff", "F", key=-1, style=SWING),
        Section("cz", (RHYTHM, SHOUT), "f", "G"),
    )
    return arrange(song, chords, sections, key=-3, style=SWING)


def songs() -> list[Song]:
    """All four, in the order of the books; the same every time."""
    return [march(), hymn(), waltz(), swing()]
