"""Pages for tests: music engraved by Verovio at 200 dpi, the damage paper and scanners do, and what is no music."""

from __future__ import annotations

import functools
import io
import random
import subprocess

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

HEIGHT, WIDTH = 2339, 1654  # A4 at 200 dpi


@functools.cache
def music(*, staves: int = 1, lines: int = 5, bars: int = 40, seed: int = 1, interline: float = 14) -> Grey:
    """The first page of `bars` bars of eighths, quarters and halves for one player; two staves are a piano's."""

    import verovio

    dice = random.Random(seed)
    parts = [[_bar(dice, number, staves=staves, lines=lines) for number in range(bars)]]
    document = (
        '<score-partwise version="4.0"><part-list><score-part id="P1"><part-name/></score-part></part-list>'
        f'<part id="P1">{"".join(parts[0])}</part></score-partwise>'
    )
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        {
            "pageWidth": round(WIDTH * 18 / interline),
            "pageHeight": round(HEIGHT * 18 / interline),
            "scale": 100,
            "header": "none",
            "footer": "none",
            "pageMarginLeft": 100,
            "pageMarginRight": 100,
            "justifyVertically": staves == 1,
        }
    )
    toolkit.loadData(document)
    svg = toolkit.renderToSVG(1)
    png = subprocess.run(
        ["rsvg-convert", "-w", str(WIDTH), "-h", str(HEIGHT), "-b", "white"],
        input=svg.encode(),
        capture_output=True,
        check=True,
    ).stdout
    return grey_of(png)


def _bar(dice: random.Random, number: int, *, staves: int, lines: int) -> str:
    begin = ""
    if number == 0:
        clefs = [("G", 2), ("F", 4)][:staves]
        details = f"<staff-details><staff-lines>{lines}</staff-lines></staff-details>" if lines != 5 else ""
        sign = [("percussion", 2)] if lines != 5 else clefs
        begin = (
            "<attributes><divisions>2</divisions><key><fifths>-2</fifths></key>"
            f"<time><beats>4</beats><beat-type>4</beat-type></time><staves>{staves}</staves>"
            + "".join(
                f'<clef number="{i + 1}"><sign>{s}</sign><line>{n}</line></clef>' for i, (s, n) in enumerate(sign)
            )
            + details
            + "</attributes>"
        )
    out = begin
    for staff in range(1, staves + 1):
        left = 8
        while left:
            length = dice.choice([n for n in (1, 1, 2, 2, 4) if n <= left])
            left -= length
            step, octave = dice.choice("CDEFGAB"), (dice.choice((4, 5)) if staff == 1 else dice.choice((2, 3)))
            kind = {1: "eighth", 2: "quarter", 4: "half"}[length]
            pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
            if lines != 5:
                pitch = "<unpitched><display-step>E</display-step><display-octave>4</display-octave></unpitched>"
            out += (
                f"<note>{pitch}<duration>{length}</duration><voice>{staff}</voice><type>{kind}</type>"
                f"<staff>{staff}</staff></note>"
            )
        if staff < staves:
            out += "<backup><duration>8</duration></backup>"
    return f'<measure number="{number + 1}">{out}</measure>'


def grey_of(data: bytes) -> Grey:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(data)).convert("L"), np.uint8)


# --- damage -------------------------------------------------------------------------------------------------------


def skewed(page: Grey, degrees: float) -> Grey:
    """Turned clockwise by some degrees, as a sheet laid badly on the glass."""
    height, width = page.shape
    how = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    return np.asarray(cv2.warpAffine(page, how, (width, height), borderValue=(255, 255, 255)), np.uint8)


