"""What a repair would do, said to whoever decides about it. Repairs are told in check/repairs.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def proposal(repair: Mapping[str, Any], *, others: str) -> str:
    """repair: {"kind", "bar", "told"}; others: what the others say. "" for a kind that nobody has named yet."""
    told, bar = repair["told"], int(repair["bar"]) + 1
    count = told.get("count", 1)
    bars = f"{count} bar{'' if count == 1 else 's'} of rest"
    match repair["kind"]:
        case "insert":
            return f"Put in {bars} before bar {bar}"
        case "remove":
            return f"Take out {bars} at bar {bar}"
        case "merge":
            return f"Make one bar of bars {bar} and {bar + 1}"
        case "split":
            return f"Put a bar line into bar {bar}"
        case "metre":
            return f"Write {told['beats']}/{told['type']} at bar {bar}"
        case "key":
            return f"Write {_key(int(told['fifths']))} at bar {bar}"
        case "barline":
            return f"Write the others’ bar line at bar {bar}" if told["xml"] else f"Take the sign at bar {bar} away"
        case "direction":
            return f"Write it at bar {bar}"
        case "undirection":
            return f"Take it away at bar {bar}"
        case "text":
            return f"Write “{told['text']}” at bar {bar}"
        case "accidental":
            return f"Make it {others} in bar {bar}"
        case "rest":
            return f"Make bar {bar} one rest"
        case "values":
            return f"Change a note value of bar {bar}, so that it fits"
        case "unison":
            return f"Take the second of the two notes in bar {bar} away"
        case "take":
            return f"Take the notes of {others} in bar {bar}"
    return ""


def _key(fifths: int) -> str:
    if not fifths:
        return "no sharps or flats"
    return f"{abs(fifths)} {'sharp' if fifths > 0 else 'flat'}{'' if abs(fifths) == 1 else 's'}"
