"""What a page says about a document in one line: key, metre, tempo, tuning, capo. Read from its tree; no Django."""

from __future__ import annotations

import re

from lxml import etree

from notation.musicxml.staves import tuning_of
from notation.musicxml.tree import finder

_TEMPO_MARKS = finder("(part/measure/sound | part/measure/direction/sound)[@tempo]")
_MODES = finder("part/measure/attributes/key/mode")
_MAJOR = ("C♭", "G♭", "D♭", "A♭", "E♭", "B♭", "F", "C", "G", "D", "A", "E", "B", "F♯", "C♯")
_NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
_MINOR = ("A♭", "E♭", "B♭", "F", "C", "G", "D", "A", "E", "B", "F♯", "C♯", "G♯", "D♯", "A♯")


def facts(root: etree._Element) -> dict[str, str | int | float]:
    """key, metre, tempo (quarters or beats a minute as written), tuning, capo, parts, bars; only what is there."""
    found: dict[str, str | int | float] = {}
    parts = root.findall("part")
    found["parts"] = len(parts)
    found["bars"] = max((sum(1 for _ in part.iterchildren("measure")) for part in parts), default=0)
    if (fifths := _whole(_said(root, "key", "fifths"))) is not None and -7 <= fifths <= 7:
        minor = any((mode.text or "").strip() == "minor" for mode in _MODES(root)[:1])
        found["key"] = f"{(_MINOR if minor else _MAJOR)[fifths + 7]} {'minor' if minor else 'major'}"
    beats, beat_type = (_short(_said(root, "time", name)) for name in ("beats", "beat-type"))
    if beats and beat_type:
        found["metre"] = f"{beats}/{beat_type}"
    # Only where it can stand: a long part has many more notes than directions.
    sounds = _TEMPO_MARKS(root)
    if sounds and (tempo := _real(sounds[0].get("tempo"))):
        found["tempo"] = round(tempo)
    for part in parts:
        strings, capo = tuning_of(part)
        if strings:
            found["tuning"] = " ".join(f"{_NAMES[midi % 12]}{midi // 12 - 1}" for midi in strings)
            if capo:
                found["capo"] = capo
            break
    return found


def tempo_words(root: etree._Element) -> str:
    """The tempo a piece begins with, as printed: "Allegro, ♩ = 120". Empty where its first four bars name none."""
    said: list[str] = []
    part = root.find("part")
    bars = part.findall("measure")[:4] if part is not None else []
    for direction in (direction for bar in bars for direction in bar.iterfind("direction")):
        words = " ".join(" ".join((w.text or "").split()) for w in direction.iterfind("direction-type/words")).strip()
        beats = [_beat(metronome) for metronome in direction.iterfind("direction-type/metronome")]
        moves = any(sound.get("tempo") for sound in direction.iterfind("sound"))
        if words and (moves or any(beats)):
            said.append(words.rstrip(" .,:"))
        said += [beat for beat in beats if beat]
        if said and moves:
            break
    return ", ".join(dict.fromkeys(said))


_BEATS = {"whole": "whole note", "half": "half note", "quarter": "♩", "eighth": "♪"}


def _beat(metronome: etree._Element) -> str:
    """ "♩ = 120"; empty for one that sets two notes equal."""
    unit, minute = metronome.findtext("beat-unit") or "", " ".join((metronome.findtext("per-minute") or "").split())
    if unit not in _BEATS or not minute or len(metronome.findall("beat-unit")) > 1:
        return ""
    return f"{_BEATS[unit]}{'.' * len(metronome.findall('beat-unit-dot'))} = {minute[:20]}"


def _said(root: etree._Element, kind: str, name: str) -> str | None:
    """What the first key or metre says. By its path: to ask for it anywhere would go through the whole document."""
    return root.findtext(f"part/measure/attributes/{kind}/{name}")


def _short(text: str | None) -> str:
    return (text or "").strip()[:12]


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\s*[+-]?\d{1,4}\s*", text) else None


def _real(text: str | None) -> float | None:
    value = float(text) if text and re.fullmatch(r"\s*\d{1,4}(\.\d{1,6})?\s*", text) else 0.0
    return value if 5 <= value <= 1000 else None
