"""Ink that nothing explains is kept; notes, lines, words and dust are not."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
from PIL import Image, ImageDraw

from media_pipeline.omr.crop import place
from media_pipeline.omr.model import BarRead, Box, Line, Page, Seen, Staff, System
from media_pipeline.omr.unnamed import find_unnamed

SPACE = 14.0
STAFF = Staff(y=400, interline=SPACE, x0=100, x1=1500)
FRAMES = (60, 160, 260)  # of three quarters on the second line
WORD = Box(300, 300, 420, 325)


def drawn() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """A staff with three notes under a slur, a hairpin, a word and some dust."""
    picture = Image.new("L", (1600, 800), 255)
    draw = ImageDraw.Draw(picture)
    for row in range(-2, 3):
        draw.rectangle((STAFF.x0, STAFF.y + row * SPACE - 1, STAFF.x1, STAFF.y + row * SPACE), 0)
    for frame in FRAMES:
        x, y = place(STAFF).across(frame), STAFF.y + SPACE
        draw.ellipse((x - 9, y - 7, x + 9, y + 7), 0)
        draw.line((x + 8, y, x + 8, y - 3.4 * SPACE), 0, 2)
    draw.arc((200, 430, 500, 480), 10, 170, 0, 3)
    draw.line((200, 500, 500, 490), 0, 2)
    draw.line((200, 500, 500, 510), 0, 2)
    draw.rectangle((WORD.x0, WORD.y0, WORD.x1, WORD.y1), 0)
    for x in range(600, 1400, 90):
        draw.rectangle((x, 330, x + 2, 332), 0)
    return picture, draw


def page(picture: Image.Image) -> Page:
    return Page(
        file=0, sheet=0, half="", image=np.array(picture), dpi=200, kind="music", staves=(STAFF,),
        systems=(System((0,)),),
    )  # fmt: skip


TOKENS = tuple(seen for frame in FRAMES for seen in (Seen("p2", frame, 1.0), Seen("d4", frame + 2, 1.0)))
LINE = Line(0, 0, 0, "clef.G2", "key.0", "", (BarRead(TOKENS, 0.0),))


def test_music_and_words_leave_nothing() -> None:
    assert find_unnamed(page(drawn()[0]), [LINE], [WORD]) == []


def test_a_strange_sign_is_kept_with_its_picture() -> None:
    picture, draw = drawn()
    draw.polygon([(900, 320), (912, 350), (945, 350), (918, 366), (928, 390), (900, 372), (880, 390)], 0)
    (found,) = find_unnamed(page(picture), [LINE], [WORD])
    assert abs(found.box.x0 - 880) < 4
    assert abs(found.box.y0 - 320) < 4
    kind, packed = found.picture.split(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(packed))) as small:
        assert small.width > found.box.x1 - found.box.x0
        assert np.asarray(small).min() == 0


def test_a_circle_across_the_staff_is_kept() -> None:
    picture, draw = drawn()
    draw.ellipse((1100, 350, 1200, 450), outline=0, width=4)
    (found,) = find_unnamed(page(picture), [LINE], [WORD])
    assert abs(found.box.x1 - 1200) < 6
    assert found.box.y0 < STAFF.box.y0 < STAFF.box.y1 < found.box.y1


def test_a_note_that_was_not_read_is_kept() -> None:
    without = replace(LINE, bars=(BarRead(TOKENS[:4], 0.0),))
    (found,) = find_unnamed(page(drawn()[0]), [without], [WORD])
    assert found.box.x0 < place(STAFF).across(FRAMES[2]) < found.box.x1


def test_a_word_that_stayed_unread_is_kept_whole() -> None:
    found = find_unnamed(page(drawn()[0]), [LINE], [])
    assert [round(unnamed.box.x1 / 10) for unnamed in found] == [round(WORD.x1 / 10)]


def test_what_is_far_from_the_staves_is_none_of_it() -> None:
    picture, draw = drawn()
    draw.ellipse((700, 650, 760, 700), fill=0)
    assert find_unnamed(page(picture), [LINE], [WORD]) == []
    assert find_unnamed(page(picture), [], [WORD]) == []
