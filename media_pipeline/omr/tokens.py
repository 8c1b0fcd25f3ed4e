"""What can be printed on a staff, as tokens in one canonical order; the network reads these from left to right.

    line   = clef [key] [time] bar* [courtesy key, time]
    bar    = [volta] [rep.s] [segno] [coda] [reh] [8va( | 8vb( going on from the line before] event* end
    end    = [hair)] [dc] [ds] [fine] [tocoda] [clef] bar.X [key] [time]
    event  = clef | before* (note | rest) after*
    before = hair) | dyn.X | cresc( | dim( | 8va( | 8vb( | lo | tupN       in this order
    note   = head (ch head)* dN dot* trem*      heads from the lowest to the highest; gdN for a grace note, +slash
    head   = [acc.A] pK [hd.x]                  pK: K staff positions above the bottom line, as printed
    rest   = rN dot* | mR | mm nD+ | sim        whole bar, several bars with their count, "as the bar before"
    after  = art.* orn.* arp tupend tie sl( sl) fermata 8va) 8vb) breath   in this order

Two voices on a staff are told event by event in order of their onsets, the upper first; events of the lower one begin
with `lo`. Where both strike together there are two events. Positions, not pitches; accidentals as they are printed.
`hair)` stands before the event at which a hairpin ends, or after the bar's last; so `hair) dim(` is the middle of <>.
Two notes that share a tremolo are `tup2` with `tremN` on both: each sounds half of what it shows.
"""

from __future__ import annotations

from functools import cache

BLANK = "<b>"
CLEFS = {  # token -> staff position of middle C, counted from the bottom line in steps
    "clef.G2": -2, "clef.G1": -4, "clef.F4": 10, "clef.F3": 8, "clef.F5": 12, "clef.C1": 0, "clef.C2": 2,
    "clef.C3": 4, "clef.C4": 6, "clef.C5": 8, "clef.G2-8": 5, "clef.G2+8": -9, "clef.F4-8": 17, "clef.perc": -2,
}  # fmt: skip
# What follows a note, in this order.
AFTER = ("art.", "orn.", "arp", "tupend", "tie", "sl(", "sl)", "fermata", "8va)", "8vb)", "breath")
VALUES = ("0", "1", "2", "4", "8", "16", "32", "64", "128")  # 0 is a double whole note
ACCIDENTALS = ("f", "ff", "n", "s", "x")
ARTICULATIONS = ("stacc", "acc", "ten", "marc", "stiss")
ORNAMENTS = ("tr", "mord", "turn")
DYNAMICS = (
    "pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff", "sfz", "fp", "sf", "fz", "rfz", "sfp", "rf", "sffz",
)  # fmt: skip
METRES = (
    "C", "cut", "1/2", "2/2", "3/2", "4/2", "1/4", "2/4", "3/4", "4/4", "5/4", "6/4", "7/4", "2/8", "3/8", "4/8",
    "5/8", "6/8", "7/8", "9/8", "12/8", "3/16", "4/16", "6/16", "11/16",
)  # fmt: skip
TUPLETS = (2, 3, 4, 5, 6, 7, 9)
BARS = ("bar.s", "bar.d", "bar.f", "bar.rep")  # single, double, final, end of a repeat; rep.s begins one
LOWEST, HIGHEST = -14, 27  # staff positions of heads


@cache
def is_position(token: str) -> bool:
    """pK, a head's place."""
    return token[:1] == "p" and token[1:].lstrip("-").isdigit()


@cache
def is_figure(token: str) -> bool:
    """nD, a digit of how many bars a rest counts."""
    return token[:1] == "n" and token[1:].isdigit()


def vocabulary() -> list[str]:
    """Every token; the blank of CTC first. The order is part of the weights' card: only ever add at the end."""
    return [
        BLANK,
        *(f"acc.{a}" for a in ACCIDENTALS),
        *(f"art.{a}" for a in ARTICULATIONS),
        *(f"orn.{o}" for o in ORNAMENTS),
        *BARS, "rep.s",
        *CLEFS,
        *(f"d{v}" for v in VALUES), *(f"r{v}" for v in VALUES), "gd4", "gd8", "gd16", "gd32", "slash",
        "dot", "ch", "tie", "sl(", "sl)", "fermata", "arp", "breath", "8va(", "8va)", "8vb(", "8vb)",
        "cresc(", "dim(", "hair)", "mR", "mm", "sim", "lo", "hd.x", "reh",
        *(f"n{i}" for i in range(10)),
        *(f"dyn.{d}" for d in DYNAMICS),
        *(f"key.{k}" for k in range(-7, 8)),
        *(f"p{k}" for k in range(LOWEST, HIGHEST + 1)),
        *(f"time.{m}" for m in METRES),
        *(f"tup{n}" for n in TUPLETS), "tupend",
        "trem1", "trem2", "trem3", "segno", "coda", "dc", "ds", "fine", "tocoda", "volta1", "volta2", "volta3",
    ]  # fmt: skip
