"""Songs for a band as they are written down: pitches, notes, bars that all players share, and the players."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

LETTERS = "CDEFGAB"
SEMITONES = (0, 2, 4, 5, 7, 9, 11)  # of the letters, above C
SHARPS = (3, 0, 4, 1, 5, 2, 6)  # letters in the order in which keys sharpen them


@dataclass(frozen=True, order=True)
class Pitch:
    step: int  # diatonic, 0 is C0
    alter: int = 0  # semitones

    @property
    def midi(self) -> int:
        return 12 * (self.step // 7 + 1) + SEMITONES[self.step % 7] + self.alter

    def up(self, diatonic: int, chromatic: int) -> Pitch:
        """Transposed by an interval of so many steps and semitones."""
        plain = Pitch(self.step + diatonic)
        return Pitch(plain.step, self.midi + chromatic - plain.midi)


def key_alter(fifths: int, letter: int) -> int:
    """How a key alters a letter (0 is C)."""
    if fifths > 0:
        return int(letter in SHARPS[:fifths])
    return -int(letter in SHARPS[7 + fifths :]) if fifths else 0


@dataclass(frozen=True)
class Note:
    """A note, a chord, or a rest, with all that is printed at it."""

    value: int  # 1 whole, 2 half, … 16
    dots: int = 0
    pitches: tuple[Pitch, ...] = ()  # none: a rest
    triplet: str = ""  # "start", "in", "stop": one of three in the time of two
    tie: bool = False  # to the next note
    slur: str = ""  # any of "(" and ")"
    articulations: tuple[str, ...] = ()  # MusicXML's names
    dynamic: str = ""
    hairpin: str = ""  # "<" or ">" begins here, "!" ends here
    words: str = ""
    fermata: bool = False
    grace: Pitch | None = None  # a slashed one before it

    @property
    def quarters(self) -> Fraction:
        dotted = Fraction(4, self.value) * (2 - Fraction(1, 2**self.dots))
        return dotted * Fraction(2, 3) if self.triplet else dotted


@dataclass(frozen=True)
class Frame:
    """What a bar is for everybody."""

    metre: tuple[int, int]
    key: int  # fifths at concert pitch
    length: Fraction  # quarters; less than the metre's at a pick-up and where the song ends with what that left
    sign: str = ""  # "common" or "cut": how the metre is printed
    rehearsal: str = ""
    tempo: str = ""
    words: str = ""  # "rit.", for all
    segno: bool = False
    coda: bool = False
    to_coda: bool = False  # at its end, as are the next two
    fine: bool = False
    jump: str = ""
    forward: bool = False  # a repeat begins
    backward: bool = False  # and ends
    volta: int = 0
    double: bool = False  # its right bar line
    last: bool = False


Bar = tuple[Note, ...]  # of one player; empty: silent for the whole bar


@dataclass(frozen=True)
class Player:
    """A part book's owner. `low` to `high` is the compass written for here, at concert pitch (MIDI numbers)."""

    code: str
    book: str  # name of its files
    name: str  # as printed
    clef: str  # "G2" or "F4"
    low: int
    high: int
    diatonic: int = 0  # from concert pitch to the written one
    chromatic: int = 0
    fifths: int = 0

    def written(self, pitch: Pitch) -> Pitch:
        return pitch.up(self.diatonic, self.chromatic)


PLAYERS = (
    Player("fl", "Flute", "Flute", "G2", 65, 93),
    Player("ob", "Oboe", "Oboe", "G2", 61, 86),
    Player("c1", "Clarinet_1", "B♭ Clarinet 1", "G2", 55, 84, 1, 2, 2),
    Player("c2", "Clarinet_2", "Clarinet in Bb 2", "G2", 51, 77, 1, 2, 2),
    Player("as", "Alto_Saxophone", "E♭ Alto Saxophone", "G2", 50, 79, 5, 9, 3),
    Player("ts", "Tenor_Saxophone", "Tenor Saxophone", "G2", 45, 73, 8, 14, 2),
    Player("t1", "Trumpet_1", "1st B♭ Trumpet", "G2", 55, 81, 1, 2, 2),
    Player("t2", "Trumpet_2", "Trumpet in Bb 2", "G2", 53, 76, 1, 2, 2),
    Player("hn", "Horn", "Horn in F", "G2", 48, 74, 4, 7, 1),
    Player("tb", "Trombone", "Trombone", "F4", 41, 69),
    Player("ba", "Baritone", "Baritone T.C.", "G2", 43, 70, 8, 14, 2),
    Player("tu", "Tuba", "Tuba", "F4", 29, 53),
)


@dataclass
class Song:
    """Bars in written order, and of each player what it plays in them, at concert pitch."""

    id: str
    title: str
    composer: str
    subtitle: str = ""
    arranger: str = ""
    frames: list[Frame] = field(default_factory=list)
    parts: dict[str, list[Bar]] = field(default_factory=dict)  # by Player.code

    def written(self, player: Player) -> list[Bar]:
        """A player's bars as they stand in its book."""
        return [
            tuple(
                replace(
                    note,
                    pitches=tuple(sorted(map(player.written, note.pitches))),
                    grace=player.written(note.grace) if note.grace else None,
                )
                for note in bar
            )
            for bar in self.parts[player.code]
        ]
