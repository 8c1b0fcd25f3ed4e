"""A page with what was understood of it drawn over: for looking at, to check a page.

    drawn(page.image, side["pages"][0], lines)  ->  (height + legend, width, 3) RGB

It knows the side file alone (omr/report.py says what that holds), so it shows what any reader of that file is told.

The print is made pale. Every system has a bracket and every staff a band; a right bar has a calm green frame, a
doubtful one is filled from amber to red, the redder the likelier it is wrong, and says why. Note heads stand where they
were read, open from a half note on; over them their values, under the staff dynamics. Words are framed in the colour of
what they are for, with what was read. What has no name yet is framed in pink.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from media_pipeline.omr.tokens import is_position

Colour = tuple[int, int, int]
Grey = NDArray[np.uint8]

SLATE, STAFF, RIGHT, HEAD = (90, 105, 125), (120, 150, 190), (60, 150, 120), (25, 95, 190)
REST, SIGN, UNNAMED, AMBER, RED = (125, 80, 170), (0, 120, 130), (225, 30, 140), (245, 180, 30), (220, 40, 30)
WORDS: dict[str, Colour] = {  # groups of roles that are used alike
    **dict.fromkeys(("title", "subtitle", "movement", "header", "tacet"), (150, 60, 20)),
    **dict.fromkeys(("composer", "lyricist", "arranger", "copyright"), (130, 105, 20)),
    "instrument": (110, 40, 130),
    **dict.fromkeys(("tempo", "jump", "rehearsal", "volta"), (180, 30, 90)),
    **dict.fromkeys(("expression", "technique"), (20, 110, 60)),
    "lyrics": (30, 80, 150),
}
FIGURES = (110, 110, 110)  # numbers, and words with no other use
LEGEND = {
    "right bar": RIGHT, "doubtful": AMBER, "likely wrong": RED, "notes": HEAD, "rests": REST, "signs": SIGN,
    "titles": WORDS["title"], "makers": WORDS["composer"], "instrument": WORDS["instrument"], "tempo": WORDS["tempo"],
    "expression": WORDS["expression"], "lyrics": WORDS["lyrics"], "other": FIGURES, "unnamed": UNNAMED,
}  # fmt: skip
PALE = 0.45  # how dark the print stays

# What stands over a note: marks short enough to share a line with its value.
MARKS = {
    "dot": ".", "art.stacc": "·", "art.acc": ">", "art.ten": "–", "art.marc": "^", "art.stiss": "'", "fermata": "⌒",
    "tie": "⁀", "sl(": "(", "sl)": ")", "orn.tr": "tr", "orn.mord": "~", "orn.turn": "∽", "trem1": "/", "trem2": "//",
    "trem3": "///", "arp": "≀", "breath": ",", "tupend": "]", "slash": "g",
}  # fmt: skip
ACCIDENTALS = {"f": "♭", "ff": "♭♭", "n": "♮", "s": "♯", "x": "×"}
UNDER = ("dyn.", "cresc(", "dim(", "hair)")


def drawn(image: Grey, page: dict[str, Any], lines: Iterable[dict[str, Any]]) -> NDArray[np.uint8]:
    """image: (height, width), the page set upright; page, lines: of the side file, `lines` those that lie on it."""
    told = list(lines)
    pale = 255 - (255 - image.astype(np.float32)) * PALE
    picture = Image.fromarray(pale.astype(np.uint8)).convert("RGB")
    draw = ImageDraw.Draw(picture, "RGBA")
    space = _space(page)
    for number, system in enumerate(page["systems"]):
        _system(draw, system, number, space)
    staves = [staff for system in page["systems"] for staff in system["staves"]]
    for line in told:
        own = staves[line["staff"]]
        for bar in line["bars"]:
            _bar(draw, bar, space)
        for bar in line["bars"]:
            _music(draw, bar["tokens"], space, below=bar["box"][3])
        head = " ".join(filter(None, (line["clef"][5:], _key(line["key"]), line["time"][5:])))
        _label(draw, own["box"][0] - 0.3 * space, own["box"][3] + 0.3 * space, head, SIGN, space, anchor="rt")
    for word in page["words"]:
        _word(draw, word, space)
    for unnamed in page.get("unnamed", ()):
        draw.rectangle(_grown(unnamed["box"], 0.2 * space), outline=UNNAMED, width=_pen(space, 0.2))
        _label(draw, unnamed["box"][2] + 0.3 * space, unnamed["box"][1], "?", UNNAMED, 2 * space)
    return _with_legend(picture, page, told, space)


def _space(page: dict[str, Any]) -> float:
    interlines = [staff["interline"] for system in page["systems"] for staff in system["staves"]]
    return float(np.median(interlines)) if interlines else page["dpi"] / 14


def _system(draw: ImageDraw.ImageDraw, system: dict[str, Any], number: int, space: float) -> None:
    x0, y0, _, y1 = system["box"]
    for staff in system["staves"]:
        draw.rectangle(tuple(staff["box"]), fill=(*STAFF, 38))
    left, pen = x0 - 0.8 * space, _pen(space, 0.18)
    draw.line([(x0 - 0.3 * space, y0), (left, y0), (left, y1), (x0 - 0.3 * space, y1)], SLATE, pen, joint="curve")
    if system["brace"]:
        draw.line([(left - 2 * pen, y0), (left - 2 * pen, y1)], SLATE, pen)
    _label(draw, left - 0.4 * space, (y0 + y1) / 2, str(number + 1), SLATE, 1.4 * space, anchor="rm")


def _bar(draw: ImageDraw.ImageDraw, bar: dict[str, Any], space: float) -> None:
    x0, y0, x1, y1 = bar["box"]
    if x1 <= x0:
        return
    frame = (x0 + 0.12 * space, y0 - 0.15 * space, x1 - 0.12 * space, y1 + 0.15 * space)
    if frame[2] <= frame[0]:
        return
    if bar["doubtful"]:
        colour = _between(AMBER, RED, 2 * bar["doubt"] - 1)
        draw.rectangle(frame, fill=(*colour, 70), outline=(*colour, 255), width=_pen(space, 0.16))
        why = _fitted("; ".join(bar["reasons"]) or "doubtful", 0.9 * space, x1 - x0)
        _label(draw, x0 + 0.3 * space, y1 + 0.25 * space, why, RED, 0.9 * space)
    else:
        draw.rectangle(frame, fill=(*RIGHT, 14), outline=(*RIGHT, 150), width=_pen(space, 0.1))
    _label(draw, x0 + 0.3 * space, y0 - 1.4 * space, str(bar["measure"] + 1), RIGHT, 0.8 * space, anchor="lb")


def _music(draw: ImageDraw.ImageDraw, tokens: Sequence[dict[str, Any]], space: float, *, below: float) -> None:
    """A bar's tokens. Heads wait for their value, which comes after them."""
    top = min([token["box"][1] for token in tokens], default=0.0) - 0.2 * space
    heads: list[tuple[float, float, str]] = []  # x, y, accidental
    accidental = ""
    values: list[tuple[float, str]] = []
    for index, token in enumerate(tokens):
        name, (x0, y0, x1, y1) = token["token"], token["box"]
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        if name.startswith("acc."):
            accidental = ACCIDENTALS[name[4:]]
        elif is_position(name):
            heads.append((x, y, accidental))
            accidental = ""
        elif heads and name.lstrip("g")[:1] == "d" and name.lstrip("g")[1:].isdigit():
            after = next((later["token"] for later in tokens[index + 1 : index + 2]), "")
            if after != "ch":
                _heads(draw, heads, name, space)
                values.append((heads[0][0], name.lstrip("g")[1:]))
                heads = []
        elif name[0] == "r" and name[1:].isdigit():
            draw.rounded_rectangle((x - 0.5 * space, y - space, x + 0.5 * space, y + space), 0.3 * space,
                                   outline=REST, width=_pen(space, 0.14))  # fmt: skip
            values.append((x, name[1:]))
        elif name in ("mR", "mm", "sim"):
            draw.rounded_rectangle((x - 1.5 * space, y - 0.7 * space, x + 1.5 * space, y + 0.7 * space), 0.3 * space,
                                   outline=REST, width=_pen(space, 0.14))  # fmt: skip
            count = "".join(later["token"][1:] for later in tokens[index:] if later["token"][:1] == "n")
            values.append((x, {"mm": count or "?", "sim": "%"}.get(name, "bar")))
        elif name in MARKS and values:
            values[-1] = values[-1][0], values[-1][1] + MARKS[name]
        elif name.startswith("tup"):
            values.append((x, f"[{name[3:]}"))
        elif name.startswith(UNDER):
            said = {"cresc(": "<", "dim(": ">", "hair)": "|"}.get(name, name.removeprefix("dyn."))
            _label(draw, x, below + 0.2 * space, said, SIGN, 1.2 * space, anchor="mt")
        elif name.startswith(("clef.", "key.", "time.", "volta", "segno", "coda", "reh", "8v", "rep", "dc", "ds",
                              "fine", "tocoda")):  # fmt: skip
            draw.rectangle((x0, y0, x1, y1), outline=SIGN, width=_pen(space, 0.1))
            said = _key(name) if name.startswith("key.") else name.partition(".")[2] or name
            _label(draw, x, y0 - 0.1 * space, said, SIGN, 0.9 * space, anchor="mb")
    for x, text in values:
        _label(draw, x, top, text, HEAD, 0.85 * space, anchor="mb")