def curled(page: Grey, depth: float) -> Grey:
    """The left fifth bends down by up to `depth` pixels, as a thick book's page does at its spine; darker there."""
    height, width = page.shape
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    bend = depth * np.exp(-xs / (0.13 * width)) * (0.75 + 0.5 * ys / height)
    out = cv2.remap(page, xs, (ys - bend).astype(np.float32), cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    shadow = 1 - 0.55 * np.exp(-np.arange(width) / (0.06 * width))
    return np.asarray(out * shadow, np.uint8)


def photographed(page: Grey, *, lean: float = 0.03) -> Grey:
    """From a little below and one side, on a dark table, light falling off to one corner, slightly blurred."""
    height, width = page.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    moved = np.array(
        [
            (lean * width, 2 * lean * height),
            (width * (1 - lean), lean * height),
            (width, height * (1 - lean)),
            (0, height),
        ],
        np.float32,
    )
    how = cv2.getPerspectiveTransform(corners, moved)
    out = cv2.warpPerspective(page, how, (width, height), borderValue=(40, 40, 40)).astype(np.float32)
    light = 0.55 + 0.4 * np.linspace(0, 1, width)[None, :] * np.linspace(0.6, 1, height)[:, None]
    return np.asarray(cv2.GaussianBlur(out * light, (0, 0), 0.8), np.uint8)


def on_table(page: Grey, *, lean: float = 0.05, degrees: float = 4.0, share: float = 0.8, seed: int = 1) -> Grey:
    """A photograph (2600 x 2000) of the page on a table of grained wood, from one side, a hand's shadow over a part.

    lean: how much shorter the far edges are; share: of the picture's breadth that the page takes.
    """
    dice = np.random.default_rng(seed)
    high, wide = 2600, 2000
    height, width = page.shape
    grain = cv2.GaussianBlur(cv2.resize(dice.normal(0, 1, (high, 60)).astype(np.float32), (wide, high)), (0, 0), 2)
    table = 110 + 25 * grain + dice.normal(0, 5, (high, wide))
    half = np.array([1, height / width]) * wide * share / 2
    edges = half * [(lean - 1, lean - 1), (1 - lean, -1), (1, 1), (-1, 1 - lean)]
    turn = np.radians(degrees)
    edges = edges @ np.array([(np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))]) + (wide / 2, high / 2)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    how = cv2.getPerspectiveTransform(corners, edges.astype(np.float32))
    sheet = 15 + 0.85 * cv2.warpPerspective(page, how, (wide, high), flags=cv2.INTER_AREA).astype(np.float32)
    there = cv2.warpPerspective(np.ones_like(page, np.float32), how, (wide, high))
    light = 0.6 + 0.4 * np.linspace(0, 1, wide)[None, :] * np.linspace(0.7, 1, high)[:, None]
    rows, columns = np.indices((high, wide))
    shadow = 1 - 0.45 / (1 + np.exp(-((columns - 1300) + (rows - 1500) * 0.5) / 60.0))
    out = (table * (1 - there) + sheet * there) * light * shadow
    return np.asarray(np.clip(cv2.GaussianBlur(out, (0, 0), 0.9) + dice.normal(0, 4, out.shape), 0, 255), np.uint8)


def gapped(page: Grey, *, rows: tuple[int, int], near: int, gap: int) -> Grey:
    """What stands from the top row to the foot row is cut after the bar line nearest to x, the rest moved right."""
    out, band = page.copy(), page[rows[0] : rows[1]]
    dark = (band < 128).sum(0)
    upright = np.flatnonzero(dark > 0.95 * dark.max())
    bar = int(upright[np.argmin(abs(upright - near))]) + 4
    out[rows[0] : rows[1], bar:] = 255
    out[rows[0] : rows[1], bar + gap :] = band[:, bar : page.shape[1] - gap]
    return out


def one_bit(page: Grey, *, threshold: int = 150, specks: float = 0.002, seed: int = 1) -> Grey:
    """Black or white only, as a fax or an old copier leaves it, with specks of either."""
    out = np.where(page < threshold, 0, 255).astype(np.uint8)
    dice = np.random.default_rng(seed).random(page.shape)
    out[dice < specks] = 0
    out[dice > 1 - 5 * specks] = 255
    return out


def faded(page: Grey, *, ink: int = 185, noise: float = 6.0, seed: int = 1) -> Grey:
    """Ink no darker than `ink` on yellowed paper with grain."""
    grain = np.random.default_rng(seed).normal(0, noise, page.shape)
    return np.asarray(np.clip(ink + (232 - ink) * (page / 255.0) + grain, 0, 255), np.uint8)


def broken(page: Grey, *, share: float = 0.25, seed: int = 1) -> Grey:
    """Small upright scratches of paper through everything."""
    dice = np.random.default_rng(seed)
    out = page.copy()
    for _ in range(round(share * page.shape[1] * page.shape[0] / 120)):
        x, y = int(dice.integers(page.shape[1])), int(dice.integers(page.shape[0]))
        out[y : y + 6, x : x + 4] = 255
    return out


def thick(page: Grey) -> Grey:
    """Ink that ran."""
    return np.asarray(cv2.erode(page, np.ones((3, 3), np.uint8)), np.uint8)


def spread(left: Grey, right: Grey) -> Grey:
    """Two pages side by side with the shadow of the spine between them."""
    out = np.hstack([left, right]).astype(np.float32)
    middle = left.shape[1]
    shadow = 1 - 0.7 * np.exp(-np.abs(np.arange(out.shape[1]) - middle) / 25)
    return np.asarray(out * shadow, np.uint8)


