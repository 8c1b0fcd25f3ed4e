"""One instrument as a heading names it: its row of the table, the pitch it is built in, its desk, its clef."""

from __future__ import annotations

from dataclasses import dataclass

from notation.score.instruments.table import BASS, PITCHES, TREBLE, Family, Kind


@dataclass(frozen=True)
class Transposition:
    """From written to sounding pitch, as MusicXML's <transpose> has it: `octaves` come on top of the other two."""

    diatonic: int = 0
    chromatic: int = 0
    octaves: int = 0

    @property
    def semitones(self) -> int:
        return self.chromatic + 12 * self.octaves


@dataclass(frozen=True)
class Instrument:
    """A row of the table with what a heading adds to it."""

    kind: Kind
    pitch: str  # "Bb"; the kind's own where the heading names none
    numbers: tuple[int, ...] = ()  # desks: (1,), (1, 2) for "Horn 1 & 2", () where none is named
    clef: str = ""  # named in words: "T.C.", "Bassschlüssel"
    octaves: int = 0  # "basso": an octave lower than usual
    pitch_named: bool = False
    sure: float = 1.0  # 0..1, below 1 where a slip was forgiven

    @property
    def key(self) -> str:
        return self.kind.key

    @property
    def number(self) -> int | None:
        return self.numbers[0] if self.numbers else None

    @property
    def family(self) -> Family:
        return self.kind.family

    @property
    def program(self) -> int:
        """Of General MIDI, from 1."""
        return self.kind.program

    @property
    def low(self) -> int:
        """The lowest sounding MIDI number that is safe to write; `high` the highest."""
        return self.kind.lowest + self._higher

    @property
    def high(self) -> int:
        return self.kind.highest + self._higher

    @property
    def _higher(self) -> int:
        """Semitones by which it is built higher than the usual one: an E flat clarinet by 5. Low brass and horns are
        written in other pitches than they are built in, so there a pitch says nothing of the compass."""
        if self.kind.family != "woodwind" and self.key not in ("trumpet", "cornet", "flugelhorn"):
            return 0
        usual = to_pitch(self.kind.pitch, self.kind.top).semitones
        return to_pitch(self.pitch, self.kind.top + 12 * self.octaves).semitones - usual

    @property
    def usual_clef(self) -> str:
        """The clef its part is written in where nothing else is said."""
        if self.clef:
            return self.clef
        # "Baritone in Bb" is a part in treble clef: `transposition` has it so
        return TREBLE if self.kind.low_brass and self.pitch_named and self.pitch != "C" else self.kind.clefs[0]

    @property
    def name(self) -> str:
        """For people: "Clarinet in A 2", "Baritone (treble clef)"."""
        words = self.kind.name
        if self.pitch != self.kind.pitch:
            words += f" in {self.pitch.replace('b', '♭')}"
        if self.numbers:
            words += " " + "/".join(map(str, self.numbers))
        if self.kind.low_brass and self.clef == TREBLE:
            words += " (treble clef)"
        return words

    def transposition(self, clef: str = "") -> Transposition:
        """From written to sounding pitch, in `clef` where the page shows one.

        Low brass sounds as written in bass and tenor clef, whatever pitch it is built in. In treble clef it transposes.
        Where neither page nor heading tells the clef, a pitch named in the heading means treble clef.
        """
        clef = clef or self.clef
        if self.kind.low_brass:
            if self.pitch == "C" or (clef != TREBLE if clef else not self.pitch_named and self.kind.clefs[0] != TREBLE):
                return Transposition()
        elif self.key == "bass-clarinet" and clef == BASS:  # the German way: a tone, not a ninth
            return Transposition(-1, -2, 0)
        elif self.key == "bass-recorder" and clef == TREBLE:
            return Transposition()
        return to_pitch(self.pitch, self.kind.top + 12 * self.octaves)


def to_pitch(pitch: str, top: int) -> Transposition:
    """The highest transposition that makes a written C sound as `pitch` and is not above `top` semitones."""
    step, semitones = PITCHES[pitch]
    up = (top - semitones) // 12  # octaves
    diatonic, chromatic = step + 7 * up, semitones + 12 * up
    octaves = int(chromatic / 12)  # towards zero, as <octave-change> is used
    return Transposition(diatonic - 7 * octaves, chromatic - 12 * octaves, octaves)
