"""Original pages cut and rebound: what is on the new pages, and what hostile files get."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from PIL import Image, ImageDraw

from notation.engrave.rebind import Piece, Slice, rebind, volumes
from notation.engrave.stamp import Words, word_pages
from notation.engrave.style import Style
from notation.musicxml import NotationError

A4 = (210.0, 297.0)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of three pages: "one-top" and "one-foot" on the first, and so on."""
    path = tmp_path / "book.pdf"
    pages = [[Words(f"{n}-top", 60, 40, 8), Words(f"{n}-foot", 60, 250, 8)] for n in ("one", "two", "three")]
    word_pages(pages, target=path, size_mm=A4)
    return path


def texts(path: Path) -> list[str]:
    """The words that can be seen: those that a clip hides are out of their page's box or have no ink."""
    found = []
    with pypdfium2.PdfDocument(path) as file:
        for page in file:
            words = page.get_textpage()
            picture = page.render(scale=2, grayscale=True).to_pil()
            seen = []
            for word in ("one", "two", "three"):
                for end in ("top", "foot"):
                    at = words.search(f"{word}-{end}").get_next()
                    if at is None:
                        continue
                    boxes = [words.get_charbox(at[0] + i) for i in range(at[1])]
                    left, bottom = min(b[0] for b in boxes), min(b[1] for b in boxes)
                    right, top = max(b[2] for b in boxes), max(b[3] for b in boxes)
                    height = page.get_height()
                    area = picture.crop(
                        (round(2 * left), round(2 * (height - top)), round(2 * right), round(2 * (height - bottom)))
                    )
                    outside = left < 0 or bottom < 0 or top > height or right > page.get_width()
                    if not outside and area.width and area.height and min(area.tobytes()) < 128:
                        seen.append(f"{word}-{end}")
            found.append(" ".join(seen))
    return found


def piece(*slices: Slice, song: str = "March", instrument: str = "Flute") -> Piece:
    return Piece(song, instrument, slices)


def bound(tmp_path: Path, *pieces: Piece, style: Style | None = None) -> Path:
    (volume,) = (
        volumes(pieces, by="both", title="Set")[:1]
        if len(pieces) == 1
        else volumes(pieces, by="instrument", title="Set")
    )
    target = tmp_path / "out.pdf"
    rebind(volume, target=target, style=style)
    return target


def test_slices_are_cut_and_stacked(book: Path, tmp_path: Path) -> None:
    lower, upper = Slice(book, "book.pdf", 0, top=0.5), Slice(book, "book.pdf", 1, bottom=0.5)
    assert texts(bound(tmp_path, piece(lower, upper))) == ["one-foot two-top"]


def test_pages_stay_drawings(book: Path, tmp_path: Path) -> None:
    """Letters stay letters and nothing becomes a picture."""
    target = bound(tmp_path, piece(Slice(book, "book.pdf", 0)))
    with pikepdf.open(target) as file:
        (form,) = [x for name, x in file.pages[0].resources.XObject.items() if name == "/P0"]
        assert form.Subtype == "/Form"
    with pypdfium2.PdfDocument(target) as file:
        assert "one-top" in file[0].get_textpage().get_text_range()


def test_a_book_by_instrument_has_cover_index_and_numbers(book: Path, tmp_path: Path) -> None:
    whole = [Slice(book, "book.pdf", n) for n in range(3)]
    pieces = [
        piece(*whole[:2], song="March"),
        piece(whole[2], song="Waltz"),
        piece(whole[0], song="Polka", instrument="Tuba"),
    ]
    flute, tuba = volumes(pieces, by="instrument", title="Set")
    made = rebind(flute, target=tmp_path / "out.pdf")
    assert made.starts == (4, 6)  # two pages face each other
    assert made.pages == 6
    assert texts(tmp_path / "out.pdf")[3:] == ["one-top one-foot", "two-top two-foot", "three-top three-foot"]
    with pypdfium2.PdfDocument(tmp_path / "out.pdf") as file:
        pages = [page.get_textpage().get_text_range() for page in file]
    assert "Flute" in pages[0]
    assert all(song in pages[1] for song in ("March", "Waltz", "Polka"))  # the last one struck through
    assert "4" in pages[3].split()
    with pikepdf.open(tmp_path / "out.pdf") as file, file.open_outline() as outline:
        assert [item.title for item in outline.root] == ["Contents", "March", "Waltz"]
    assert [piece.song for piece in tuba.pieces] == ["Polka"]


def test_a_song_of_all_instruments_is_handed_out_sheet_by_sheet(book: Path, tmp_path: Path) -> None:
    pieces = [piece(Slice(book, "book.pdf", n), instrument=name) for n, name in enumerate(("Flute", "Oboe", "Tuba"))]
    (song,) = volumes(pieces, by="song", title="Set")
    assert rebind(song, target=tmp_path / "out.pdf").starts == (3, 5, 7)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("inner", [0, 90, 180, 270])
