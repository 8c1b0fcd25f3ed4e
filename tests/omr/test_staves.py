"""Staves are found on damaged pages, pages are set upright, and a page that is no music is called what it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from media_pipeline.omr.model import Box, Page, Printed
from media_pipeline.omr.raster import Sheet
from media_pipeline.omr.staves import find, look
from tests.omr import draw

BARS = 70  # more than a page holds
INTERLINE = 14.0


def page(image: draw.Grey, **fields: object) -> Page:
    (found,) = look(Sheet(index=0, image=np.ascontiguousarray(image), dpi=200, **fields))  # type: ignore[arg-type]
    return found


def lines_are_level(found: Page) -> bool:
    """Whether each of the five lines lies where its staff says from end to end, to an eighth of an interline."""
    for staff in found.staves:
        for tooth in (-2, 0, 2):
            y = staff.y + tooth * staff.interline
            reach = round(0.3 * staff.interline)
            rows = np.arange(round(y) - reach, round(y) + reach + 1)
            for x in np.linspace(staff.x0 + 6 * staff.interline, staff.x1 - staff.interline, 9):
                part = 255.0 - found.image[rows, int(x) - 20 : int(x) + 20]
                dark = np.median(part, axis=1)  # stems and heads are narrower
                if dark.max() > 60 and abs(np.average(rows, weights=dark**2) - y) > staff.interline / 6:
                    return False
    return True


@pytest.fixture(scope="module")
def music() -> draw.Grey:
    return draw.music(bars=BARS)


@pytest.mark.parametrize(
    "damage",
    [
        lambda p: p,
        draw.one_bit,
        draw.faded,
        draw.broken,
        draw.thick,
        draw.framed,
        lambda p: 255 - p,
        lambda p: draw.skewed(p, 3),
        lambda p: draw.skewed(p, -6),
        lambda p: draw.curled(p, 35),
    ],
    ids=["engraved", "1-bit", "faded", "broken", "thick", "framed", "inverted", "skewed", "very skewed", "curled"],
)
def test_every_staff_is_found_and_level(music: draw.Grey, damage: object) -> None:
    found = page(damage(music))  # type: ignore[operator]
    assert found.kind == "music"
    assert (found.turned, found.mirrored) == (0, False)
    assert [staff.lines for staff in found.staves] == [5] * 12
    assert all(abs(staff.interline - INTERLINE) < 0.35 for staff in found.staves)
    assert all(abs(staff.x1 - staff.x0 - 1498) < 40 for staff in found.staves)
    assert [len(system.staves) for system in found.systems] == [1] * 12
    assert lines_are_level(found)


def test_a_photo_from_one_side_is_flattened(music: draw.Grey) -> None:
    found = page(draw.photographed(music))
    assert len(found.staves) == 12
    assert lines_are_level(found)


def test_skew_is_told_in_degrees(music: draw.Grey) -> None:
    assert page(draw.skewed(music, 2.2)).skew == pytest.approx(2.2, abs=0.15)


@pytest.mark.parametrize("degrees", [-11, 15])
def test_a_photo_turned_far_is_set_straight(music: draw.Grey, degrees: int) -> None:
    """With no edge of the paper to be seen."""
    wide = np.pad(music, 300, constant_values=255)
    found = page(draw.skewed(wide, degrees))
    assert len(found.staves) == 12
    assert found.skew == pytest.approx(degrees, abs=0.15)
    assert lines_are_level(found)


def test_lines_too_faint_to_follow_still_belong_to_their_staff(music: draw.Grey) -> None:
    whole, _ = find(music)
    lines = cv2.morphologyEx(music, cv2.MORPH_CLOSE, np.ones((1, 61), np.uint8))  # only what is long and level is left
    faint = music.copy()
    start = round(min(staff.x0 for staff in whole))
    left = np.s_[:, start : start + 200]
    thin = (lines[left] < 160) & (cv2.dilate(lines, np.ones((9, 1), np.uint8))[left] > 200)
    faint[left] = np.where(thin, np.maximum(music[left], 208), music[left])
    faint = np.clip(faint + np.random.default_rng(3).normal(0, 3, faint.shape), 0, 255).astype(np.uint8)
    faint[round(whole[1].y) - 18 : round(whole[1].y) + 18, 20:56] = 0  # a punched hole
    found, _ = find(faint)
    assert [staff.x0 for staff in found] == pytest.approx([staff.x0 for staff in whole], abs=1.5 * INTERLINE)
    assert [staff.x1 for staff in found] == pytest.approx([staff.x1 for staff in whole], abs=3)


def test_an_interline_is_found_to_a_hundredth() -> None:
    staves, _ = find(draw.music(bars=BARS, interline=11.3, seed=4))
    assert np.median([staff.interline for staff in staves]) == pytest.approx(11.3, abs=0.06)


@pytest.mark.parametrize(
    ("wrong", "turned", "mirrored"),
    [
        (lambda p: np.rot90(p, 2), 180, False),
        (lambda p: np.rot90(p, 1), 90, False),
        (lambda p: np.rot90(p, 3), 270, False),
        (lambda p: p[:, ::-1], 0, True),
        (lambda p: p[::-1], 180, True),
        (lambda p: draw.skewed(np.ascontiguousarray(np.rot90(p, 2)), 1.5), 180, False),
    ],
    ids=["upside down", "on its side", "on its other side", "mirrored", "mirrored upside down", "upside down, skewed"],
)
def test_a_page_is_set_upright(music: draw.Grey, wrong: object, turned: int, mirrored: bool) -> None:
    found = page(wrong(music))  # type: ignore[operator]
    assert (found.turned, found.mirrored) == (turned, mirrored)
    assert len(found.staves) == 12
    straight = page(music)
    for one, other in zip(found.staves, straight.staves, strict=True):
        assert one.y == pytest.approx(other.y, abs=25)
        # the clef is back at the left
        left = found.image[round(one.y) - 30 : round(one.y) + 30, round(one.x0) + 8 : round(one.x0) + 50]
        assert (left < 128).mean() > 0.15


def test_two_pages_in_one_scan_are_two(music: draw.Grey) -> None:
    other = draw.music(bars=BARS, seed=2)
    left, right = look(Sheet(index=3, image=draw.skewed(draw.spread(music, other), 1.5), dpi=200))
    assert (left.half, right.half) == ("left", "right")
    assert (left.sheet, right.sheet) == (3, 3)
    assert (len(left.staves), len(right.staves)) == (12, len(page(other).staves))


def test_two_pages_upside_down_come_in_order(music: draw.Grey) -> None:
    short = draw.music(bars=36, seed=2)
    left, right = look(Sheet(index=0, image=np.ascontiguousarray(np.rot90(draw.spread(music, short), 2)), dpi=200))
    assert (len(left.staves), len(right.staves)) == (12, len(page(short).staves))
    assert len(right.staves) < 12


def test_a_piano_has_systems_of_two_with_a_brace() -> None:
    found = page(draw.skewed(draw.music(staves=2, seed=3, bars=BARS), 0.7))
    assert len(found.systems) == len(found.staves) / 2 >= 5
    assert [system.staves for system in found.systems[:2]] == [(0, 1), (2, 3)]
    assert all(system.brace for system in found.systems)


def test_small_staves_are_found_beside_large_ones(music: draw.Grey) -> None:
    import cv2

    small = np.asarray(cv2.resize(music[60:150, 60:1600], None, fx=0.65, fy=0.65, interpolation=cv2.INTER_AREA))
    image = music.copy()
    image[160:270] = 255
    image[190 : 190 + small.shape[0], 300 : 300 + small.shape[1]] = small
    image[270:330] = 255
    staves = page(image).staves
    sizes = sorted(round(staff.interline / INTERLINE, 2) for staff in staves)
    assert sizes[0] == pytest.approx(0.65, abs=0.03)
    assert sizes[1] > 0.95


def test_a_staff_cut_off_at_the_margin_is_said_to_be(music: draw.Grey) -> None:
    found = page(music[:, 300:])
    assert len(found.staves) == 12
    assert found.kind == "music"
    assert "cut off" in found.problem
    assert found.hint


def test_percussion_on_one_line_is_found() -> None:
    found = page(draw.music(lines=1, bars=60))
    assert found.kind == "music"
    assert {staff.lines for staff in found.staves} == {1}
    assert len(found.staves) >= 6


@pytest.mark.parametrize("lines", [4, 6])
def test_tablature_is_called_so(lines: int) -> None:
    found = page(draw.tablature(lines=lines))
    assert found.kind == "tab"
    assert {staff.lines for staff in found.staves} == {lines}
    assert "tablature" in found.problem


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (draw.blank(), "blank"),
        (np.full((2339, 1654), 255, np.uint8), "blank"),
        (draw.animal(), "picture"),
        (draw.animal(seed=5), "picture"),
        (draw.handwriting(), "handwriting"),
        (
            draw.text(["The quick brown fox jumps over the lazy dog,", "and sleeps in peace all through the day"] * 14),
            "words",
        ),
    ],
    ids=["scanned blank", "blank", "cat", "another cat", "handwriting", "words"],
)
def test_a_page_without_music_is_called_what_it_is(image: draw.Grey, kind: str) -> None:
    found = page(image)
    assert found.kind == kind
    assert found.staves == ()
    assert found.problem.endswith(".")


def test_a_chord_chart_is_called_so() -> None:
    names = ["Am7", "D9", "Gmaj7", "C/E", "F#m7b5", "B7", "Em", "N.C."] * 3
    words = tuple(Printed(name, Box(100, 100 + 20 * i, 150, 115 + 20 * i), 1.0) for i, name in enumerate(names))
    found = page(draw.text([" ".join(names[i : i + 4]) for i in range(0, 24, 4)]), layer=words)
    assert found.kind == "chords"
    assert "chord chart" in found.problem


def test_words_of_the_layer_move_with_the_page(music: draw.Grey) -> None:
    """A black mark at a known place, and a word said to be there, are in one place after all that was done."""
    image = music.copy()
    image[1500:1530, 60:75] = 0
    word = Printed("A", Box(60, 1500, 75, 1530), 1.0)
    turned = np.ascontiguousarray(np.rot90(image, -1))  # clockwise: x' = height - y, y' = x
    found = page(turned, layer=(Printed("A", Box(2339 - 1530, 60, 2339 - 1500, 75), 1.0),))
    assert found.turned == 270
    box = found.layer[0].box
    assert (box.x0, box.y0) == pytest.approx((word.box.x0, word.box.y0), abs=3)
    assert found.image[round(box.y0) + 4 : round(box.y1) - 4, round(box.x0) + 4 : round(box.x1) - 4].max() < 60


def test_an_unreadable_sheet_is_a_page_that_says_so() -> None:
    sheet = Sheet(
        index=4, image=np.full((1, 1), 255, np.uint8), dpi=200, problem="This page is damaged.", hint="Scan it."
    )
    (found,) = look(sheet)
    assert (found.kind, found.sheet, found.problem, found.hint) == (
        "unreadable",
        4,
        "This page is damaged.",
        "Scan it.",
    )
