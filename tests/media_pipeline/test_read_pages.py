"""A book read without a browser: engraved here, read, and what was read held against what was engraved."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from django.core.management import CommandError, call_command
from lxml import etree
from PIL import Image

from media_pipeline.artifacts import Book, Media
from media_pipeline.local import run_recipe
from media_pipeline.recipes import READ_PAGES
from notation.musicxml.validate import validate
from tests.omr import draw

STEPS = "CDEFGAB"


def tune(bars: int = 24, *, seed: int = 3) -> tuple[bytes, list[tuple[str, str]]]:
    """MusicXML of a melody in G major for a flute, and its (step and octave, type)."""
    dice = random.Random(seed)
    told: list[tuple[str, str]] = []
    measures = []
    for number in range(1, bars + 1):
        notes, left = "", 8
        while left:
            length = dice.choice([n for n in (1, 2, 2, 4) if n <= left])
            left -= length
            step, octave = dice.choice(STEPS), dice.choice((4, 5))
            kind = {1: "eighth", 2: "quarter", 4: "half"}[length]
            alter = "<alter>1</alter>" if step == "F" else ""
            notes += (
                f"<note><pitch><step>{step}</step>{alter}<octave>{octave}</octave></pitch>"
                f"<duration>{length}</duration><type>{kind}</type></note>"
            )
            told.append((f"{step}{octave}", kind))
        begin = ""
        if number == 1:
            begin = (
                "<attributes><divisions>2</divisions><key><fifths>1</fifths></key><time><beats>4</beats>"
                "<beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>"
            )
        measures.append(f'<measure number="{number}">{begin}{notes}</measure>')
    document = (
        '<score-partwise version="4.0"><work><work-title>Evening Air</work-title></work><part-list>'
        '<score-part id="P1"><part-name>Flute 1</part-name></score-part></part-list>'
        f'<part id="P1">{"".join(measures)}</part></score-partwise>'
    )
    return document.encode(), told


@pytest.fixture(scope="module")
def engraved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, str]]]:
    """A PDF of the melody by Copyist's own engraver."""
    from notation.exports import export

    document, told = tune()
    folder = tmp_path_factory.mktemp("engraved")
    return export("pdf", document, folder=folder, title="Evening Air"), told


