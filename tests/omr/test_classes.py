"""Held-out staves read by the network that ships, and counted by class."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from media_pipeline.nets.staff_reader import HEIGHT, StaffReader
from media_pipeline.training import evaluate as command
from media_pipeline.training.omr import classes, engrave, music, shards
from media_pipeline.training.omr.figures import Count


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few composed lines by Verovio, held out, and a shard to train on that must not be read."""
    out = tmp_path_factory.mktemp("staves")
    found = []
    for seed in (1, 2):
        r = random.Random(seed)
        laid = engrave.lay(etree.fromstring(music.compose(seed).encode()), r)
        found += engrave.engrave(laid, "verovio", r, out, f"composed:{seed}")
    shards.write(out / "dev-composed-000000.staves", found[:6])
    shards.write(out / "dev-aligned-sq1.staves", found[6:7])
    shards.write(out / "composed-000001.staves", found[7:])
    return out


def test_held_out_staves_are_drawn_alike_and_by_maker(folder: Path, tmp_path: Path) -> None:
    every = classes.held_out_staves(folder)
    assert {maker: len(staves) for maker, staves in every.items()} == {"composed": 6, "aligned": 1}
    few = classes.held_out_staves(folder, 2)
    assert few["composed"] == every["composed"][:2]
    with pytest.raises(FileNotFoundError, match="make_data"):
        classes.held_out_staves(tmp_path)


def test_a_staff_is_damaged_always_alike(folder: Path) -> None:
    stave = classes.held_out_staves(folder)["aligned"][0]
    damaged, clean = classes.picture(stave, damaged=True), classes.picture(stave, damaged=False)
    assert damaged.shape[0] == clean.shape[0] == HEIGHT
    assert np.array_equal(damaged, classes.picture(stave, damaged=True))
    assert damaged.shape != clean.shape or not np.array_equal(damaged, clean)


def test_the_network_reads_most_of_what_is_printed(folder: Path) -> None:
    counts = classes.measure(StaffReader(), classes.held_out_staves(folder), damaged=False)
    assert (counts["composed"].staves, counts["aligned"].staves) == (6, 1)
    assert counts["composed"].error < 0.5  # a crop that is misplaced, or read as another, has 0.9
    assert counts["composed"].f1("bar line") > 0.8


def test_the_command_prints_makers_classes_and_confusions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.main(["omr", "--staves", str(folder), "--measured", "2"])
    told = capsys.readouterr().out.splitlines()
    assert next(line.split()[:2] for line in told if line.startswith("composed")) == ["composed", "2"]
    assert next(line.split()[:2] for line in told if line.startswith("all")) == ["all", "3"]
    assert any(line.startswith("note value") for line in told)
    assert any(line.startswith("most often wrong") for line in told)


def test_classes_with_cases_enough_are_marked_below_the_goal() -> None:
    count = Count()
    for _ in range(50):
        count.add(["p1", "d4", "bar.s"], ["p1", "d4", "tie", "bar.s"])
    count.add(["p1", "d4"], ["p1", "d4", "fermata"])
    assert classes.below(count) == ["tie"]
    told = classes.report({"composed": count}, {"composed": count})
    assert "below 0.90 with 50 cases or more, clean: tie 0.000\n" in told
    assert "   50  tie missed" in told
    assert next(line for line in told.splitlines() if line.startswith("tie")).count("<") == 2
    assert next(line for line in told.splitlines() if line.startswith("fermata")).count("<") == 0
