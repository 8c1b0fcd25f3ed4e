"""What is kept of a reading (notation/reading.py) when its part is cut in two or put after another. No Django."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Reading = Mapping[str, Any]


def halves(reading: Reading, *, at: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The bars before measure `at`, and the others counted anew. Of a rest over the place both halves have the box."""
    if not reading:
        return {}, {}
    bars = list(reading.get("bars", ()))
    before = [bar for bar in bars if bar["measure"] < at]
    after = [{**bar, "measure": bar["measure"] - at} for bar in bars if bar["measure"] >= at]
    if before and all(bar["measure"] for bar in after):
        last = max(bar["measure"] for bar in before)
        after = [{**bar, "measure": 0} for bar in before if bar["measure"] == last] + after
    return _with(reading, before), _with(reading, after)


def chained(first: Reading, second: Reading, *, seam: int, renamed: Mapping[str, str]) -> dict[str, Any]:
    """One reading of both. seam: bars of the first; renamed: ids of the second that are others now.

    Pages that both have are one page; where another picture has its number, the second's gets one of its own.
    """
    if not first or not second:
        return {**first} or _moved(second, by=seam)
    pages = list(first.get("pages", ()))
    numbers: dict[int, int] = {}
    for page in second.get("pages", ()):
        there = next((one for one in pages if one["number"] == page["number"]), None)
        number = page["number"]
        if there is None:
            pages.append(page)
        elif (there.get("key"), there.get("sheet")) != (page.get("key"), page.get("sheet")):
            number = max(one["number"] for one in [*pages, *second["pages"]]) + 1
            pages.append({**page, "number": number})
        numbers[page["number"]] = number
    bars = list(first.get("bars", ()))
    more = [
        {**bar, "measure": bar["measure"] + seam, "page": numbers.get(bar["page"], bar["page"])}
        for bar in second.get("bars", ())
    ]
    if bars and more:  # of one rest that was cut
        last = max(bar["measure"] for bar in bars)
        boxes = [(bar["page"], bar["box"]) for bar in bars if bar["measure"] == last]
        more = [bar for bar in more if bar["measure"] != seam or (bar["page"], bar["box"]) not in boxes]
    whole = {**second, **first, "pages": sorted(pages, key=lambda page: page["number"]), "bars": [*bars, *more]}
    whole.pop("glances", None)
    if "glances" in first and "glances" in second:  # what one reading did not look for, the whole does not know
        ids = {old[1:]: new[1:] for old, new in renamed.items() if old[:1] == "n"}
        whole["glances"] = {
            **first["glances"], **{ids.get(key, key): odds for key, odds in second["glances"].items()},
        }  # fmt: skip
    if "alternatives" in first or "alternatives" in second:
        bars_of = {old[1:].rpartition("-")[0]: new[1:].rpartition("-")[0] for old, new in renamed.items()}
        hers = {bars_of.get(key, key): ways for key, ways in second.get("alternatives", {}).items()}
        whole["alternatives"] = {**hers, **first.get("alternatives", {})}
    return whole


def fitting(reading: Reading, *, measures: int) -> dict[str, Any]:
    """Without bars that the document does not have."""
    return _with(reading, [bar for bar in reading.get("bars", ()) if bar["measure"] < measures]) if reading else {}


def doubtful(reading: Reading) -> int:
    """How many of its measures are doubted."""
    return len({bar["measure"] for bar in reading.get("bars", ()) if bar["doubtful"]})


def _moved(reading: Reading, *, by: int) -> dict[str, Any]:
    bars = [{**bar, "measure": bar["measure"] + by} for bar in reading.get("bars", ())]
    return {**reading, "bars": bars} if reading else {}


def _with(reading: Reading, bars: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    shown = {bar["page"] for bar in bars}
    pages = [page for page in reading.get("pages", ()) if page["number"] in shown]
    return {**reading, "bars": list(bars), "pages": pages}