@pytest.fixture(scope="module")
def scanned(engraved: tuple[Path, list[tuple[str, str]]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same page as a JPEG, a little askew and grainy."""
    import pypdfium2

    page = pypdfium2.PdfDocument(engraved[0])[0].render(scale=200 / 72).to_pil().convert("L")
    turned = np.asarray(page.rotate(0.7, fillcolor=255, resample=Image.Resampling.BICUBIC), np.float32)
    noisy = np.clip(turned * 0.9 + 10 + np.random.default_rng(1).normal(0, 8, turned.shape), 0, 255)
    path = tmp_path_factory.mktemp("scanned") / "page 1.jpg"
    Image.fromarray(noisy.astype(np.uint8)).save(path, quality=70)
    return path


VERSES = (
    "Still ruht der See, die Vög-lein schla-fen, ein Flü-stern nur, du hörst es kaum; der A-bend naht, nun senkt sich",
    "So leis ver-geht was wir be-gin-nen und fällt wie Schnee ins of-fne Meer, du wirst es nie-mals wie-der fin-den wo",
)


def song() -> bytes:
    """A melody of quarters with two verses under it."""
    syllables = [
        [
            (part, ("single", "end")[i > 0] if i == len(parts) - 1 else ("begin", "middle")[i > 0])
            for parts in (word.split("-") for word in verse.split())
            for i, part in enumerate(parts)
        ]
        for verse in VERSES
    ]
    steps = "GABCDCBAGAGFEFGABAGFEDEFGAB" * 2
    measures = []
    for number in range(min(map(len, syllables)) // 4):
        notes = ""
        for at in range(4 * number, 4 * number + 4):
            lyrics = "".join(
                f'<lyric number="{verse}"><syllabic>{told[at][1]}</syllabic><text>{told[at][0]}</text></lyric>'
                for verse, told in enumerate(syllables, start=1)
            )
            octave = 5 if steps[at] in "CDEF" and at < 20 else 4
            notes += (
                f"<note><pitch><step>{steps[at]}</step><octave>{octave}</octave></pitch><duration>1</duration>"
                f"<type>quarter</type>{lyrics}</note>"
            )
        begin = (
            "<attributes><divisions>1</divisions><key><fifths>0</fifths></key><time><beats>4</beats>"
            "<beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>"
        )
        measures.append(f'<measure number="{number + 1}">{begin if not number else ""}{notes}</measure>')
    return (
        '<score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Voice</part-name></score-part>'
        f'</part-list><part id="P1">{"".join(measures)}</part></score-partwise>'
    ).encode()


def lyrics_of(document: bytes) -> list[tuple[str, str, str, str]]:
    """(verse, syllabic, text, note) of every syllable."""
    return [
        (
            lyric.get("number", ""), lyric.findtext("syllabic") or "", lyric.findtext("text") or "",
            f"{note.findtext('pitch/step')}{note.findtext('pitch/octave')}",
        )
        for note in etree.fromstring(document).iter("note")
        for lyric in note.findall("lyric")
    ]  # fmt: skip


def notes_of(document: Path) -> list[tuple[str, str]]:
    root = etree.fromstring(document.read_bytes())
    return [
        (f"{note.findtext('pitch/step')}{note.findtext('pitch/octave')}", note.findtext("type") or "")
        for note in root.iter("note")
        if note.find("pitch") is not None
    ]


def share_right(read: list[tuple[str, str]], truth: list[tuple[str, str]]) -> float:
    from rapidfuzz.distance import Indel

    return float(Indel.normalized_similarity(read, truth))


def run(*arguments: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("read_pages", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_an_engraved_page_is_read(engraved: tuple[Path, list[tuple[str, str]]], tmp_path: Path) -> None:
    pdf, told = engraved
    out, err = run(pdf, "--out", tmp_path / "out")
    assert "1 pages in" in err
    documents = sorted((tmp_path / "out").glob("*.musicxml"))
    assert len(documents) == 1
    assert documents[0].name.startswith("01 Evening Air - ")
    assert str(documents[0]) in out
    assert share_right(notes_of(documents[0]), told) > 0.97
    validate(etree.fromstring(documents[0].read_bytes()))


def test_pictures_show_every_page_with_what_was_read(scanned: Path, tmp_path: Path) -> None:
    out, _ = run(scanned, "--out", tmp_path, "--pictures")
    assert "page-001.png" in out
    width, height = json.loads((tmp_path / "book.json").read_text())["pages"][0]["size"]
    with Image.open(tmp_path / "page-001.png") as picture:
        assert (picture.mode, picture.width) == ("RGB", width)
        assert picture.height > height
        coloured = np.ptp(np.asarray(picture).astype(int), axis=2) > 60
    assert coloured.mean() > 0.002


MARKS = {  # bar -> what is printed over it, or under it
    1: ('<direction placement="above"><direction-type><words font-weight="bold">Allegro moderato</words>'
        "</direction-type></direction>"),
    3: '<direction placement="above"><direction-type><rehearsal>A</rehearsal></direction-type></direction>',
    5: '<direction placement="below"><direction-type><words>dolce</words></direction-type></direction>',
    8: '<direction placement="above"><direction-type><rehearsal>B</rehearsal></direction-type></direction>',
    10: '<direction placement="above"><direction-type><words>Solo</words></direction-type></direction>',
    14: '<direction placement="above"><direction-type><words>div.</words></direction-type></direction>',
    17: '<direction placement="above"><direction-type><words>a2</words></direction-type></direction>',
    20: '<direction placement="above"><direction-type><words>rit.</words></direction-type></direction>',
}  # fmt: skip


def test_words_stand_at_their_bars(tmp_path: Path) -> None:
    from notation.exports import export

    root = etree.fromstring(tune()[0])
    for measure in root.iter("measure"):
        if marks := MARKS.get(int(measure.get("number", "0"))):
            measure.insert(0 if measure.find("attributes") is None else 1, etree.fromstring(marks))
    pdf = export("pdf", etree.tostring(root), folder=tmp_path, title="Evening Air")
    run(pdf, "--out", tmp_path / "out")
    (document,) = (tmp_path / "out").glob("*.musicxml")
    found = {
        int(measure.get("number", "0")): str(direction.xpath("string(direction-type)"))
        for measure in etree.fromstring(document.read_bytes()).iter("measure")
        for direction in measure.iter("direction")
    }
    told = {bar: str(etree.fromstring(marks).xpath("string()")) for bar, marks in MARKS.items()}
    assert found == told


def test_what_is_printed_under_the_notes_is_sung(tmp_path: Path) -> None:
    from notation.exports import export

    pdf = export("pdf", song(), folder=tmp_path, title="Am See")
    run(pdf, "--out", tmp_path / "out")
    (document,) = (tmp_path / "out").glob("*.musicxml")
    read = document.read_bytes()
    assert share_right(lyrics_of(read), lyrics_of(song())) > 0.95  # type: ignore[arg-type]
    validate(etree.fromstring(read))


def test_a_scan_is_read_and_its_side_file_knows_where(
    scanned: Path, engraved: tuple[Path, list[tuple[str, str]]], tmp_path: Path
) -> None:
    book: Book = run_recipe(READ_PAGES, given={Media: [Media(scanned, scanned.name)]}, folder=tmp_path)[Book]
    assert share_right(notes_of(book.parts[0].musicxml), engraved[1]) > 0.9
    side = json.loads(book.report.read_text())
    page, part = side["pages"][0], side["parts"][0]
    width, height = page["size"]
    assert abs(page["skew"]) > 0.4
    heads = [token for line in part["lines"] for bar in line["bars"] for token in bar["tokens"]]
    assert len(heads) > 200
    for token in heads:
        x0, y0, x1, y1 = token["box"]
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
    assert all(0 <= bar["doubt"] <= 1 for line in part["lines"] for bar in line["bars"])


def test_a_sign_that_has_no_name_is_told_of(engraved: tuple[Path, list[tuple[str, str]]], tmp_path: Path) -> None:
    import pypdfium2
    from PIL import ImageDraw

    picture = pypdfium2.PdfDocument(engraved[0])[0].render(scale=200 / 72).to_pil().convert("L")
    clean = tmp_path / "clean.png"
    picture.save(clean)
    run(clean, "--out", tmp_path / "clean")
    side = json.loads((tmp_path / "clean" / "book.json").read_text())
    assert side["pages"][0]["unnamed"] == []
    x0, _, x1, y0 = side["pages"][0]["systems"][1]["box"]
    middle = (x0 + x1) / 2
    pencil = ImageDraw.Draw(picture)  # a pair of spectacles: "look out"
    for lens in (-28, 28):
        pencil.ellipse((middle + lens - 24, y0 + 24, middle + lens + 24, y0 + 72), outline=0, width=5)
    pencil.line((middle - 60, y0 + 30, middle - 52, y0 + 48), 0, 5)
    pencil.line((middle + 52, y0 + 48, middle + 60, y0 + 30), 0, 5)
    marked = tmp_path / "marked.png"
    picture.save(marked)
    run(marked, "--out", tmp_path / "marked")
    (unnamed,) = json.loads((tmp_path / "marked" / "book.json").read_text())["pages"][0]["unnamed"]
    assert middle - 70 < unnamed["box"][0] < unnamed["box"][2] < middle + 70


def test_a_book_of_two_files_is_one_song(scanned: Path, tmp_path: Path) -> None:
    given = [Media(scanned, "a.jpg"), Media(scanned, "b.jpg")]
    book: Book = run_recipe(READ_PAGES, given={Media: given}, folder=tmp_path)[Book]
    assert book.pages == 2
    assert {part.song for part in book.parts} <= {0, 1}


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "nothing.pdf")


def locked(path: Path) -> None:
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(path, encryption=pikepdf.Encryption(owner="x", user="y"))


def long(path: Path) -> None:
    with pikepdf.new() as document:
        document.add_blank_page()
        document.Root.Pages.Kids = pikepdf.Array([document.Root.Pages.Kids[0]] * 10_000)
        document.Root.Pages.Count = 10_000
        document.save(path)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "locked.pdf": (locked, "is locked with a password"),
    "long.pdf": (long, "has 10,000 pages"),
    "cut.pdf": (lambda path: path.write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catal"), "is damaged or was cut short"),
    "empty.png": (lambda path: path.write_bytes(b""), "is empty"),
    "letter.doc": (lambda path: path.write_text("Dear Sir or Madam"), "is neither a PDF nor a picture"),
    "cat.jpg": (lambda path: Image.fromarray(draw.animal()).save(path), "is a picture without staves"),
    "blank.png": (lambda path: Image.new("L", (800, 1100), 255).save(path), "is nothing on this page"),
    "tab.png": (lambda path: Image.fromarray(draw.tablature()).save(path), "is tablature"),
    "letter.png": (lambda path: Image.fromarray(draw.handwriting()).save(path), "looks handwritten"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_without_music_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    make, sentence = BAD[name]
    make(tmp_path / name)
    with pytest.raises(CommandError) as caught:
        run(tmp_path / name, "--out", tmp_path / "out")
    assert sentence in str(caught.value)
    assert str(caught.value).count(".") >= 2, "a problem and a hint"
    assert not (tmp_path / "out").exists()


def test_bad_files_leave_the_others_of_a_book_to_be_read(
    engraved: tuple[Path, list[tuple[str, str]]], tmp_path: Path
) -> None:
    pdf, told = engraved
    for name, (make, _) in BAD.items():
        make(tmp_path / name)
    names = sorted(BAD)
    files = [*(tmp_path / name for name in names[:4]), pdf, *(tmp_path / name for name in names[4:])]
    out, err = run(*files, "--out", tmp_path / "out")
    (document,) = (tmp_path / "out").glob("*.musicxml")
    assert share_right(notes_of(document), told) > 0.97
    assert str(document) in out
    for name, (_, sentence) in BAD.items():
        assert name == "blank.png" or any(name in line and sentence in line for line in err.splitlines()), name
    side = json.loads((tmp_path / "out" / "book.json").read_text())
    assert [bool(page["problem"]) for page in side["pages"]] == [True] * 4 + [False] + [True] * 5
    kinds = {name: page["kind"] for name, page in zip([*names[:4], "", *names[4:]], side["pages"], strict=True)}
    assert kinds[""] == "music"
    assert kinds["tab.png"] == "tab"
    assert kinds["locked.pdf"] == kinds["long.pdf"] == "unreadable"
    assert all(line["page"] == 4 for part in side["parts"] for line in part["lines"])


def test_bad_pages_of_a_file_are_named_by_their_numbers(scanned: Path, tmp_path: Path) -> None:
    with Image.open(scanned) as music:
        good = music.convert("L")
    pages = [Image.fromarray(draw.animal()), good, Image.fromarray(draw.animal(seed=5)), Image.fromarray(draw.blank())]
    pages[0].save(tmp_path / "book.tif", save_all=True, append_images=pages[1:])
    made = run_recipe(READ_PAGES, given={Media: [Media(tmp_path / "book.tif", "book.tif")]}, folder=tmp_path / "work")
    (notice,) = (notice for notice in made.notices if "picture" in notice)
    assert notice.startswith("“book.tif”, pages 1 and 3: This page is a picture without staves.")
    assert [line for _, line in made.log if "nothing on this page" in line]
    assert made[Book].pages == 4
    assert len(notes_of(made[Book].parts[0].musicxml)) > 50


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda page: np.rot90(page, 2), {"turned": 180, "mirrored": False}),
        (lambda page: np.rot90(page), {"turned": 90, "mirrored": False}),
        (lambda page: page[:, ::-1], {"turned": 0, "mirrored": True}),
        (lambda page: 255 - page, {"turned": 0, "mirrored": False}),
        (lambda page: draw.on_table(page, degrees=-11), {"turned": 0, "mirrored": False}),
        (lambda page: draw.skewed(page, 7), {"turned": 0, "mirrored": False}),
    ],
    ids=["upside down", "on its side", "mirrored", "inverted", "photographed", "skewed"],
)
def test_a_page_is_read_however_it_came(
    engraved: tuple[Path, list[tuple[str, str]]], tmp_path: Path, harm: Any, said: dict[str, Any]
) -> None:
    import pypdfium2

    page = np.asarray(pypdfium2.PdfDocument(engraved[0])[0].render(scale=200 / 72).to_pil().convert("L"))
    Image.fromarray(np.ascontiguousarray(harm(page), np.uint8)).save(tmp_path / "page.png")
    given = {Media: [Media(tmp_path / "page.png", "page.png")]}
    made = run_recipe(READ_PAGES, given=given, folder=tmp_path / "work")
    assert share_right(notes_of(made[Book].parts[0].musicxml), engraved[1]) > 0.95
    told = json.loads(made[Book].report.read_text())["pages"][0]
    assert {key: told[key] for key in said} == said
    assert any("mirror image" in notice for notice in made.notices) == said["mirrored"]


def test_staves_written_by_hand_and_empty_ones_are_said_to_be(
    engraved: tuple[Path, list[tuple[str, str]]], tmp_path: Path
) -> None:
    for name, page in (("manuscript.png", draw.manuscript()), ("paper.png", draw.staff_paper())):
        Image.fromarray(page).save(tmp_path / name)
    files = [engraved[0], tmp_path / "manuscript.png", tmp_path / "paper.png"]
    given = {Media: [Media(path, path.name) for path in files]}
    made = run_recipe(READ_PAGES, given=given, folder=tmp_path / "work")
    music, manuscript, paper = json.loads(made[Book].report.read_text())["pages"]
    assert not music["problem"]
    assert "written by hand" in manuscript["problem"]
    assert "empty" in paper["problem"]
    for name in ("manuscript.png", "paper.png"):
        assert [notice for notice in made.notices if notice.startswith(f"“{name}”, page 1: ")]


def test_two_pages_in_one_scan_are_two_pages_in_order(
    engraved: tuple[Path, list[tuple[str, str]]], tmp_path: Path
) -> None:
    import pypdfium2

    page = np.asarray(pypdfium2.PdfDocument(engraved[0])[0].render(scale=200 / 72).to_pil().convert("L"))
    Image.fromarray(draw.spread(page, page)).save(tmp_path / "spread.png")
    given = {Media: [Media(tmp_path / "spread.png", "spread.png")]}
    book: Book = run_recipe(READ_PAGES, given=given, folder=tmp_path / "work")[Book]
    told = json.loads(book.report.read_text())
    assert [(side["sheet"], side["half"]) for side in told["pages"]] == [(0, "left"), (0, "right")]
    notes = [note for part in book.parts for note in notes_of(part.musicxml)]
    assert share_right(notes, engraved[1] * 2) > 0.95


def bound(pages: list[bytes | None], path: Path, *, boxes: dict[int, list[int]] | None = None, stamp: str = "") -> Path:
    """A book of JPEGs as a scanner makes it; None: a page whose picture is no JPEG at all. stamp: below each page."""
    with pikepdf.new() as document, Image.open(BytesIO(next(filter(None, pages)))) as size:
        for number, data in enumerate(pages):
            page = document.add_blank_page(page_size=(595, 842))
            scan = pikepdf.Stream(
                document, data or b"\xff\xd8\xff\xe0 no JPEG", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image,
                ColorSpace=pikepdf.Name.DeviceGray, Width=size.width, Height=size.height, BitsPerComponent=8,
                Filter=pikepdf.Name.DCTDecode,
            )  # fmt: skip
            font = pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
            )
            page.Resources = pikepdf.Dictionary(
                XObject=pikepdf.Dictionary(S=document.make_indirect(scan)), Font=pikepdf.Dictionary(F=font)
            )
            words = f"BT /F 9 Tf 400 20 Td ({stamp}) Tj ET".encode() if stamp else b""
            page.Contents = document.make_stream(b"q 595 0 0 842 0 0 cm /S Do Q " + words)
            page.obj["/MediaBox"] = pikepdf.Array((boxes or {}).get(number, [0, 0, 595, 842]))
        document.save(path)
    return path


def test_damaged_pages_in_the_middle_of_a_book_are_named_and_the_others_are_read(scanned: Path, tmp_path: Path) -> None:
    """The second is cut off after its third staff or so, the third cannot be decoded, the fourth has no size."""
    data = scanned.read_bytes()
    pages = [data, data[: len(data) * 35 // 100], None, data, data]
    book = bound(pages, tmp_path / "flute.pdf", boxes={3: [0, 0, 0, 842]}, stamp="Town library")
    made = run_recipe(READ_PAGES, given={Media: [Media(book, "flute.pdf")]}, folder=tmp_path / "work")
    told = json.loads(made[Book].report.read_text())["pages"]
    assert [page["kind"] for page in told] == ["music", "music", "unreadable", "music", "music"]
    assert [bool(page["problem"]) for page in told] == [False, True, True, False, False]
    assert [
        notice for notice in made.notices if notice.startswith("“flute.pdf”, page 2: The picture of this page is cut")
    ]
    assert [notice for notice in made.notices if notice.startswith("“flute.pdf”, page 3: This page is damaged")]
    systems = [len(page["systems"]) for page in told]
    assert systems[0] == systems[3] == systems[4]
    assert 0 < systems[1] < systems[0]