def test_turned_pages_stand_upright(turn: int, inner: int, book: Path, tmp_path: Path) -> None:
    """A page lies turned in its file, partly told by the PDF itself (/Rotate), and is set upright."""
    turned = tmp_path / "turned.pdf"
    with pikepdf.open(book) as file:
        page = file.pages[0]
        page.rotate(inner, relative=False)
        file.save(turned)
    cut = Slice(turned, "turned.pdf", 0, turn=turn)
    with pypdfium2.PdfDocument(turned) as file:
        expected = file[0].render(scale=1, grayscale=True, rotation=turn).to_pil()
    target = bound(tmp_path, piece(cut))
    with pypdfium2.PdfDocument(target) as file:
        got = file[0].render(scale=1, grayscale=True).to_pil()
    box = got.crop((0, 25, got.width, got.height - 28))  # without our own words
    ours, theirs = ink(box), ink(expected)
    assert (ours[2] - ours[0]) / (ours[3] - ours[1]) == pytest.approx(
        (theirs[2] - theirs[0]) / (theirs[3] - theirs[1]), rel=0.1
    )
    # The words stand left of the middle and their lower line is as long: where the ink is tells which way is up.
    assert side_of(box.crop(ours)) == side_of(expected.crop(theirs))


def ink(picture: Image.Image) -> tuple[int, int, int, int]:
    box = picture.point(lambda v: 255 if v < 200 else 0).getbbox()
    assert box is not None
    return box


