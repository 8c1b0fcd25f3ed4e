"""What the weights of other readings are fitted by."""

from __future__ import annotations

import numpy as np

from media_pipeline.training.omr.fit_alternatives import Case, fit, odds, table


def case(r: np.random.Generator) -> Case:
    """Of three readings the one is right whose first feature is largest; the second feature says nothing."""
    rows = r.normal(size=(3, 2))
    rows -= rows[0]
    return Case("a part", rows, 0.5, int(rows[:, 0].argmax()))


def test_the_table_has_a_row_for_none_of_the_readings() -> None:
    rows = table(Case("a part", np.array([[0.0], [2.0]]), 0.75, 0))
    assert np.allclose(rows, [[0, 0, 0, 0], [2, np.log(3), 1, 0], [0, np.log(3), 0, 1]])


def test_what_tells_readings_apart_is_weighed() -> None:
    r = np.random.default_rng(1)
    weights = fit([case(r) for _ in range(300)])
    assert weights[0] > 3
    assert abs(weights[1]) < 0.5
    assert weights[-1] < -1  # there always was a right one
    held = [case(r) for _ in range(100)]
    assert np.mean([odds(one, weights)[:-1].argmax() == one.right for one in held]) > 0.9
    assert np.isclose(odds(held[0], weights).sum(), 1)
