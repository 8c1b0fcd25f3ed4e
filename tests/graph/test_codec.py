"""Artefacts survive a folder: values equal, arrays memory-mapped, files moved or copied, damage noticed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from media_pipeline import codec
from media_pipeline.artifacts import Audio, Bar, Document, Grid, Note, Notes


@dataclass(frozen=True)
class Piece:
    place: Fraction
    name: str
    inner: tuple[tuple[int, float, float], ...]
    maybe: int | None
    table: dict[str, str | int | float]


@dataclass(frozen=True)
class Two:
    left: NDArray[np.int8]
    right: NDArray[np.int8]
    files: tuple[Path, ...]


pieces = st.builds(
    Piece,
    place=st.fractions(),
    name=st.text(max_size=20),
    inner=st.lists(st.tuples(st.integers(), st.floats(allow_nan=False), st.floats(allow_nan=False))).map(tuple),
    maybe=st.none() | st.integers(),
    table=st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers() | st.floats(allow_nan=False)),
)


@settings(max_examples=60, deadline=None)
@given(piece=pieces, pair=st.lists(pieces, max_size=3).map(tuple))
def test_values_come_back_equal(
    tmp_path_factory: pytest.TempPathFactory, piece: Piece, pair: tuple[Piece, ...]
) -> None:
    folder = tmp_path_factory.mktemp("a")
    codec.write(piece, Piece, folder=folder / "one")
    assert codec.read(Piece, folder=folder / "one") == piece
    codec.write(pair, tuple[Piece, ...], folder=folder / "many")
    assert codec.read(tuple[Piece, ...], folder=folder / "many") == pair


def test_the_artefacts_of_music_come_back_equal(tmp_path: Path) -> None:
    notes = Notes((Note(0.5, 1.0, 60, 90, 0.75),), -12.5, "")
    grid = Grid((Bar(1, (0.0, 0.5), 1.0, "7/2"),), 4, False, 120.0)
    for value, kind in ((notes, Notes), (grid, Grid)):
        codec.write(value, kind, folder=tmp_path / kind.__name__)
        assert codec.read(kind, folder=tmp_path / kind.__name__) == value


def test_arrays_are_memory_mapped(tmp_path: Path) -> None:
    samples = np.arange(1000, dtype=np.float32)
    codec.write(Audio(samples, 22050, 1.5, 3.0), Audio, folder=tmp_path / "a")
    again = codec.read(Audio, folder=tmp_path / "a")
    assert isinstance(again.samples, np.memmap)
    assert again.samples.dtype == np.float32
    np.testing.assert_array_equal(again.samples, samples)


def test_an_array_that_is_a_file_of_the_scratch_space_is_moved(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    np.save(scratch / "samples.npy", np.arange(10, dtype=np.float32))
    samples = np.load(scratch / "samples.npy", mmap_mode="r")
    codec.write(Audio(samples, 1, 0.0, 1.0), Audio, folder=tmp_path / "a", scratch=scratch)
    assert not (scratch / "samples.npy").exists()
    np.testing.assert_array_equal(codec.read(Audio, folder=tmp_path / "a").samples, np.arange(10))


def test_a_piece_of_a_mapped_file_is_written_as_it_is(tmp_path: Path) -> None:
    np.save(tmp_path / "whole.npy", np.arange(10, dtype=np.float32))
    part = np.load(tmp_path / "whole.npy", mmap_mode="r")[3:6]
    codec.write(Audio(part, 1, 0.0, 1.0), Audio, folder=tmp_path / "a", scratch=tmp_path)
    assert codec.read(Audio, folder=tmp_path / "a").samples.tolist() == [3, 4, 5]
    assert (tmp_path / "whole.npy").exists()


def test_files_elsewhere_stay_where_they_are(tmp_path: Path) -> None:
    mine = tmp_path / "mine.musicxml"
    mine.write_text("<score/>")
    codec.write(Document(mine, "T", (), {}), Document, folder=tmp_path / "a", scratch=tmp_path / "scratch")
    assert mine.exists()
    assert codec.read(Document, folder=tmp_path / "a").musicxml.read_text() == "<score/>"


def test_files_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text(name)
    two = Two(np.zeros((2, 2), np.int8), np.ones(3, np.int8), (tmp_path / "a" / "x.txt", tmp_path / "b" / "x.txt"))
    codec.write(two, Two, folder=tmp_path / "out")
    again = codec.read(Two, folder=tmp_path / "out")
    assert [path.read_text() for path in again.files] == ["a", "b"]
    assert again.left.shape == (2, 2)
    assert again.right.tolist() == [1, 1, 1]


@pytest.mark.parametrize("harm", ["missing", "torn", "other", "outside"])
def test_damage_is_noticed(tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "a"
    codec.write(Audio(np.zeros(100, np.float32), 1, 0.0, 1.0), Audio, folder=folder)
    array = next(folder.glob("*.npy"))
    if harm == "missing":
        array.unlink()
    elif harm == "torn":
        array.write_bytes(array.read_bytes()[:150])
    elif harm == "other":
        (folder / "value.json").write_text('{"samples": 3}')
    else:
        text = (folder / "value.json").read_text().replace(array.name, f"../{array.name}")
        array.rename(tmp_path / array.name)
        (folder / "value.json").write_text(text)
    with pytest.raises(codec.Damaged):
        codec.read(Audio, folder=folder)


@pytest.mark.parametrize("value", [Note(0.0, 1.0, 60, 1, 0.5), {"a": [1, 2]}, "text", 3])
def test_partial_results_need_no_declared_type(tmp_path: Path, value: object) -> None:
    codec.write_any(value, folder=tmp_path / "p")
    assert codec.read_any(folder=tmp_path / "p") == value


def test_a_partial_array_comes_back(tmp_path: Path) -> None:
    codec.write_any(np.arange(4), folder=tmp_path / "p")
    assert codec.read_any(folder=tmp_path / "p").tolist() == [0, 1, 2, 3]
