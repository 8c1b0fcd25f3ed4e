"""How well the network reads held-out staves: symbol error maker by maker, F1 class by class.

    python -m media_pipeline.training.evaluate omr --staves FOLDER [--measured 200] [--weights FILE]

1. From each maker's held-out shards in FOLDER (`dev-MAKER-….staves`, by make_data) draw so many staves, always the
   same.
2. Read each as it was printed and once damaged, always alike; what the line says by itself (omr/signs.py), without
   music theory.
3. Align them with the truth, token by token, and count (omr/figures.py).
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from media_pipeline.nets.staff_reader import WEIGHTS, StaffReader
from media_pipeline.omr.lattice import compress
from media_pipeline.omr.signs import said
from media_pipeline.training.omr import shards
from media_pipeline.training.omr.align import for_net
from media_pipeline.training.omr.damage import Picture, damage
from media_pipeline.training.omr.figures import NOTHING, Count, total

ENOUGH = 50  # cases of a class in truth from which on its F1 has a goal
GOAL = 0.90
CONFUSIONS = 25  # of the commonest that are told

Counts = Mapping[str, Count]  # by maker


def held_out_staves(folder: Path, measured: int = 0) -> dict[str, list[shards.Stave]]:
    """By maker, the staves of the shards that are kept from training: `measured` of each, or all of them if 0.

    Raises FileNotFoundError where there are none.
    """
    makers: dict[str, list[shards.Stave]] = {}
    for path in sorted(folder.glob("dev-*.staves")):
        makers.setdefault(path.stem.split("-")[1], []).extend(shards.read(path))
    if not makers:
        raise FileNotFoundError(f"{folder} holds no dev-*.staves; training/omr/make_data.py makes them")
    for staves in makers.values():
        random.Random(3).shuffle(staves)  # noqa: S311
        if measured:
            del staves[measured:]
    return makers


def picture(stave: shards.Stave, *, damaged: bool) -> Picture:
    """(160, w) as the network sees it; a staff is always damaged alike."""
    if damaged:
        return damage(stave.image, np.random.default_rng(zlib.crc32(stave.packed)))
    return for_net(stave.image)


def measure(reader: StaffReader, makers: Mapping[str, Sequence[shards.Stave]], *, damaged: bool) -> dict[str, Count]:
    """Read every staff and count; by maker."""
    vocabulary = tuple(reader.vocabulary)
    counts: dict[str, Count] = {}
    for maker, staves in makers.items():
        counts[maker] = Count()
        for stave in staves:
            seen = said(compress(reader.read(picture(stave, damaged=damaged)), vocabulary))
            counts[maker].add([token.token for token in seen], stave.tokens)
    return counts


def report(clean: Counts, damaged: Counts) -> str:
    """Makers, classes (the commonest first), and the symbols most often wrong, as text."""
    as_printed, as_scanned = total(clean.values()), total(damaged.values())
    lines = [f"{'symbol error':<18}{'staves':>8}{'symbols':>9}{'clean':>8}{'damaged':>9}"]
    rows = [*((maker, clean[maker], damaged[maker]) for maker in sorted(clean)), ("all", as_printed, as_scanned)]
    for maker, count, other in rows:
        lines.append(f"{maker:<18}{count.staves:>8}{count.truth.total():>9}{count.error:>8.3f}{other.error:>9.3f}")
    lines += ["", f"{'':<18}{'':>8}{'clean':>24}{'damaged':>24}"]
    lines.append(f"{'class':<18}{'cases':>8}{'precision recall     F1':>24}{'precision recall     F1':>24}")
    for name, cases in as_printed.truth.most_common():
        figures = "".join(_figures(count, name) for count in (as_printed, as_scanned))
        lines.append(f"{name:<18}{cases:>8}{figures}".rstrip())
    for told, count in (("clean", as_printed), ("damaged", as_scanned)):
        weak = ", ".join(f"{name} {count.f1(name):.3f}" for name in below(count))
        lines.append(f"below {GOAL:.2f} with {ENOUGH} cases or more, {told}: {weak or 'none'}")
    lines += ["", f"{'most often wrong: clean':<38}damaged"]
    columns = [[_told(*pair) for pair in count.confused.most_common(CONFUSIONS)] for count in (as_printed, as_scanned)]
    for n in range(max(map(len, columns))):
        lines.append("".join(f"{column[n] if n < len(column) else '':<38}" for column in columns).rstrip())
    return "\n".join(lines)


def below(count: Count) -> list[str]:
    """Classes with cases enough that do not reach the goal, the commonest first."""
    return [name for name, cases in count.truth.most_common() if cases >= ENOUGH and count.f1(name) < GOAL]


def _figures(count: Count, name: str) -> str:
    mark = "<" if count.truth[name] >= ENOUGH and count.f1(name) < GOAL else " "
    return f"{count.precision(name):>9.2f}{count.recall(name):>7.2f}{count.f1(name):>7.3f}{mark}"


def _told(pair: tuple[str, str], times: int) -> str:
    truth, read = pair
    if read == NOTHING:
        return f"{times:>5}  {truth} missed"
    return f"{times:>5}  {read} too many" if truth == NOTHING else f"{times:>5}  {truth} read as {read}"


def main(folder: Path, *, measured: int, weights: Path | None = None) -> None:
    """Print it all."""
    reader = StaffReader(weights or WEIGHTS)
    makers = held_out_staves(folder, measured)
    print(f"weights version {reader.version}, without music theory")
    print(report(measure(reader, makers, damaged=False), measure(reader, makers, damaged=True)))
