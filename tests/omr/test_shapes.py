"""Heads, slurs and letters told apart, each drawn here."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from media_pipeline.omr.shapes import Ink, music, shape

SPACE = 14.0
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def cut(picture: np.ndarray) -> Ink:
    ys, xs = np.nonzero(picture)
    return np.asarray(picture[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] > 0)


def head(*, ledger: bool = False, stem: bool = False, size: float = 1.0) -> Ink:
    canvas = np.zeros((120, 120), np.uint8)
    axes = round(0.62 * SPACE * size), round(0.48 * SPACE * size)
    cv2.ellipse(canvas, (60, 60), axes, -20, 0, 360, 1, -1)
    if ledger:
        cv2.line(canvas, (46, 60), (74, 60), 1, 2)
    if stem:
        cv2.line(canvas, (60 + axes[0] - 1, 60), (60 + axes[0] - 1, 60 - round(3.2 * SPACE)), 1, 2)
    return cut(canvas)


def slur() -> Ink:
    canvas = np.zeros((120, 200), np.uint8)
    cv2.ellipse(canvas, (100, 80), (40, 22), 0, 200, 340, 1, 2)
    return cut(canvas)


def letter(text: str, *, font: int = FONTS[0], tall: float = 1.4, bold: int = 2) -> Ink:
    canvas = np.zeros((200, 200), np.uint8)
    cv2.putText(canvas, text, (40, 120), font, tall * SPACE / 22, 1, bold)
    return cut(canvas)


@pytest.mark.parametrize(
    ("ink", "said"),
    [
        (head(), "head"),
        (head(ledger=True), "head"),
        (head(size=0.75), "small head"),
        (head(stem=True), "note"),
        (slur(), "arc"),
        (np.ones((3, 4), bool), "small"),
    ],
)
def test_music_is_named(ink: Ink, said: str) -> None:
    assert shape(ink, SPACE) == said


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("tall", [1.1, 1.5, 2.5, 4.0])
def test_letters_and_figures_are_none(font: int, tall: float) -> None:
    bold = max(1, round(tall * SPACE / 7))  # as thick as a black title's
    wrong = [c for c in "AaBbdeFgIlmOopQRstWXz0123456789&" if shape(letter(c, font=font, tall=tall), SPACE) != "other"]
    assert wrong == []
    wrong = [c for c in "AaBbdFgIlmOoRtWz1357" if shape(letter(c, font=font, tall=tall, bold=bold), SPACE) == "head"]
    assert wrong == []


def test_a_line_of_heads_is_music_also_with_an_accidental() -> None:
    assert music([head(ledger=True), head(), letter("#")], SPACE)
    assert music([slur(), head(stem=True)], SPACE)


def test_a_metronome_mark_and_a_word_beside_a_slur_are_letters() -> None:
    assert not music([head(stem=True), letter("6"), letter("9")], SPACE)
    assert not music([slur(), letter("d"), letter("i"), letter("m")], SPACE)


def test_dots_alone_are_nothing() -> None:
    assert not music([np.ones((3, 3), bool)] * 2, SPACE)