def _heads(draw: ImageDraw.ImageDraw, heads: Sequence[tuple[float, float, str]], value: str, space: float) -> None:
    small = 0.7 if value.startswith("g") else 1.0
    is_open = value in ("d0", "d1", "d2")
    for x, y, accidental in heads:
        box = (x - 0.62 * small * space, y - 0.45 * small * space, x + 0.62 * small * space, y + 0.45 * small * space)
        draw.ellipse(box, fill=None if is_open else (*HEAD, 120), outline=HEAD, width=_pen(space, 0.16))
        if accidental:
            _label(draw, box[0] - 0.15 * space, y, accidental, HEAD, 1.3 * space, anchor="rm")


def _word(draw: ImageDraw.ImageDraw, word: dict[str, Any], space: float) -> None:
    colour = WORDS.get(word["role"], FIGURES)
    box = _grown(word["box"], 0.15 * space)
    draw.rectangle(box, fill=(*colour, 22), outline=(*colour, 255), width=_pen(space, 0.1))
    _label(draw, box[0], box[1] - 0.05 * space, f"{word['role']}: {word['text']}", colour, 0.85 * space, anchor="lb")


def _with_legend(
    picture: Image.Image, page: dict[str, Any], lines: Sequence[dict[str, Any]], space: float
) -> NDArray[np.uint8]:
    """A strip at the head: which page, how many bars and doubts, and what the colours say."""
    bars = [bar for line in lines for bar in line["bars"]]
    doubtful = sum(bar["doubtful"] for bar in bars)
    size = max(picture.width / 90, 9.0)
    facts = [
        f"Page {page['sheet'] + 1}{' ' + page['half'] if page['half'] else ''}", page["kind"],
        f"{len(page['systems'])} systems", f"{len(bars)} bars", f"{doubtful} doubtful",
        f"{len(page.get('unnamed', ()))} unnamed", page["problem"],
    ]  # fmt: skip
    out = Image.new("RGB", (picture.width, picture.height + round(3.6 * size)), "white")
    out.paste(picture, (0, round(3.6 * size)))
    draw = ImageDraw.Draw(out, "RGBA")
    _label(draw, size, 0.4 * size, _fitted("  ·  ".join(filter(None, facts)), size, out.width - 2 * size), SLATE, size)
    font = _font(round(0.85 * size))
    step = (out.width - 2 * size - sum(font.getlength(text) for text in LEGEND)) / len(LEGEND)
    x = size
    for text, colour in LEGEND.items():
        draw.rectangle((x, 2.2 * size, x + 0.7 * size, 2.9 * size), fill=(*colour, 160), outline=colour)
        _label(draw, x + 0.9 * size, 2.05 * size, text, SLATE, 0.85 * size)
        x += step + font.getlength(text)
    return np.asarray(out, np.uint8)


def _label(
    draw: ImageDraw.ImageDraw, x: float, y: float, text: str, colour: Colour, size: float, *, anchor: str = "la"
) -> None:
    """Words on a little white, so that they can be read over print. anchor: as pillow has it."""
    font = _font(max(round(size), 8))
    anchor = anchor.replace("t", "a") if anchor[1] == "t" else anchor
    draw.text((x, y), text, (*colour, 255), font=font, anchor=anchor, stroke_width=2, stroke_fill=(255, 255, 255, 170))


def _fitted(text: str, size: float, width: float) -> str:
    """As much of a text as `width` has room for."""
    font = _font(max(round(size), 8))
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…" if text else ""


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """One with accents and musical signs where the system has it, else pillow's own."""
    for name in ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf"):
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _key(token: str) -> str:
    fifths = int(token.removeprefix("key."))
    return f"{abs(fifths)}{'♯' if fifths > 0 else '♭'}" if fifths else ""


def _between(first: Colour, second: Colour, share: float) -> Colour:
    share = min(max(share, 0.0), 1.0)
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _grown(box: Sequence[float], by: float) -> tuple[float, float, float, float]:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def _pen(space: float, share: float) -> int:
    return max(round(share * space), 1)
