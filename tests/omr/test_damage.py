"""Damage changes how a staff looks, never what it says: size, order, ink and seed are kept."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from media_pipeline.training.omr import damage as d
from media_pipeline.training.omr import shards


def staff(width: int = 600) -> NDArray[np.uint8]:
    """Five lines at interline 12 and a block of ink for each of eleven notes."""
    image = np.full((shards.ROWS, width), 255, np.uint8)
    for line in range(-2, 3):
        image[108 + 12 * line, 18:-18] = 0
    for n, x in enumerate(range(60, width - 40, 48)):
        image[96 + 6 * (n % 5) : 106 + 6 * (n % 5), x : x + 14] = 0
    return image


def test_damage_brings_a_crop_to_the_net_and_is_the_same_for_a_seed() -> None:
    for seed in range(40):
        out = d.damage(staff(), np.random.default_rng(seed))
        assert out.dtype == np.uint8
        assert out.shape[0] == 160
        assert 500 * 0.93 * 0.85 < out.shape[1] < 500 * 1.07 * 1.2
        assert np.array_equal(out, d.damage(staff(), np.random.default_rng(seed)))
    assert not np.array_equal(d.damage(staff(), np.random.default_rng(1)), d.damage(staff(), np.random.default_rng(2)))


def test_damage_leaves_the_crop_it_was_given_alone() -> None:
    image = staff()
    for seed in range(30):
        d.damage(image, np.random.default_rng(seed))
    assert np.array_equal(image, staff())


def test_placing_alone_keeps_the_staff_in_the_middle_at_its_size() -> None:
    for seed in range(20):
        out = d.place(staff(), np.random.default_rng(seed))
        dark = (255 - out.astype(float)).sum(axis=1)
        middle = (dark * np.arange(160)).sum() / dark.sum()
        assert abs(middle - 80) < 8


@pytest.mark.parametrize("change", [change for _, change in (*d.BEFORE, *d.AFTER)], ids=lambda c: c.__name__)
def test_each_kind_of_damage_is_seen_and_leaves_the_notes_readable(change: d.Change) -> None:
    rows = 160 if change in [c for _, c in d.AFTER] else shards.ROWS
    image = np.ascontiguousarray(staff()[(shards.ROWS - rows) // 2 :][:rows])
    changed = alike = 0
    for seed in range(12):
        out = change(image, np.random.default_rng(seed))
        assert out.shape == image.shape
        assert out.dtype == np.uint8
        changed += not np.array_equal(out, image)
        alike += np.corrcoef(out.ravel(), image.ravel())[0, 1] > 0.3
    assert alike == 12
    # what is black and white already stays so when it is made one bit
    assert changed >= (0 if change is d.one_bit else 10)


def test_one_bit_leaves_two_shades_and_grain_more() -> None:
    r = np.random.default_rng(3)
    grey = d.grain(staff(), r)
    assert len(np.unique(grey)) > 20
    assert len(np.unique(d.one_bit(grey, r))) == 2


def test_bleeding_through_never_lightens_and_wearing_off_never_darkens() -> None:
    r = np.random.default_rng(5)
    assert (d.bleed(staff(), r) <= staff()).all()
    assert (d.broken(staff(), r) >= staff()).all()
