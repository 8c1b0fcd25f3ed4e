"""How fretted instruments are strung: by name, or as the player writes it down."""

from __future__ import annotations

import re

from notation.score.model import STEP_SEMITONES, Fretboard, ScoreError

# name -> (what the player reads, strings from the lowest line of the tab up, frets)
TUNINGS: dict[str, tuple[str, str, int]] = {
    "standard": ("Standard", "E2 A2 D3 G3 B3 E4", 19),
    "drop-d": ("Drop D", "D2 A2 D3 G3 B3 E4", 19),
    "dadgad": ("DADGAD", "D2 A2 D3 G3 A3 D4", 19),
    "open-g": ("Open G", "D2 G2 D3 G3 B3 D4", 19),
    "open-d": ("Open D", "D2 A2 D3 F#3 A3 D4", 19),
    "open-e": ("Open E", "E2 B2 E3 G#3 B3 E4", 19),
    "drop-c": ("Drop C", "C2 G2 C3 F3 A3 D4", 19),
    "half-step-down": ("Half a step down", "Eb2 Ab2 Db3 Gb3 Bb3 Eb4", 19),
    "whole-step-down": ("A whole step down", "D2 G2 C3 F3 A3 D4", 19),
    "seven-string": ("Seven strings", "B1 E2 A2 D3 G3 B3 E4", 24),
    "bass": ("Bass guitar", "E1 A1 D2 G2", 21),
    "ukulele": ("Ukulele", "G4 C4 E4 A4", 15),
}

_NOTE = re.compile(r"^([A-Ga-g])(##|bb|[#b♯♭]?)(-?\d)$")


def midi_of(name: str) -> int:
    """60 for "C4". Raises ScoreError for what is no note name."""
    found = _NOTE.match(name.strip())
    if not found:
        raise ScoreError(f"{name[:20]!r} is not a note.", hint="Write a letter and an octave, such as E2 or F#3.")
    step, signs, octave = found.groups()
    alter = {"": 0, "#": 1, "♯": 1, "##": 2, "b": -1, "♭": -1, "bb": -2}[signs]
    return 12 * (int(octave) + 1) + STEP_SEMITONES[step.upper()] + alter


def fretboard(tuning: str = "standard", *, capo: int = 0, frets: int = 0) -> Fretboard:
    """A fretboard from a tuning's name ("Drop D", "drop-d"), or from its notes, lowest string of the tab first.

    frets   highest fret of the neck counted from the nut; 0 takes what is usual for the tuning
    """
    if not 0 <= capo <= 12:
        raise ScoreError("A capo sits between fret 1 and 12.", hint="Give 0 for none.")
    label, text, usual = TUNINGS.get("-".join(tuning.lower().split()), ("", tuning, 19))
    names = text.replace(",", " ").split()
    if not 3 <= len(names) <= 10:
        raise ScoreError(
            "A tuning needs three to ten strings.", hint="Write the notes from low to high: E2 A2 D3 G3 B3 E4."
        )
    strings = tuple(midi_of(n) for n in names)
    if min(strings) < 16 or max(strings) > 88:
        raise ScoreError("A string lies outside what can be strung.", hint="E2 to E4 are a guitar's outer strings.")
    highest = frets or usual
    if not capo + 3 <= highest <= 30:
        raise ScoreError("The highest fret must lie between the capo and 30.", hint="19 is a classical guitar's.")
    return Fretboard(strings, capo=capo, frets=highest, name=label or " ".join(n.upper() for n in names))
