"""Pages as drawings for a browser."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from lxml import etree

from notation.engrave.prepare import Head
from notation.engrave.svg import em_width, head_lines, pages, preview, sanitise, shorten
from notation.musicxml import NotationError
from tests.engrave import samples

SVG = "{http://www.w3.org/2000/svg}"


def test_pages_come_in_order(tmp_path: Path) -> None:
    drawn = list(pages(samples.ten_parts(30), folder=tmp_path))
    assert [page.number for page in drawn] == list(range(1, drawn[0].count + 1))
    assert all(etree.fromstring(page.svg.encode()).tag == f"{SVG}svg" for page in drawn)


def test_preview_scales_and_counts() -> None:
    svg, count = preview(samples.guitar(60), 2)
    root = etree.fromstring(svg.encode())
    assert count == 3
    assert root.get("viewBox", "").startswith("0 0 793")
    assert root.get("width") is None
    assert "Morning Walk" in "".join(str(text) for text in root.itertext())


def test_preview_needs_no_music_font() -> None:
    svg, _ = preview(samples.guitar(8))
    assert "♩" in svg
    assert not any("\ue000" <= c <= "\uf8ff" for c in svg)


def test_preview_of_a_page_that_is_not_there() -> None:
    with pytest.raises(NotationError):
        preview(samples.piano(4), 9)


def test_what_could_run_is_taken_out() -> None:
    hostile = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="10mm" height="10mm"'
        ' onload="alert(1)"><script>alert(2)</script><g onclick="x()" style="fill:url(http://evil)" class="note">'
        '<use xlink:href="#a"/><use xlink:href="http://evil/x.svg#a"/><path d="M0 0" fill="url(#a)"/>'
        '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject><a href="javascript:x()"/>'
        "<style>@import 'http://evil'</style><text>kept</text></g></svg>"
    )
    safe = sanitise(hostile)
    for word in ("script", "alert", "onload", "onclick", "evil", "foreignObject", "body", "import", "<a", "url("):
        assert word not in safe
    assert 'href="#a"' in safe
    assert "kept" in safe
    assert 'class="note"' in safe


def test_a_hostile_title_is_text() -> None:
    svg, _ = preview(samples.piano(2).replace(b"Small Waltz", b"&lt;script&gt;alert(1)&lt;/script&gt;"))
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg


def test_head_lines_go_down_the_page() -> None:
    head = Head("Title", "Subtitle", ("Guitar", "Capo 2"), ("Composer",))
    lines = head_lines(head, width_mm=180)
    assert [line.text for line in lines] == ["Title", "Subtitle", "Guitar", "Composer", "Capo 2"]
    assert [line.y_mm for line in lines] == sorted(line.y_mm for line in lines)
    assert head_lines(Head("", "", (), ()), width_mm=180) == []


def test_text_is_shortened_to_its_room() -> None:
    assert shorten("short", em=20) == "short"
    long = shorten("word " * 50, em=20)
    assert long.endswith("…")
    assert em_width(long) <= 20
    assert em_width("夜曲") == 2


def test_endless_words_cost_no_time() -> None:
    document = samples.piano(2).replace(b"Small Waltz", b"T" * 200_000).replace(b"Anonymous", b"N " * 100_000)
    began = time.process_time()
    svg, _ = preview(document)
    assert time.process_time() - began < 2
    assert "TTT" in svg
