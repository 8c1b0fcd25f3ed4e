"""How likely a bar is wrong."""

from __future__ import annotations

from media_pipeline.omr.model import BarRead
from media_pipeline.omr.repairs import Bar, Draft


def judged(draft: Draft, bar: Bar) -> BarRead:
    reasons = (*([bar.wrong] if bar.wrong else []), *bar.reasons)
    weakest = min((seen.confidence for seen in bar.tokens), default=0.0)
    doubt = max(1 - weakest, 0.9 if bar.wrong else 0.0, 0.6 if bar.repaired else 0.0)
    return BarRead(tuple(bar.tokens), doubt, reasons)
