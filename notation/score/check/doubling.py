"""Parts that play together, in unison or octaves, and differ in one bar between bars in which they agree.

Two parts play together in a bar if they strike the same pitch classes at the same times. Where they do so in the bars
around, and here differ in a note or two of the same rhythm, or in rhythm alone, one of them is wrong: the one that
stands against two others; of two parts the one that was doubted is only told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from notation.score.check.bars import Bar, Sound
from notation.score.check.findings import Disagreement, Repair

Columns = Sequence[Mapping[str, Bar]]
REACH = 3  # bars looked at on either side
ENOUGH = 3  # of them sounding together, none apart
Line = tuple[tuple[Fraction, Fraction, tuple[int, ...]], ...]


def check(columns: Columns, *, doubts: Mapping[str, Sequence[float]]) -> Iterator[Disagreement]:
    parts = sorted({part for column in columns for part in column})
    lines = [{part: line_of(bar) for part, bar in column.items()} for column in columns]
    for at, column in enumerate(columns):
        for part, bar in column.items():
            if bar.silent:
                continue
            mates = [
                other for other in parts
                if other != part and other in column and not column[other].silent and _together(lines, at, part, other)
            ]  # fmt: skip
            against = [other for other in mates if lines[at][other] != lines[at][part]]
            if not against or len(against) < len(mates):
                continue
            says = Counter(lines[at][other] for other in against)
            said, votes = says.most_common(1)[0]
            other = next(name for name in against if lines[at][name] == said)
            doubt, theirs = (_doubt(doubts, name, column[name]) for name in (part, other))
            # Against one alone it is told, and left: inner parts part company often.
            sure = 0.85 if votes > 1 else 0.35 * doubt / (doubt + theirs + 0.05)
            repair = _repair(bar, column[other])
            if repair is None:
                sure = min(sure, 0.35)
            yield Disagreement(
                "doubling", part, (bar.index,), at, sure, f"{part} differs from {other} in bar {bar.number}, with whom "
                "it plays in the bars around.", other, repair,
            )  # fmt: skip


def line_of(bar: Bar) -> Line:
    """Onset, duration and pitch classes of what is struck."""
    struck: dict[tuple[Fraction, Fraction], set[int]] = {}
    for sound in bar.sounds:
        if sound.duration:
            struck.setdefault((sound.onset, sound.duration), set()).add(sound.midi % 12)
    return tuple((onset, length, tuple(sorted(classes))) for (onset, length), classes in sorted(struck.items()))


def _together(lines: Sequence[Mapping[str, Line]], at: int, part: str, other: str) -> bool:
    same = 0
    sides = [0, 0]
    for near in (*range(at - REACH, at), *range(at + 1, at + REACH + 1)):
        if not 0 <= near < len(lines) or part not in lines[near] or other not in lines[near]:
            continue
        mine, theirs = lines[near][part], lines[near][other]
        if mine != theirs:
            if abs(near - at) == 1:
                return False
            continue
        if len(mine) > 1:
            same += 1
            sides[near > at] += 1
    return same >= ENOUGH and all(sides)


def _doubt(doubts: Mapping[str, Sequence[float]], part: str, bar: Bar) -> float:
    known = doubts.get(part, ())
    return known[bar.index] if bar.index < len(known) else 0.3


def _repair(bar: Bar, other: Bar) -> Repair | None:
    """The other's pitches in this part's octave and transposition, where the rhythms are one."""
    mine, theirs = ([s for s in one.sounds if s.duration] for one in (bar, other))
    if len(mine) != len(theirs) or any(
        (a.onset, a.duration) != (b.onset, b.duration) for a, b in zip(mine, theirs, strict=True)
    ):
        return None
    if len(mine) != len(bar.sounds):  # grace notes stay as they are: too little is known of them
        return None
    changed = [n for n, (a, b) in enumerate(zip(mine, theirs, strict=True)) if (a.midi - b.midi) % 12]
    if not changed or len(changed) > max(1, len(mine) // 3):
        return None
    pitches = [[s.written, s.written_alter] for s in mine]
    for n in changed:
        pitches[n] = list(_moved(mine[n], theirs[n]))
    return Repair("take", bar.index, {"pitches": pitches})


def _moved(mine: Sound, theirs: Sound) -> tuple[int, int]:
    """Their note in the octave nearest to mine, as written in this part."""
    steps, alters = mine.step - mine.written, mine.alter - mine.written_alter
    octaves = round((mine.step - theirs.step) / 7)
    step = theirs.step + 7 * octaves
    written = step - steps
    from notation.score.check.bars import NATURAL

    sounding = 12 * (step // 7 + 1) + NATURAL[step % 7] + theirs.alter
    semitones = mine.midi - (12 * (mine.written // 7 + 1) + NATURAL[mine.written % 7] + mine.written_alter)
    del alters
    return written, sounding - semitones - (12 * (written // 7 + 1) + NATURAL[written % 7])