def side_of(picture: Image.Image) -> str:
    """The side of a box of ink towards which "top" and "foot" begin: that with most ink in a strip of a tenth."""
    dark = picture.point(lambda v: 255 - v)
    w, h = dark.size
    strips = {
        "upper": dark.crop((0, 0, w, max(1, h // 10))),
        "lower": dark.crop((0, h - max(1, h // 10), w, h)),
        "left": dark.crop((0, 0, max(1, w // 10), h)),
        "right": dark.crop((w - max(1, w // 10), 0, w, h)),
    }
    return max(strips, key=lambda name: sum(strips[name].tobytes()))


def photo(path: Path, *, orientation: int = 1, kind: str = "JPEG", mode: str = "RGB") -> Path:
    """A page with a black upper left corner, as it is seen once its orientation is followed."""
    picture = Image.new("RGB", (600, 800), "white")
    ImageDraw.Draw(picture).rectangle((0, 0, 150, 150), fill="black")
    back = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270,
            2: Image.Transpose.FLIP_LEFT_RIGHT, 4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
            7: Image.Transpose.TRANSVERSE}[orientation]  # fmt: skip
    if back is not None:
        picture = picture.transpose(back)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRETCAMERA"
    picture.convert(mode).save(path, kind, **({"exif": exif} if kind in ("JPEG", "PNG") else {}))
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_photos_stand_as_the_camera_was_held(orientation: int, kind: str, tmp_path: Path) -> None:
    path = photo(tmp_path / "photo", orientation=orientation, kind=kind)
    target = bound(tmp_path, piece(Slice(path, "photo")))
    with pypdfium2.PdfDocument(target) as file:
        page = file[0].render(scale=1, grayscale=True).to_pil()
    left, top, right, bottom = ink(page.crop((0, 25, page.width, page.height - 28)))
    assert left < page.width * 0.1
    assert top < page.height * 0.1
    assert right - left == pytest.approx(bottom - top, abs=4)
    assert right - left == pytest.approx(page.width / 4, rel=0.1)


def test_a_photo_does_not_tell_where_it_was_taken(tmp_path: Path) -> None:
    path = photo(tmp_path / "photo.jpg")
    assert b"SECRETCAMERA" in path.read_bytes()
    with pikepdf.open(bound(tmp_path, piece(Slice(path, "photo.jpg")))) as file:
        picture = file.pages[0].resources.XObject["/P0"]
        assert picture.Filter == "/DCTDecode"  # the same picture, not written anew
        assert b"SECRETCAMERA" not in picture.read_raw_bytes()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_pictures_of_every_kind(mode: str, tmp_path: Path) -> None:
    picture = Image.new("L", (600, 800), 255)
    ImageDraw.Draw(picture).rectangle((0, 0, 150, 150), fill=0)
    path = tmp_path / "scan.tif"
    if mode == "I;16":
        picture = Image.frombytes("I;16", picture.size, b"".join(bytes((v, v)) for v in picture.tobytes()))
    elif mode == "CMYK":
        picture = picture.convert("RGB").convert("CMYK")
    else:
        picture = picture.convert(mode)
    picture.save(path, "TIFF")
    with pypdfium2.PdfDocument(bound(tmp_path, piece(Slice(path, "scan.tif")))) as file:
        page = file[0].render(scale=1, grayscale=True).to_pil()
    middle = page.crop((0, 25, page.width, page.height - 28))
    box = ink(middle)
    assert box[0] < page.width * 0.1
    assert box[2] - box[0] == pytest.approx(page.width / 4, rel=0.1)


def test_pages_of_a_tiff(tmp_path: Path) -> None:
    pages = [Image.new("L", (300, 400), shade) for shade in (0, 255)]
    pages[0].save(tmp_path / "scan.tif", save_all=True, append_images=pages[1:])
    rebind(
        volumes([piece(Slice(tmp_path / "scan.tif", "scan.tif", 1))], by="both", title="")[0],
        target=tmp_path / "out.pdf",
    )
    with pytest.raises(NotationError, match=r"Page 3 of “scan\.tif”"):
        bound(tmp_path, piece(Slice(tmp_path / "scan.tif", "scan.tif", 2)))


def test_scripts_links_and_attachments_stay_behind(book: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.pdf"
    with pikepdf.open(book) as file:
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('EVIL')")
        file.Root.OpenAction = script
        file.pages[0].obj.AA = pikepdf.Dictionary(O=script)
        file.pages[0].obj.Annots = pikepdf.Array(
            [file.make_indirect(pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 99, 99], A=script))]
        )  # fmt: skip
        file.attachments["evil.exe"] = b"EVIL"
        file.save(hostile)
    target = bound(tmp_path, piece(Slice(hostile, "hostile.pdf")))
    plain = io.BytesIO()
    with pikepdf.open(target) as file:
        assert "/OpenAction" not in file.Root
        assert not file.attachments
        file.save(plain, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all)
    assert b"EVIL" not in plain.getvalue()
    assert texts(target) == ["one-top one-foot"]


def test_what_cannot_be_opened_is_named(book: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked.pdf"
    with pikepdf.open(book) as file:
        file.save(locked, encryption=pikepdf.Encryption(user="secret", owner="more"))
    noise = tmp_path / "noise.pdf"
    noise.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 20)
    words = tmp_path / "words.txt"
    words.write_text("not a page")
    empty = tmp_path / "empty.pdf"
    empty.write_bytes(b"")
    flat = tmp_path / "flat.pdf"
    with pikepdf.open(book) as file:
        file.pages[1].mediabox = pikepdf.Array([0, 0, 0, 0])
        file.save(flat)
    for cut, said in (
        (Slice(locked, "Flute.pdf"), "“Flute.pdf” is locked"),
        (Slice(noise, "Oboe.pdf"), "“Oboe.pdf” is damaged"),
        (Slice(words, "Horn.txt"), "“Horn.txt” is neither"),
        (Slice(empty, "Tuba.pdf"), "“Tuba.pdf” is neither"),
        (Slice(flat, "Cello.pdf", 1), "Page 2 of “Cello.pdf” is damaged"),
        (Slice(book, "book.pdf", 7), "Page 8 of “book.pdf” is not there"),
        (Slice(book, "book.pdf", 0, top=0.7, bottom=0.2), "cut through page 1 of “book.pdf”"),
    ):
        with pytest.raises(NotationError) as error:
            bound(tmp_path, piece(Slice(book, "book.pdf"), cut))
        assert said in error.value.message
        assert not (tmp_path / "out.pdf").exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_child_that_dies_names_the_page(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notation.engrave.rebind.MEMORY_BYTES", 120 * 2**20)
    path = tmp_path / "huge.png"
    Image.new("L", (9000, 9000), 255).save(path)
    with pytest.raises(NotationError, match=r"“huge\.png”"):
        bound(tmp_path, piece(Slice(path, "huge.png")))


def test_an_end_is_an_end(book: Path, tmp_path: Path) -> None:
    class Enough(BaseException):
        pass

    def check() -> None:
        raise Enough

    volume = volumes([piece(Slice(book, "book.pdf"))], by="both", title="")[0]
    with pytest.raises(Enough):
        rebind(volume, target=tmp_path / "out.pdf", check=check)
    assert [path.name for path in tmp_path.iterdir()] == ["book.pdf"]


@pytest.mark.parametrize("paper", ["A4", "Letter", "A5"])
def test_paper(paper: str, book: Path, tmp_path: Path) -> None:
    style = Style(paper=paper)  # type: ignore[arg-type]
    with pypdfium2.PdfDocument(bound(tmp_path, piece(Slice(book, "book.pdf")), style=style)) as file:
        size = [side * 25.4 / 72 for side in file[0].get_size()]
    assert size == pytest.approx(style.size_mm, abs=0.2)
