"""Files of all kinds become grey pages; files nobody should open end in a clear word, and other pages are read."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from media_pipeline.context import Cancelled, StageError
from media_pipeline.omr import raster
from media_pipeline.omr.raster import Sheet, rasterise


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


def test_lines_that_overlap_are_read_one_by_one(tmp_path: Path) -> None:
    """Each letter is drawn by itself, as some engravers do; then letters of both lines come from left to right."""
    drawn = b""
    for text, size, x, y in (("The Miller", 20, 144.0, 698.0), ("second version", 14, 153.3, 702.1)):
        for letter in text:
            drawn += f"BT /F1 {size} Tf {x:.1f} {y} Td ({letter}) Tj ET ".encode()
            x += 0.6 * size  # all letters of Courier are as wide
    path = pdf(tmp_path / "a.pdf", pages=1)
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        document.pages[0].Resources.Font.F1.BaseFont = pikepdf.Name.Courier
        document.pages[0].Contents = document.make_stream(drawn)
        document.save(path)
    (sheet,) = sheets(path)
    assert sorted(word.text for word in sheet.layer) == ["Miller", "The", "second", "version"]


def test_reading_goes_on_from_any_page(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", pages=4)
    assert [(sheet.index, sheet.of) for sheet in rasterise(path, name="a", first=2)] == [(2, 4), (3, 4)]


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
        (lambda p: p.write_bytes(pdf(p, pages=3).read_bytes()[:60]), "cut short"),
        (lambda p: pdf(p, pages=201), "201 pages"),
        (lambda p: p.write_bytes(b""), "empty"),
        (lambda p: p.write_bytes(b"Dear Sir or Madam, " * 100), "neither a PDF nor a picture"),
        (lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\nwhatever"), "neither a PDF nor a picture"),
        (lambda p: p.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500)), "a HEIC photo"),
        (lambda p: Image.new("L", (60, 60)).save(p, "JPEG2000"), "a JPEG 2000 picture"),
        (lambda p: p.write_bytes(b"PK\x03\x04" + bytes(500)), "a packed folder"),
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
        next(rasterise(tmp_path / "long.pdf", name="long.pdf"))


def stream(document: pikepdf.Pdf, data: bytes, **fields: object) -> pikepdf.Object:
    """`data` as a stream that is deflated once more: a megabyte of zeros is a thousand bytes of the file."""
    return document.make_indirect(
        pikepdf.Stream(document, zlib.compress(data, 9), Filter=pikepdf.Name.FlateDecode, **fields)
    )


def picture(document: pikepdf.Pdf, data: bytes, *, coding: str, side: int = 1600) -> None:
    """Put a picture over the whole of the second page, coded as it says or not."""
    about = {"Type": pikepdf.Name.XObject, "Subtype": pikepdf.Name.Image, "ColorSpace": pikepdf.Name.DeviceGray}
    bits = 1 if coding == "JBIG2Decode" else 8
    shape = {"Width": side, "Height": side, "BitsPerComponent": bits, "Filter": pikepdf.Name("/" + coding)}
    page = document.pages[1]
    scan = document.make_indirect(pikepdf.Stream(document, data, **about, **shape))
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(S=scan))
    page.Contents = document.make_stream(b"q 595 0 0 842 0 0 cm /S Do Q")


def strokes_without_end(document: pikepdf.Pdf) -> None:
    document.pages[1].obj["/Contents"] = stream(document, b"0 0 m 9 9 l S\n" * 4_000_000)


def laughs(document: pikepdf.Pdf) -> None:
    """A form that holds ten forms that hold ten forms, twelve times over."""
    about = {"Type": pikepdf.Name.XObject, "Subtype": pikepdf.Name.Form, "BBox": [0, 0, 600, 900]}
    form = stream(document, b"0 0 10 10 re f", **about)
    for _ in range(12):
        inside = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
        form = stream(document, b"/X Do " * 10, Resources=inside, **about)
    document.pages[1].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
    document.pages[1].Contents = document.make_stream(b"/X Do")


@pytest.mark.parametrize(
    ("harm", "word"),
    [
        (strokes_without_end, "too heavy"),
        (laughs, "too heavy"),
        (lambda d: picture(d, zlib.compress(bytes(10**7), 9), coding="FlateDecode", side=100_000), "100,000 × 100,000"),
        (lambda d: picture(d, b"\0\0\0\x0cjP  \r\n\x87\n" + b"junk" * 100, coding="JPXDecode"), "damaged"),
        (lambda d: picture(d, b"\x97JB2" + b"junk" * 100, coding="JBIG2Decode"), "damaged"),
        (lambda d: picture(d, b"\xff\xd8\xff\xe0" + b"junk" * 100, coding="DCTDecode"), "damaged"),
    ],
    ids=["strokes", "billion laughs", "huge picture", "jpx", "jbig2", "jpeg"],
)
def test_a_page_made_to_do_harm_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: object, word: str
) -> None:
    monkeypatch.setattr(raster, "COMPUTING_SECONDS", 1)
    path = pdf(tmp_path / "a.pdf", pages=3)
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        harm(document)  # type: ignore[operator]
        document.save(path, compress_streams=False)
    found = sheets(path)
    assert [sheet.readable for sheet in found] == [True, False, True]
    assert word in found[1].problem
    assert found[1].hint


def noise(side: int = 1600) -> Image.Image:
    """Black specks on white, as many as a page of music has ink."""
    return Image.fromarray(np.where(np.random.default_rng(0).random((side, side)) < 0.1, 0, 255).astype(np.uint8))


def coded(coding: str) -> bytes:
    """That page as a scanner puts it into a PDF."""
    page, out = noise(), io.BytesIO()
    if coding == "FlateDecode":
        return zlib.compress(page.tobytes())
    if coding == "CCITTFaxDecode":
        page.convert("1").save(out, "TIFF", compression="group4", tiffinfo={278: page.height})  # in one strip
        with Image.open(io.BytesIO(out.getvalue())) as tiff:
            (offset,), (length,) = tiff.tag_v2[273], tiff.tag_v2[279]  # type: ignore[attr-defined]
        return out.getvalue()[offset : offset + length]
    page.save(out, "JPEG", quality=80)
    return out.getvalue()


def scan(path: Path, data: bytes, *, coding: str, stamp: bool = False, box: tuple[int, ...] = ()) -> Path:
    """Three pages, of which the second is a scan; stamp: with a line of text below, as archives print it."""
    pdf(path, pages=3)
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        page = document.pages[1]
        fonts = page.Resources.Font
        picture(document, data, coding=coding)
        page.Resources.Font = fonts
        if coding == "CCITTFaxDecode":
            page.Resources.XObject.S.BitsPerComponent = 1
            page.Resources.XObject.S.DecodeParms = pikepdf.Dictionary(K=-1, Columns=1600, Rows=1600, BlackIs1=True)
        if stamp:
            line = b" BT /F1 9 Tf 100 30 Td (Library, 1994) Tj ET"
            page.Contents = document.make_stream(page.Contents.read_bytes() + line)
        if box:
            page.obj["/MediaBox"] = pikepdf.Array(box)
        document.save(path, compress_streams=False)
    return path


@pytest.mark.parametrize("coding", ["DCTDecode", "FlateDecode", "CCITTFaxDecode"])
def test_a_scan_that_is_cut_off_inside_a_pdf_is_kept_as_far_as_it_goes_and_says_so(tmp_path: Path, coding: str) -> None:
    whole = coded(coding)
    found = sheets(scan(tmp_path / "whole.pdf", whole, coding=coding))
    assert [sheet.problem for sheet in found] == ["", "", ""]
    found = sheets(scan(tmp_path / "cut.pdf", whole[: len(whole) * 6 // 10], coding=coding))
    assert [sheet.readable for sheet in found] == [True, True, True]
    assert [bool(sheet.problem) for sheet in found] == [False, True, False]
    assert "cut short" in found[1].problem
    assert found[1].hint
    assert found[1].image[:1000].std() > 40  # specks, no even grey


def test_a_jpeg_that_is_spoilt_in_the_middle_is_said_to_be(tmp_path: Path) -> None:
    data = bytearray(coded("DCTDecode"))
    middle = len(data) // 3
    data[middle : middle + 5000] = np.random.default_rng(1).bytes(5000)
    found = sheets(scan(tmp_path / "a.pdf", bytes(data), coding="DCTDecode"))
    assert ["cut short" in sheet.problem for sheet in found] == [False, True, False]


@pytest.mark.parametrize("lost", [2, 20])
def test_a_scan_that_lacks_no_more_than_its_last_bytes_is_whole(tmp_path: Path, lost: int) -> None:
    """Some scanners leave out the code of the end."""
    for coding in ("DCTDecode", "CCITTFaxDecode"):
        (_, sheet, _) = sheets(scan(tmp_path / "a.pdf", coded(coding)[:-lost], coding=coding))
        assert not sheet.problem, coding


@pytest.mark.parametrize("share", [0.4, 0.8, 0.99])
def test_a_scan_that_gets_ever_finer_and_lacks_its_end_says_so(tmp_path: Path, share: float) -> None:
    """A progressive JPEG: all of the page is there after the first of its scans."""
    out = io.BytesIO()
    noise().save(out, "JPEG", quality=80, progressive=True)
    whole = out.getvalue()
    for data in (whole, whole + b"\n"):
        assert [sheet.problem for sheet in sheets(scan(tmp_path / "whole.pdf", data, coding="DCTDecode"))] == [""] * 3
    found = sheets(scan(tmp_path / "cut.pdf", whole[: int(len(whole) * share)], coding="DCTDecode"))
    assert [sheet.readable for sheet in found] == [True, True, True]
    assert ["less sharp" in sheet.problem for sheet in found] == [False, True, False]
    assert found[1].hint


@pytest.mark.parametrize("coding", ["DCTDecode", "JPXDecode", "JBIG2Decode", "FlateDecode"])
def test_a_scan_that_cannot_be_decoded_is_damaged_whatever_is_printed_below_it(tmp_path: Path, coding: str) -> None:
    found = sheets(scan(tmp_path / "a.pdf", b"\xff\xd8\xff\xe0" + b"junk" * 100, coding=coding, stamp=True))
    assert [sheet.readable for sheet in found] == [True, False, True]
    assert "damaged" in found[1].problem


@pytest.mark.parametrize("box", [(0, 0, 0, 0), (0, 0, 0, 842), (7, 7, 595, 7)])
def test_a_page_of_no_size_is_as_large_as_what_is_on_it(tmp_path: Path, box: tuple[int, ...]) -> None:
    path = scan(tmp_path / "a.pdf", coded("DCTDecode"), coding="DCTDecode", box=box)
    found = sheets(path)
    assert [sheet.image.shape for sheet in found] == [(2339, 1653)] * 3
    assert not found[1].problem
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        del document.pages[1].obj["/Contents"]
        document.save(path)
    found = sheets(path)
    assert [sheet.readable for sheet in found] == [True, False, True]
    assert "damaged" in found[1].problem


def test_a_white_picture_in_a_pdf_is_a_white_page(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", pages=2)
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        picture(document, zlib.compress(b"\xff" * 1600 * 1600), coding="FlateDecode")
        document.save(path)
    page = sheets(path)[1]
    assert page.readable
    assert page.image.min() == 255
    assert not page.problem


def test_what_there_is_of_a_pdf_that_was_cut_short_is_read(tmp_path: Path) -> None:
    """Its table of contents stood at the end and is lost, and so is what the last pages draw."""
    whole = pdf(tmp_path / "a.pdf", pages=12).read_bytes()
    path = tmp_path / "part.pdf"
    path.write_bytes(whole[: len(whole) * 3 // 4])
    found = sheets(path)
    assert len(found) == 12
    assert [word.text for word in found[0].layer] == ["Flute", "1", "0"]
    read = [sheet.readable for sheet in found]
    assert 4 <= sum(read) < 12
    assert read == sorted(read, reverse=True)
    assert all("damaged" in sheet.problem and sheet.hint for sheet in found if not sheet.readable)
    path.write_bytes(whole[:-200])
    found = sheets(path)
    assert [bool(sheet.problem) for sheet in found] == [False] * 11 + [True]
    assert "cut short" in found[-1].problem
    assert found[-1].readable


def test_pages_that_hang_deep_or_in_a_loop_end(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", pages=1)
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        node = document.Root.Pages
        for _ in range(5_000):
            over = document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Pages, Count=1, Kids=[node]))
            node.Parent = over
            node = over
        document.Root.Pages = node
        document.save(path)
    (sheet,) = sheets(path)
    assert not sheet.readable
    assert "damaged" in sheet.problem
    path = pdf(tmp_path / "b.pdf", pages=2)
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        document.Root.Pages.Kids.append(document.Root.Pages)
        document.save(path)
    assert [sheet.readable for sheet in sheets(path)][:2] == [True, True]


def test_scripts_and_files_in_a_pdf_do_nothing(tmp_path: Path) -> None:
    plain, loaded = pdf(tmp_path / "a.pdf", pages=1), pdf(tmp_path / "b.pdf", pages=1)
    with pikepdf.open(loaded, allow_overwriting_input=True) as document:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="while (true) this.getField('x').value = 'y';")
        document.Root.OpenAction = script
        launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=f"/usr/bin/touch {tmp_path / 'touched'}")
        document.pages[0].obj["/AA"] = pikepdf.Dictionary(O=launch)
        document.attachments["harm.exe"] = b"MZ" * 1000
        document.save(loaded)
    (one,), (other,) = sheets(plain), sheets(loaded)
    assert np.array_equal(one.image, other.image)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "b.pdf"]


def test_a_pdf_that_only_may_not_be_printed_is_read(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", pages=1)
    with pikepdf.open(path, allow_overwriting_input=True) as document:
        document.save(path, encryption=pikepdf.Encryption(owner="x", user=""))
    assert sheets(path)[0].readable


def bmp_that_claims(side: int) -> bytes:
    return struct.pack("<2sIHHI", b"BM", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, *[0] * 6)


def tiff_that_claims(side: int) -> bytes:
    numbers = {256: side, 257: side, 258: 8, 259: 1, 262: 1, 273: 200, 277: 1, 278: side, 279: 100}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in numbers.items())
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(numbers)) + entries + bytes(300)


@pytest.mark.parametrize("made", [png_that_claims, bmp_that_claims, tiff_that_claims])
def test_a_picture_that_claims_to_be_huge_is_not_believed(tmp_path: Path, made: Callable[[int], bytes]) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(made(100_000))
    (sheet,) = sheets(path)
    assert not sheet.readable
    assert "100,000 × 100,000" in sheet.problem
    assert "300 dots per inch" in sheet.hint


def test_what_there_is_of_a_truncated_picture_is_read(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.fromarray((np.indices((900, 700)).sum(0) % 256).astype(np.uint8)).save(data, "JPEG")
    path = tmp_path / "half.jpg"
    path.write_bytes(data.getvalue()[: len(data.getvalue()) // 2])
    (sheet,) = sheets(path)
    assert sheet.image.shape == (900, 700)
    assert "cut short" in sheet.problem


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
@pytest.mark.parametrize(
    ("said", "black"), [(1, "top"), (3, "bottom"), (4, "bottom"), (6, "right"), (7, "right"), (8, "left")]
)
def test_a_photo_is_turned_as_its_exif_says(tmp_path: Path, kind: str, said: int, black: str) -> None:
    picture = Image.new("RGB", (300, 200), "white")
    picture.paste("black", (0, 0, 300, 20))
    exif = Image.Exif()
    exif[0x0112] = said
    picture.save(tmp_path / "p", kind, **({"exif": exif} if kind == "JPEG" else {"tiffinfo": {0x0112: said}}))
    (sheet,) = sheets(tmp_path / "p")
    image = sheet.image
    edges = {"top": image[:10], "bottom": image[-10:], "left": image[:, :10], "right": image[:, -10:]}
    assert image.shape == ((200, 300) if said < 5 else (300, 200))
    assert edges[black].max() < 60


INK = np.full((100, 120), 255, np.uint8)
INK[40:60, 30:90] = 0


def ink(mode: str) -> Image.Image:
    """A black bar on paper; where there is transparency, the paper is it."""
    if mode in ("RGBA", "LA"):
        picture = Image.new(mode, (120, 100), (0, 0, 0, 0) if mode == "RGBA" else (0, 0))
        picture.putalpha(Image.fromarray(np.asarray(255 - INK, np.uint8)))
        return picture
    if mode == "LAB":
        rgb, lab = (ImageCms.createProfile(space) for space in ("sRGB", "LAB"))
        made = ImageCms.applyTransform(ink("RGB"), ImageCms.buildTransform(rgb, lab, "RGB", "LAB"))
        assert made is not None
        return made
    numbers: dict[str, NDArray[Any]] = {
        "12 bits": INK.astype(np.uint16) * 16,
        "16 bits": INK.astype(np.uint16) * 257,
        "32 bits": INK.astype(np.int32) * 257,
        "real": INK.astype(np.float32) / 255,
    }
    return Image.fromarray(numbers[mode]) if mode in numbers else Image.fromarray(INK).convert(mode)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *((mode, "PNG") for mode in ("RGBA", "LA", "P", "1", "L", "16 bits")),
        *((mode, "TIFF") for mode in ("CMYK", "YCbCr", "LAB", "12 bits", "16 bits", "32 bits", "real", "1", "RGBA")),
        *((mode, "JPEG") for mode in ("CMYK", "RGB")),
        *(("L", kind) for kind in ("GIF", "BMP", "WEBP", "MPO")),
    ],
)
def test_every_way_to_store_ink_gives_dark_on_light(tmp_path: Path, mode: str, kind: str) -> None:
    ink(mode).save(tmp_path / "p", kind)
    (sheet,) = sheets(tmp_path / "p")
    assert sheet.image[5, 5] > 245
    assert sheet.image[50, 60] < 10
    assert not sheet.problem


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_a_picture_that_moves_the_first_frame_is_read_and_said_to_be(tmp_path: Path, kind: str) -> None:
    later = Image.fromarray(np.asarray(255 - INK, np.uint8))
    ink("L").save(tmp_path / "p", kind, save_all=True, append_images=[later, ink("L")])
    (sheet,) = sheets(tmp_path / "p")
    assert sheet.image[5, 5] > 245
    assert "moves" in sheet.problem
    assert sheet.hint


def test_all_pages_of_a_tiff_come_in_order(tmp_path: Path) -> None:
    pages = [Image.new("L", (200 + 10 * i, 300), 255) for i in range(3)]
    pages[0].save(tmp_path / "t.tif", save_all=True, append_images=pages[1:])
    assert [sheet.image.shape[1] for sheet in sheets(tmp_path / "t.tif")] == [200, 210, 220]


def test_a_page_of_a_tiff_that_is_cut_short_is_said_to_be_and_no_other(tmp_path: Path) -> None:
    """The end of the file is the end of the first page's pixels: pillow writes the pages one after the other."""
    path = tmp_path / "t.tif"
    dice = np.random.default_rng(1)
    pages = [Image.fromarray(dice.integers(0, 255, (300, 200), np.uint8)) for _ in range(3)]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    data = path.read_bytes()
    path.write_bytes(data[:-30_000])
    found = sheets(path)
    assert [bool(sheet.problem) for sheet in found] == [False] * (len(found) - 1) + [True]
    assert all(sheet.image.shape == (300, 200) for sheet in found[:2])


def test_a_cancel_is_heard_while_a_page_is_awaited(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", pages=2)

    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        list(rasterise(path, name="a", check=cancel))