def framed(page: Grey, *, width: int = 70) -> Grey:
    """With the black of an open scanner lid around it."""
    return np.asarray(
        cv2.copyMakeBorder(page, width, width // 2, width, 2 * width, cv2.BORDER_CONSTANT, value=8), np.uint8
    )


# --- pages that are not music -------------------------------------------------------------------------------------


def blank(*, seed: int = 1) -> Grey:
    """A scanned empty page: grain, a little shade, a few specks of dust."""
    dice = np.random.default_rng(seed)
    page = dice.normal(240, 3, (HEIGHT, WIDTH)) - 12 * np.linspace(0, 1, WIDTH)[None, :]
    for _ in range(6):
        x, y = int(dice.integers(WIDTH - 3)), int(dice.integers(HEIGHT - 3))
        page[y : y + 2, x : x + 2] = 90
    return np.asarray(np.clip(page, 0, 255), np.uint8)


def animal(*, seed: int = 1) -> Grey:
    """Something like a photo of a cat: soft shapes in all shades, fine hair all over."""
    dice = np.random.default_rng(seed)
    out = np.zeros((1200, 1600), np.float32)
    for size in (5, 12, 40, 150):
        coarse = dice.random((max(1200 * size // 1600, 2), size)).astype(np.float32)
        out = out + np.asarray(cv2.resize(coarse, (1600, 1200), interpolation=cv2.INTER_CUBIC), np.float32) / size**0.3
    for _ in range(1500):
        x, y = (int(v) for v in dice.integers(0, 1600, 2))
        dx, dy = (int(v) for v in dice.integers(-40, 40, 2))
        cv2.line(out, (x, y % 1200), (x + dx, y % 1200 + dy), float(dice.random() * 1.6), 1, cv2.LINE_AA)
    out -= out.min()
    return np.asarray(out / out.max() * 255, np.uint8)


def handwriting(*, seed: int = 1) -> Grey:
    """A letter by hand: slanting loops, uneven in height, on lines that rise and fall."""
    dice = np.random.default_rng(seed)
    page = np.full((HEIGHT, WIDTH), 250, np.uint8)
    for row in range(200, HEIGHT - 200, 110):
        x, drift = 150.0, dice.normal(0, 0.03)
        while x < WIDTH - 250:
            length = int(dice.integers(60, 260))
            steps = np.arange(0, length, 2.0)
            tall = np.interp(steps, np.arange(0, 300, 30), dice.choice([14, 20, 45, 60], 10))
            phase = np.cumsum(dice.uniform(0.12, 0.26, len(steps)))
            ys = row + drift * (x + steps - 150) - tall * (0.5 + 0.5 * np.sin(phase)) + dice.normal(0, 6)
            xs = x + steps + 9 * np.cos(phase)
            cv2.polylines(page, [np.stack([xs, ys], 1).astype(np.int32)], False, (40,), 3, cv2.LINE_AA)
            x += length + 35
    return page


def staff_paper() -> Grey:
    """Eleven staves with nothing on them."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for top in range(200, 2200, 190):
        for line in range(5):
            page[top + 14 * line : top + 14 * line + 2, 100:1560] = 0
    return page


def manuscript(*, seed: int = 1) -> Grey:
    """Pen strokes all over staff paper."""
    return np.asarray(np.minimum(staff_paper(), handwriting(seed=seed)), np.uint8)


def text(lines: list[str], *, size: float = 1.0, step: int = 60) -> Grey:
    """Printed lines of words."""
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for index, line in enumerate(lines):
        place = (150, 200 + index * step)
        cv2.putText(page, line, place, cv2.FONT_HERSHEY_COMPLEX, size, (0,), 2, cv2.LINE_AA)
    return page


def typed(lines: list[str], *, size: int = 40, step: int = 80) -> Grey:
    """Lines of words in a font of type, as letters are read from a scan."""
    from PIL import Image, ImageDraw, ImageFont

    page = Image.new("L", (WIDTH, HEIGHT), 255)
    for index, line in enumerate(lines):
        ImageDraw.Draw(page).text((150, 200 + index * step), line, 0, font=ImageFont.load_default(size))
    return np.asarray(page, np.uint8)


def boxed(names: list[str]) -> Grey:
    """Names of chords in a grid of boxes, four to a row."""
    page = typed([])
    for index, name in enumerate(names):
        x, y = 200 + index % 4 * 310, 300 + index // 4 * 160
        page = np.minimum(page, np.roll(np.roll(typed([name], size=44), y + 50 - 200, 0), x + 40 - 150, 1))
        cv2.rectangle(page, (x, y), (x + 310, y + 160), (0,), 4)
    return page


def tablature(*, lines: int = 6, seed: int = 1) -> Grey:
    """Staves of strings with fret numbers, lines 20 pixels apart."""
    dice = np.random.default_rng(seed)
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for top in range(250, HEIGHT - 250, 260):
        for line in range(lines):
            page[top + 20 * line : top + 20 * line + 2, 120:1540] = 0
        for x in range(120, 1560, 355):
            page[top : top + 20 * (lines - 1) + 2, x : x + 2] = 0
        for x in range(160, 1500, 45):
            y = top + 20 * int(dice.integers(lines))
            page[y - 8 : y + 10, x - 2 : x + 16] = 255
            cv2.putText(page, str(dice.integers(10)), (x, y + 8), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0,), 2, cv2.LINE_AA)
    return page
