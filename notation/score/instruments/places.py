"""Where parts stand in a conductor's score, and which of them one bracket holds together.

Three customs: the orchestra (anybody with violins), the brass band (cornets and no woodwind), and the concert band.
"""

from __future__ import annotations

from collections.abc import Sequence

from notation.score.instruments.headings import read_instrument
from notation.score.instruments.model import Instrument, to_pitch

_FLUTES = "piccolo flute alto-flute bass-flute recorder alto-recorder tenor-recorder bass-recorder"
_OBOES, _BASSOONS = "oboe oboe-d-amore english-horn", "bassoon contrabassoon"
_CLARINETS = "clarinet basset-horn alto-clarinet bass-clarinet contra-alto-clarinet contrabass-clarinet"
_SAXES = "sopranino-saxophone soprano-saxophone alto-saxophone tenor-saxophone baritone-saxophone bass-saxophone"
_CORNETS = "soprano-cornet cornet"
_DEEP = "tenorhorn baritone euphonium"
_BONES = "trombone bass-trombone"
_DRUMS = "timpani drum-set percussion snare-drum bass-drum cymbals triangle tambourine"
_BARS = "glockenspiel xylophone vibraphone marimba tubular-bells"
_KEYS = "celesta harpsichord piano keyboard organ accordion"
_PLUCKED = "mandolin ukulele guitar electric-guitar bass-guitar"
_VOICES = "voice soprano alto tenor bass choir"
_STRINGS = "violin viola cello double-bass"
_ORDERS = {
    "band": f"{_FLUTES} {_OBOES} {_BASSOONS} {_CLARINETS} {_SAXES} {_CORNETS} trumpet flugelhorn horn alto-horn "
    f"{_BONES} {_DEEP} tuba {_VOICES} {_STRINGS} {_PLUCKED} harp {_KEYS} {_BARS} {_DRUMS}",
    "brass": f"{_CORNETS} trumpet flugelhorn alto-horn horn {_DEEP} {_BONES} tuba {_VOICES} {_STRINGS} {_PLUCKED} harp "
    f"{_KEYS} {_BARS} {_DRUMS}",
    "orchestra": f"{_FLUTES} {_OBOES} {_CLARINETS} {_SAXES} {_BASSOONS} horn alto-horn trumpet {_CORNETS} flugelhorn "
    f"{_BONES} {_DEEP} tuba {_DRUMS} {_BARS} harp {_PLUCKED} {_KEYS} {_VOICES} "
    f"{_STRINGS}",
}
PLACES = {custom: {key: place for place, key in enumerate(keys.split())} for custom, keys in _ORDERS.items()}
_GROUPS = {
    **dict.fromkeys(_SAXES.split(), "saxophones"), **dict.fromkeys((*_DRUMS.split(), *_BARS.split()), "percussion"),
    **dict.fromkeys(_STRINGS.split(), "strings"), **dict.fromkeys(_VOICES.split(), "voices"),
}  # fmt: skip


def score_order(names: Sequence[str]) -> list[str]:
    """Names of parts from the top of a score to its bottom; those that name no instrument stand last, as they came.

    Parts of one instrument: the higher built first (clarinets in E flat before B flat, basses too), then by desk.
    """
    found = [read_instrument(name) for name in names]
    places = PLACES[_custom([instrument for instrument in found if instrument])]

    def rank(index: int) -> tuple[int, int, int, int]:
        instrument = found[index]
        if instrument is None:
            return len(places), 0, 0, index
        built = (
            to_pitch(instrument.pitch, instrument.kind.top).semitones if instrument.key == "tuba" else instrument.low
        )
        return places.get(instrument.key, len(places)), -built, instrument.number or 0, index

    return [names[index] for index in sorted(range(len(names)), key=rank)]


def group_of(instrument: Instrument) -> str:
    """What a bracket of the score holds together: "woodwind", "saxophones", "brass" …; "" for who stands alone."""
    if instrument.key in _GROUPS:
        return _GROUPS[instrument.key]
    return instrument.family if instrument.family in ("woodwind", "brass") else ""


def _custom(band: Sequence[Instrument]) -> str:
    keys = {instrument.key for instrument in band}
    if "violin" in keys:
        return "orchestra"
    winds = any(instrument.family == "woodwind" for instrument in band)
    return "brass" if not winds and keys & {"cornet", "soprano-cornet", "alto-horn"} else "band"
