"""What judging found, as text: cases and their means, how well doubts mark, and every bar that is wrong."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence

from media_pipeline.training.omr.judge import Score
from media_pipeline.training.omr.marking import JudgedBar, found, marking

SORTS = ("engraved", "scan")
ALLOWED = (0.05, 0.10, 0.20)  # shares of right bars marked, for the curve
GOALS = (
    "resolved on scans at: note 0.975, pitch 0.99, SER 0.02, bar count exact in 9 of 10; goals: 0.99, 0.995, 0.01, all",
    "resolved with 0.9 of the wrong bars marked, goal 0.99; at most 0.1 of the right ones",
)

Figure = tuple[str, int, Callable[[Score], float | None]]
FIGURES: tuple[Figure, ...] = (
    ("note", 7, lambda s: s.note),
    ("pitch", 7, lambda s: s.pitch),
    ("SER", 7, lambda s: s.ser),
    ("shown", 7, lambda s: s.ser_shown),
    ("exact", 7, lambda s: s.exact),
    ("marked", 8, lambda s: s.marking.wrong_marked),
    ("falsely", 8, lambda s: s.marking.right_marked),
)
NED: Figure = ("NED", 7, lambda s: s.ned)


def scores(cases: Sequence[Score]) -> str:
    """A line for each case, then the means over cases.

    note, pitch: F1 of notes (pitch and duration), of pitches. SER: symbol error; shown: without the rests that the
    truth hides. exact: share of measures read exactly. marked, falsely: share of the wrong and of the right bars that
    are marked. NED: OMR-NED. s/page: seconds a page, words and all.
    """
    measured = any(case.ned is not None or case.unmeasured for case in cases)
    figures = (*FIGURES, NED) if measured else FIGURES
    heads = "".join(f"{head:>{width}}" for head, width, _ in figures)
    lines = [f"{'':<38}{heads}{'measures':>12}{'s/page':>8}"]
    for case in cases:
        counted = "—" if case.bars is None else f"{case.bars[0]} of {case.bars[1]}"
        told = "".join(_number(of(case), width) for _, width, of in figures)
        speed = _number(case.seconds / max(1, case.pages), 8, 2)
        lines.append(f"{case.sort + ' ' + case.case:<38}{told}{counted:>12}{speed}")
    for sort in SORTS:
        mine = [case for case in cases if case.sort == sort]
        if mine:
            means = "".join(_number(_mean(map(of, mine)), width) for _, width, of in figures)
            known = [case.bars for case in mine if case.bars is not None]
            exact = f"{sum(a == b for a, b in known)} of {len(known)}"
            books = {case.book: case for case in mine}.values()
            pace = sum(case.seconds for case in books) / max(1, sum(case.pages for case in books))
            lines.append(f"{f'mean, {sort} ({len(mine)})':<38}{means}{exact:>12}{_number(pace, 8, 2)}")
    lines += [f"no NED of {case.sort} {case.case}: {case.unmeasured}" for case in cases if case.unmeasured]
    lines += [f"read by {engine}" for engine in sorted({case.engine for case in cases if case.engine})]
    return "\n".join([*lines, GOALS[0]])


def doubts(cases: Sequence[Score]) -> str:
    """How many wrong and right bars are marked, all cases' bars together; and what other thresholds would give."""
    curve = "".join(f"{f'at {share:.0%}':>8}" for share in ALLOWED)
    lines = [f"{'doubts, bars of all cases':<28}{'wrong':>7}{'marked':>8}{'right':>8}{'falsely':>8}{curve}"]
    for sort in SORTS:
        bars = [bar for case in cases if case.sort == sort for bar in case.judged]
        if bars:
            got = marking(bars)
            shares = "".join(_number(found(bars, allowed=share), 8) for share in ALLOWED)
            lines.append(
                f"{sort:<28}{got.wrong:>7}{_number(got.wrong_marked, 8)}{got.right:>8}{_number(got.right_marked, 8)}"
                f"{shares}"
            )
    lines.append("at N %: wrong bars marked if the threshold lets at most N % of the right ones be marked")
    return "\n".join([*lines, GOALS[1]])


def wrong(cases: Sequence[Score]) -> str:
    """Every bar that was read wrongly, and every measure that was not read."""
    lines = []
    for case in cases:
        name = f"{case.sort} {case.case}"
        lines += [_line(name, bar) for bar in case.judged if not bar.right]
        lines += [f"{name}, measure {at + 1}: missing before it: {text}" for at, text in case.missing]
    return "\n".join(lines or ["no bar is wrong"])


def _line(name: str, bar: JudgedBar) -> str:
    return (
        f"{name}, measure {bar.measure + 1}, page {bar.page + 1}, system {bar.system + 1}, doubt {bar.doubt:.2f}\n"
        f"    read   {bar.read}\n    truth  {bar.truth or '(no such bar)'}"
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _number(value: float | None, width: int, places: int = 3) -> str:
    return f"{'—':>{width}}" if value is None else f"{value:>{width}.{places}f}"
