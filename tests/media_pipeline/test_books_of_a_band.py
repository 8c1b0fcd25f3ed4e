"""`manage.py part_books`: books in, every player's folder out; what cannot be read is said and left out."""

from __future__ import annotations

import zipfile
from io import StringIO
from pathlib import Path

import pypdfium2
import pytest
from django.core.management import CommandError, call_command

from notation.musicxml import edit, tree
from notation.musicxml.read import read
from notation.musicxml.walk import walk
from tests.media_pipeline.test_read_pages import tune
from tests.score.parts import Head, document, note, opening
from tests.score.test_assemble import part


def run(*files: Path, out: Path, **options: object) -> str:
    said = StringIO()
    call_command("part_books", *map(str, files), out=out, stdout=said, stderr=StringIO(), **options)
    return said.getvalue()


def pitches(path: Path) -> list[int]:
    """MIDI pitches of a document's first part."""
    return [n.pitch for bar in walk(read(path.read_bytes()).findall("part")[0]) for n in bar.notes if n.pitch]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A scanned book of a flute, and two notation files with the same song."""
    from notation.exports import export

    folder = tmp_path_factory.mktemp("books")
    document, _ = tune()
    files = [export("pdf", document, folder=folder, title="Evening Air")]
    for name, octave in (("Oboe", 5), ("Trombone 1", 3)):
        path = folder / f"{name}.musicxml"
        path.write_bytes(tree.to_bytes(part(name, bars=24, title="Evening Air", octave=octave)))
        files.append(path)
    return files


def test_from_books_to_every_players_folder(books: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "Concert"
    run(*books, out=out, derive="Violin,Cello", zip=True)
    printed = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    names = ("Flute 1", "Oboe", "Trombone 1", "Violin", "Cello")
    assert printed == {
        "report.txt", "Concert.zip", "scores/Evening Air.pdf", "scores/Evening Air.musicxml",
        *(f"books/Concert - {name}.pdf" for name in names),
        *(f"parts/Evening Air/Evening Air - {name}{kind}" for name in names for kind in (".pdf", ".musicxml")),
    }  # fmt: skip
    score = read((out / "scores/Evening Air.musicxml").read_bytes())
    assert list(edit.part_names(score).values()) == ["Flute 1", "Oboe", "Trombone 1", "Violin", "Cello"]
    assert {len(one.findall("measure")) for one in score.findall("part")} == {24}
    violin = pitches(out / "parts/Evening Air/Evening Air - Violin.musicxml")
    flute = pitches(out / "parts/Evening Air/Evening Air - Flute 1.musicxml")
    assert {above - below for above, below in zip(flute, violin, strict=True)} <= {0, 12}  # what is too low stays
    assert min(violin) >= 55
    report = (out / "report.txt").read_text()
    assert "3 books, 1 songs" in report
    assert "derived: Violin from Flute 1, an octave lower" in report
    book = pypdfium2.PdfDocument(out / "books/Concert - Violin.pdf")
    assert "Evening Air" in "".join(page.get_textpage().get_text_range() for page in book)
    book.close()
    with zipfile.ZipFile(out / "Concert.zip") as archive:
        assert set(archive.namelist()) == printed - {"report.txt", "Concert.zip"}


def test_pictures_are_the_pages_of_one_book(books: list[Path], tmp_path: Path) -> None:
    scan = pypdfium2.PdfDocument(books[0])
    for name in ("page 10.png", "page 9.png"):
        scan[0].render(scale=2).to_pil().save(tmp_path / name)
    scan.close()
    run(tmp_path / "page 10.png", tmp_path / "page 9.png", books[1], out=tmp_path / "out")
    report = (tmp_path / "out/report.txt").read_text()
    assert report.startswith("2 books, 1 songs")
    assert "bars: Flute 1 48, Oboe 24" in report  # the same page twice


def test_a_file_that_cannot_be_read_is_left_out_and_said(books: list[Path], tmp_path: Path) -> None:
    broken = tmp_path / "Horn.musicxml"
    broken.write_text("<score-partwise><part")
    run(broken, books[1], out=tmp_path / "out")
    assert "Horn.musicxml is left out: " in (tmp_path / "out/report.txt").read_text()
    assert (tmp_path / "out/books/out - Oboe.pdf").exists()
    assert broken.exists()


def test_nothing_to_read(tmp_path: Path) -> None:
    broken = tmp_path / "Horn.musicxml"
    broken.write_text("no notation")
    with pytest.raises(CommandError, match=r"no music in these files.*Horn\.musicxml is left out"):
        run(broken, out=tmp_path / "out")
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "absent.pdf", out=tmp_path / "out")


def test_rules_are_listed_and_an_unknown_one_is_named(books: list[Path], tmp_path: Path) -> None:
    assert "Viola: Flute 3" in run(books[1], out=tmp_path, rules=True)
    with pytest.raises(CommandError, match=r"no rule for Ocarina\. There are rules for Flute 2"):
        run(books[1], out=tmp_path, derive="Violin,Ocarina")


def test_notation_files_go_to_the_books_of_their_instruments(tmp_path: Path) -> None:
    """Whatever they are called, and beside what was read from pages."""
    from media_pipeline.management.commands.part_books import sniffed, written
    from notation.musicxml.join import join
    from notation.score.assemble import Book, Song

    paths = []
    for title in ("March", "Waltz"):
        parts = {name: part(name, title=title, octave=octave) for name, octave in (("Oboe", 5), ("Trombone 1", 3))}
        paths.append(tmp_path / f"{title}.txt")
        paths[-1].write_bytes(tree.to_bytes(join(parts, title=title).root))
    assert {sniffed(path).kind for path in paths} == {"notation"}
    read_books = [Book("Trombone 1", (Song("Waltz", part("Trombone 1")), Song("Polka", part("Trombone 1"))))]
    found = written(paths, books=read_books, notes=[])
    assert {book.name: [song.title for song in book.songs] for book in found} == {
        "Trombone 1": ["Polka", "March", "Waltz"], "Oboe": ["March", "Waltz"],
    }  # fmt: skip


def test_a_score_at_concert_pitch_is_written_as_it_sounds(tmp_path: Path) -> None:
    """The clarinet's part stays as its player reads it."""
    written = [opening(2, transpose=(-1, -2, 0)) + note([Head("D", 0, 5)], 16)]
    files = [tmp_path / "Clarinet in Bb.musicxml", tmp_path / "Flute.musicxml"]
    files[0].write_bytes(tree.to_bytes(document(written, name="Clarinet in Bb")))
    files[1].write_bytes(tree.to_bytes(document([opening(0) + note([Head("C", 0, 5)], 16)])))
    for file in files:
        root = read(file.read_bytes())
        edit.set_title(root, "March")
        file.write_bytes(tree.to_bytes(root))
    out = tmp_path / "Concert"
    run(*files, out=out, concert=True)
    score = read((out / "scores/March.musicxml").read_bytes())
    assert list(edit.part_names(score).values()) == ["Flute", "Clarinet in Bb"]
    for sounding in score.findall("part"):
        assert sounding.findtext("measure/note/pitch/step") == "C"
        assert sounding.findtext("measure/note/pitch/octave") == "5"
        assert sounding.findtext(".//key/fifths") == "0"
        assert sounding.find(".//transpose") is None
    part = read((out / "parts/March/March - Clarinet.musicxml").read_bytes())
    assert (part.findtext(".//pitch/step"), part.findtext(".//key/fifths")) == ("D", "2")
