"""The print set: what is in which folder, how many copies, and what is left when it ends early."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from notation.engrave.naming import namer
from notation.engrave.printset import Chair, Concert, ConcertSong, Made, packed, print_set, stacked
from notation.engrave.rebind import Slice
from notation.musicxml import NotationError
from notation.musicxml.read import read
from tests.engrave import samples
from tests.engrave.test_book import part


class Enough(BaseException):
    pass


def concert(*, titles: tuple[str, str] = ("March", "Waltz")) -> Concert:
    flute, tuba = part(6), part(6, name="Tuba", first=60)
    both = samples.score([(n, samples.measure(1, samples.note(72, 16), start=samples.attributes())) for n in "AB"])
    return Concert(
        "Summer Concert",
        (
            ConcertSong(titles[0], {"Flute": flute, "Tuba": tuba}, "A. Nonymous", score=read(both)),
            ConcertSong(titles[1], {"Flute": part(5)}),
        ),
    )


def names(made: Made) -> list[str]:
    return [path.relative_to(made.folder).as_posix() for path in made.files]


def pages(path: Path) -> int:
    with pypdfium2.PdfDocument(path) as file:
        return len(file)


def words(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as file:
        return " ".join(page.get_textpage().get_text_range() for page in file)


def test_a_folder_tree(tmp_path: Path) -> None:
    made = print_set(concert(), folder=tmp_path / "out")
    assert names(made) == [
        "books/Summer Concert - Flute.pdf",
        "books/Summer Concert - Tuba.pdf",
        "scores/March.pdf",
        "scores/March.musicxml",
        "parts/March/March - Flute.pdf",
        "parts/March/March - Flute.musicxml",
        "parts/March/March - Tuba.pdf",
        "parts/March/March - Tuba.musicxml",
        "parts/Waltz/Waltz - Flute.pdf",
        "parts/Waltz/Waltz - Flute.musicxml",
    ]
    assert sorted(names(made)) == sorted(
        path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*") if path.is_file()
    )
    for path in made.files:
        assert pages(path) if path.suffix == ".pdf" else read(path.read_bytes()).findtext("work/work-title")


def test_one_zip_of_it_all(tmp_path: Path) -> None:
    made = print_set(concert(), folder=tmp_path / "out")
    packed(made, target=tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == names(made)
    first = (tmp_path / "all.zip").read_bytes()
    packed(made, target=tmp_path / "all.zip")
    assert (tmp_path / "all.zip").read_bytes() == first


def test_copies_in_the_order_of_the_list(tmp_path: Path) -> None:
    chairs = [Chair("Tuba", "Anna", copies=3), Chair("Flute", copies=2), Chair("Tuba", "Ben")]
    made = print_set(concert(), chairs, folder=tmp_path)
    count = stacked(made, chairs, target=tmp_path / "pile.pdf")
    assert count == pages(tmp_path / "pile.pdf")
    with pypdfium2.PdfDocument(tmp_path / "pile.pdf") as file:
        covers = [i for i, page in enumerate(file) if "Summer Concert" in page.get_textpage().get_text_range()]
        assert all(cover % 2 == 0 for cover in covers)  # every copy begins on a new sheet
        said = [" ".join(file[cover].get_textpage().get_text_range().split()) for cover in covers]
    assert [text.removeprefix("Summer Concert ") for text in said] == ["Tuba Anna"] * 3 + ["Flute"] * 2 + ["Tuba Ben"]
    with pikepdf.open(tmp_path / "pile.pdf") as pile, pile.open_outline() as outline:
        assert [item.title for item in outline.root] == [
            "Tuba - Anna (1)", "Tuba - Anna (2)", "Tuba - Anna (3)", "Flute (1)", "Flute (2)", "Tuba - Ben",
        ]  # fmt: skip


def test_copies_cost_no_room(tmp_path: Path) -> None:
    made = print_set(concert(), folder=tmp_path)
    sizes = []
    for copies in (1, 40):
        stacked(made, [Chair("Flute", copies=copies)], target=tmp_path / "pile.pdf")
        sizes.append((tmp_path / "pile.pdf").stat().st_size)
    assert sizes[1] < 2 * sizes[0]


def test_names_that_no_file_system_takes(tmp_path: Path) -> None:
    made = print_set(
        concert(titles=("../../AC/DC 🎺", "שיר הנמל")), folder=tmp_path / "out", pattern="{number} {part}/{song}"
    )
    assert all(path.resolve().is_relative_to((tmp_path / "out").resolve()) for path in made.files)
    assert [path.name for path in made.files if path.parent.parent.name == "parts" and path.suffix == ".pdf"] == [
        "1 Flute-AC-DC 🎺.pdf", "1 Tuba-AC-DC 🎺.pdf", "2 Flute-שיר הנמל.pdf",
    ]  # fmt: skip
    packed(made, target=tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == names(made)


def test_two_songs_of_one_title_have_two_folders(tmp_path: Path) -> None:
    made = print_set(concert(titles=("March", "MARCH")), folder=tmp_path)
    assert len({name.casefold() for name in names(made)}) == len(made.files)


@pytest.mark.parametrize("pattern", ["{title}", "{song", "no field", "{song!r}", "{song.__class__}"])
def test_patterns_that_make_no_sense(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(NotationError, match="pattern"):
        print_set(concert(), folder=tmp_path / "out", pattern=pattern)
    assert not (tmp_path / "out").exists()


def test_a_pattern_without_its_ending() -> None:
    assert namer("{set} - {song} ({part}).pdf")(set="S", song="A/B", part="Flute") == "S - A-B (Flute)"


def test_a_part_that_no_song_has(tmp_path: Path) -> None:
    with pytest.raises(NotationError, match="Oboe"):
        print_set(concert(), [Chair("Oboe")], folder=tmp_path)


def test_an_end_in_the_middle_keeps_what_was_made(tmp_path: Path) -> None:
    out, cache = tmp_path / "out", tmp_path / "cache"

    def check() -> None:
        if list(out.glob("books/*.pdf")):
            raise Enough

    with pytest.raises(Enough):
        print_set(concert(), folder=out, cache=cache, check=check)
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in left if path.name.startswith(".")]
    assert all(pages(path) for path in left if path.suffix == ".pdf")
    assert list(cache.iterdir())


def test_a_full_disk_leaves_no_half_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = print_set(concert(), folder=tmp_path / "out")
    packed(made, target=tmp_path / "all.zip")
    before = (tmp_path / "all.zip").read_bytes()
    written = 0
    real = zipfile.ZipFile.writestr

    def full(archive: zipfile.ZipFile, *args: Any, **options: Any) -> None:
        nonlocal written
        written += 1
        if written == 3:
            raise OSError(28, "No space left on device")
        real(archive, *args, **options)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(NotationError, match="No space left") as error:
        packed(made, target=tmp_path / "all.zip")
    assert not error.value.permanent
    assert (tmp_path / "all.zip").read_bytes() == before
    assert all(path.exists() for path in made.files)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_cancelled_zip_is_none(tmp_path: Path) -> None:
    made = print_set(concert(), folder=tmp_path / "out")
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked == 4:
            raise Enough

    with pytest.raises(Enough):
        packed(made, target=tmp_path / "all.zip", check=check)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_stands_aside_is_nothing_to_the_other_books(tmp_path: Path) -> None:
    """All pages of a book in which no song is marked: the others neither list them nor leave room for them."""
    scan = pikepdf.new()
    for _ in range(3):
        scan.add_blank_page(page_size=(595, 842))
    scan.save(tmp_path / "scan.pdf")
    slices = tuple(Slice(tmp_path / "scan.pdf", "scan.pdf", page) for page in range(3))
    every = ConcertSong("All pages", {"Drums": slices}, aside=True)
    before = concert()
    alone = print_set(before, folder=tmp_path / "alone", what=["books"])
    made = print_set(replace(before, songs=(*before.songs, every)), folder=tmp_path / "out", what=["books", "parts"])
    flute, tuba, drums = made.books
    assert (flute.pages, tuba.pages) == (alone.books[0].pages, alone.books[1].pages)
    assert flute.starts[2] is None
    assert drums.starts[:2] == (None, None)
    assert drums.starts[2] is not None
    assert drums.pages == drums.starts[2] + 2
    assert "All pages" in words(drums.path)
    assert "All pages" not in words(flute.path)
    assert "March" in words(drums.path)  # struck through, as what a book lacks is
    assert "parts/All pages/All pages - Drums.pdf" in names(made)
