"""Files of all kinds become grey pages; files nobody should open end in a clear word, and other pages are read."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pikepdf
import pytest
from PIL import Image

from media_pipeline.context import Cancelled, StageError
from media_pipeline.omr import raster
from media_pipeline.omr.raster import Sheet, count, rasterise


def sheets(path: Path) -> list[Sheet]:
    return list(rasterise(path, name=path.name))


def pdf(path: Path, *, pages: int, broken: int | None = None, text: str = "Flute 1", locked: bool = False) -> Path:
    """A4 pages with a word at 2 inches from the left and from the top."""
    document = pikepdf.new()
    font = document.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    )
    for index in range(pages):
        page = document.add_blank_page(page_size=(595, 842))
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.Contents = document.make_stream(f"BT /F1 20 Tf 144 698 Td ({text} {index}) Tj ET".encode())
        if index == broken:
            del page.obj["/Type"]
            page.obj["/MediaBox"] = pikepdf.Array([0, 0, 0.001, 90000])
    document.save(path, encryption=pikepdf.Encryption(owner="x", user="y") if locked else None)
    return path


def png_that_claims(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def test_a_pdf_is_drawn_at_200_dpi_with_its_words_in_place(tmp_path: Path) -> None:
    first, second = sheets(pdf(tmp_path / "a.pdf", pages=2))
    assert first.image.shape == (2339, 1653)
    assert first.image.dtype == np.uint8
    assert [word.text for word in second.layer] == ["Flute", "1", "1"]
    box = first.layer[0].box
    assert box.x0 == pytest.approx(400, abs=8)
    assert box.y1 == pytest.approx(400, abs=8)
    inside = first.image[int(box.y0) : int(box.y1) + 1, int(box.x0) : int(box.x1) + 1]
    assert inside.min() < 60
    assert first.layer[0].confidence == 1.0


def test_reading_goes_on_from_any_page(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", pages=4)
    assert count(path, name="a") == 4
    assert [sheet.index for sheet in rasterise(path, name="a", first=2)] == [2, 3]


def test_a_page_out_of_all_shape_does_not_stop_the_others(tmp_path: Path) -> None:
    found = sheets(pdf(tmp_path / "a.pdf", pages=3, broken=1))
    assert [sheet.readable for sheet in found] == [True, False, True]
    assert "damaged" in found[1].problem


def test_a_page_that_ends_the_child_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is allowed so little memory that the picture of 144 million pixels in the middle kills it."""
    path = tmp_path / "a.tiff"
    small, large = Image.new("1", (800, 1000), 1), Image.new("1", (12_000, 12_000))
    small.save(path, save_all=True, append_images=[large, small], compression="group4")
    monkeypatch.setattr(raster, "MEMORY_BYTES", 400 * 2**20)
    found = sheets(path)
    assert [sheet.readable for sheet in found] == [True, False, True]
    assert "too heavy" in found[1].problem
    assert found[1].hint


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda p: pdf(p, pages=1, locked=True), "password"),
        (lambda p: p.write_bytes(pdf(p, pages=3).read_bytes()[:300]), "cut short"),
        (lambda p: pdf(p, pages=201), "201 pages"),
        (lambda p: p.write_bytes(b""), "empty"),
        (lambda p: p.write_bytes(b"Dear Sir or Madam, " * 100), "neither a PDF nor a picture"),
        (lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\nwhatever"), "neither a PDF nor a picture"),
    ],
)
def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path, make: object, word: str) -> None:
    path = tmp_path / "book.pdf"
    make(path)  # type: ignore[operator]
    with pytest.raises(StageError) as caught:
        sheets(path)
    assert word in caught.value.message
    assert "“book.pdf”" in caught.value.message
    assert caught.value.hint


def test_ten_thousand_pages_are_refused_before_any_is_drawn(tmp_path: Path) -> None:
    document = pikepdf.new()
    document.add_blank_page()
    tree = document.Root.Pages
    tree.Kids = pikepdf.Array([tree.Kids[0]] * 10_000)
    tree.Count = 10_000
    document.save(tmp_path / "long.pdf")
    with pytest.raises(StageError, match="10,000 pages"):
        count(tmp_path / "long.pdf", name="long.pdf")


def test_a_picture_that_claims_to_be_huge_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_that_claims(100_000))
    (sheet,) = sheets(path)
    assert not sheet.readable
    assert "100,000 × 100,000" in sheet.problem


def test_what_there_is_of_a_truncated_picture_is_read(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.fromarray((np.indices((900, 700)).sum(0) % 256).astype(np.uint8)).save(data, "JPEG")
    path = tmp_path / "half.jpg"
    path.write_bytes(data.getvalue()[: len(data.getvalue()) // 2])
    (sheet,) = sheets(path)
    assert sheet.image.shape == (900, 700)
    assert "cut short" in sheet.problem


def test_a_photo_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    picture = Image.new("RGB", (300, 200), "white")
    picture.paste("black", (0, 0, 300, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    picture.save(tmp_path / "p.jpg", exif=exif)
    (sheet,) = sheets(tmp_path / "p.jpg")
    assert sheet.image.shape == (300, 200)
    assert sheet.image[:, -10:].max() < 60


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "CMYK", "1", "I;16", "L"])
def test_every_way_to_store_ink_gives_dark_on_light(tmp_path: Path, mode: str) -> None:
    grey = np.full((100, 120), 255, np.uint8)
    grey[40:60, 30:90] = 0
    if mode == "I;16":
        picture = Image.fromarray(grey.astype(np.uint16) * 257)
    elif mode in ("RGBA", "LA"):
        picture = Image.new(mode, (120, 100), (0, 0, 0, 0) if mode == "RGBA" else (0, 0))
        picture.putalpha(Image.fromarray(np.asarray(255 - grey, np.uint8)))
    else:
        picture = Image.fromarray(grey).convert(mode)
    path = tmp_path / ("p.tiff" if mode == "CMYK" else "p.png")
    picture.save(path)
    (sheet,) = sheets(path)
    assert sheet.image[5, 5] > 245
    assert sheet.image[50, 60] < 10


def test_all_pages_of_a_tiff_come_in_order(tmp_path: Path) -> None:
    pages = [Image.new("L", (200 + 10 * i, 300), 255) for i in range(3)]
    pages[0].save(tmp_path / "t.tif", save_all=True, append_images=pages[1:])
    assert [sheet.image.shape[1] for sheet in sheets(tmp_path / "t.tif")] == [200, 210, 220]


def test_a_cancel_is_heard_while_a_page_is_awaited(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", pages=2)

    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        list(rasterise(path, name="a", check=cancel))
