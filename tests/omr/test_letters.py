"""Lines of letters found beside staves: also pale and small ones, but no note heads and slurs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from media_pipeline.omr.letters import Block, blocks
from media_pipeline.omr.model import Page
from tests.omr.test_words import SPACE, STAVES, page


def drawn(draw_on: Image.Image) -> Page:
    bare = page()
    ink = np.minimum(bare.image, np.asarray(draw_on))
    return replace(bare, image=np.asarray(ink, np.uint8))


def sheet() -> Image.Image:
    height, width = page().image.shape
    return Image.new("L", (width, height), 255)


def within(found: list[Block], left: float, top: float, right: float, bottom: float) -> list[Block]:
    return [b for b in found if left <= b.box.x0 and b.box.x1 <= right and top <= b.box.y0 and b.box.y1 <= bottom]


@pytest.mark.parametrize("figures", ["17", "57", "72", "143"])
def test_small_figures_of_pale_strokes_are_whole(figures: str) -> None:
    picture = sheet()
    font = ImageFont.load_default(19)
    ImageDraw.Draw(picture).text((130, 700), figures, 0, font=font)
    left, _, right, _ = font.getbbox(figures)
    pale = picture.filter(ImageFilter.GaussianBlur(0.9)).point(lambda value: 255 - (255 - value) * 0.75)
    found, _ = blocks(drawn(pale))
    (block,) = within(found, 120, 690, 140 + right, 730)
    assert block.box.x1 - block.box.x0 > 0.75 * (right - left)
    assert block.box.y1 - block.box.y0 > 12


def test_heads_on_ledger_lines_and_slurs_are_no_lines_of_letters() -> None:
    picture = sheet()
    draw = ImageDraw.Draw(picture)
    above = STAVES[1].y - 5 * SPACE
    for x in (300, 400, 500):
        draw.ellipse((x, above - 6, x + 17, above + 6), 0)
        draw.line((x - 5, above, x + 22, above), 0, 2)
    draw.arc((800, above - 20, 860, above + 20), 200, 340, 0, 3)
    draw.text((1000, above - 14), "dolce", 0, font=ImageFont.load_default(24))
    plain, _ = blocks(drawn(sheet()))
    found, _ = blocks(drawn(picture))
    assert not within(found, 280, above - 30, 900, above + 30)
    assert len(within(found, 980, above - 30, 1100, above + 30)) == 1
    assert len(found) == len(plain) + 1
