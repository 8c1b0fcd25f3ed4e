"""Reading notation that a stranger sent."""

from __future__ import annotations

import io
import resource
import stat
import time
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notation.musicxml import NotationError
from notation.musicxml import read as reader
from notation.musicxml.edit import part_names
from notation.musicxml.read import read
from notation.musicxml.tree import to_bytes
from tests.engrave import samples
from tests.score.archives import CONTAINER, bomb, mxl

PLAIN = samples.score([("Flute", samples.measure(1, samples.note(72, 16), start=samples.attributes()))])
LINES = PLAIN.decode()


def refused(data: bytes, words: str, *, name: str = "") -> None:
    with pytest.raises(NotationError) as error:
        read(data, name=name)
    assert words in error.value.message
    assert error.value.permanent
    assert error.value.hint


def test_plain() -> None:
    root = read(PLAIN)
    assert root.tag == "score-partwise"
    assert part_names(root) == {"P1": "Flute"}


def test_compressed() -> None:
    assert to_bytes(read(mxl(PLAIN))) == to_bytes(read(PLAIN))


def test_compressed_without_a_container() -> None:
    assert part_names(read(mxl(PLAIN, container=None))) == {"P1": "Flute"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_by_their_first_bytes(encoding: str) -> None:
    text = LINES.replace("Flute", "Flöte").replace('encoding="UTF-8"', 'encoding="UTF-16"' if "16" in encoding else "")
    assert part_names(read(text.encode(encoding))) == {"P1": "Flöte"}


def test_latin_1_where_declared() -> None:
    text = LINES.replace("Flute", "Flöte").replace('encoding="UTF-8"', 'encoding="ISO-8859-1"')
    assert part_names(read(text.encode("latin-1"))) == {"P1": "Flöte"}


def test_latin_1_where_nobody_says_so() -> None:
    assert part_names(read(LINES.replace("Flute", "Flöte").encode("latin-1"))) == {"P1": "Flöte"}


def test_unknown_encoding() -> None:
    refused(LINES.replace("UTF-8", "UTF-7").encode(), "unknown way")


def test_the_usual_document_type_is_welcome() -> None:
    doctype = '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 3.1 Partwise//EN" "http://x/partwise.dtd">'
    assert read(LINES.replace("?>", f"?>\n{doctype}\n", 1).encode()).tag == "score-partwise"


def test_timewise_becomes_partwise() -> None:
    two = samples.score([(n, "".join(samples.measure(b, samples.note(60 + b, 16)) for b in (1, 2))) for n in "AB"])
    parts = read(two).findall("part")
    timewise = two.decode().split("<part id=")[0].replace("score-partwise", "score-timewise")
    for bar in (0, 1):
        pieces = "".join(
            f'<part id="{p.get("id")}">{samples.note(61 + bar, 16)}</part>' for p in parts
        )  # fmt: skip
        timewise += f'<measure number="{bar + 1}" width="99">{pieces}</measure>'
    root = read((timewise + "</score-timewise>").encode())
    assert [p.get("id") for p in root.findall("part")] == ["P1", "P2"]
    bars = root.findall("part[2]/measure")
    assert [(b.get("number"), b.get("width"), b.findtext("note/pitch/octave")) for b in bars] == [
        ("1", "99", "4"),
        ("2", "99", "4"),
    ]


def test_nothing_is_lost() -> None:
    odd = LINES.replace("<duration>", '<listen/><!-- played loudly --><duration data-x="1">')
    again = to_bytes(read(odd.encode())).decode()
    assert "<listen/><!-- played loudly -->" in again
    assert 'data-x="1"' in again


def test_style_sheets_go() -> None:
    styled = LINES.replace("?>", '?><?xml-stylesheet href="http://evil/x.xsl"?>', 1)
    assert b"stylesheet" not in to_bytes(read(styled.encode()))


def test_a_bomb_of_entities() -> None:
    lols = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    text = LINES.replace("?>", f'?><!DOCTYPE x [<!ENTITY l0 "lol">{lols}]>', 1).replace("Flute", "&l9;")
    refused(text.encode(), "entities")
    refused(text.encode("utf-16"), "entities")
    refused(mxl(text.encode()), "entities")


def test_an_entity_that_reads_files() -> None:
    text = LINES.replace("?>", '?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>', 1).replace("Flute", "&f;")
    refused(text.encode(), "entities")


def test_ten_gigabytes_in_an_archive() -> None:
    data = bomb(gigabytes=10)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    refused(data, "too large")
    assert time.process_time() - began < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 * 1024  # kB


@pytest.mark.parametrize("path", ["../../etc/cron.d/x", "/etc/passwd", "a/../../b.xml", "C:/x.xml", "..\\x.xml"])
def test_names_that_lead_out_of_the_archive(path: str) -> None:
    refused(mxl(PLAIN, path=path), "outside")


def test_a_link_instead_of_a_score() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("score.musicxml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    refused(buffer.getvalue(), "link")


def test_a_container_that_names_nothing() -> None:
    refused(mxl(PLAIN, container="<container/>"), "does not say")
    refused(mxl(PLAIN, container=CONTAINER.replace("{path}", "missing.xml")), "does not say")


def test_an_archive_in_an_archive() -> None:
    refused(mxl(mxl(PLAIN)), "another archive")


def test_a_packing_that_cannot_be_bounded() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("score.musicxml", PLAIN)
    refused(buffer.getvalue(), "packed in a way")


def test_too_many_files() -> None:
    refused(b"PK\3\4" + b"PK\1\2" * 5000, "too many files")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\0\0\0", "empty"),
        (b"%PDF-1.7", "PDF"),
        (b"MThd\0\0\0\6", "MIDI"),
        (b"RIFF....WAVE", "sound"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "web page"),
        (b"<html><body/></html>", "web page"),
        (b"<museScore/>", "MuseScore"),
        (b"<mei/>", "MEI"),
        (b"<a/>", "not a score"),
        (b"once upon a time", "not a notation file"),
        (b"\x00\x01\x02binary", "not a notation file"),
        (b"PK\3\4broken", "damaged"),
        (PLAIN[: len(PLAIN) // 2], "damaged"),
        (b"<score-partwise/>", "not a single bar"),
        (b"<score-partwise><part id='P1'/></score-partwise>", "not a single bar"),
    ],
)
def test_what_is_not_notation(data: bytes, words: str) -> None:
    refused(data, words)


def test_an_undeclared_entity() -> None:
    refused(LINES.replace("Flute", "&eacute;").encode(), "damaged")


def test_bottomless_nesting() -> None:
    refused(b"<score-partwise>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</score-partwise>", "damaged")


def test_too_many_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_TAGS", 20)
    refused(PLAIN, "too large")


def test_too_many_parts() -> None:
    refused(samples.score([("X", samples.measure(1, ""))] * 201), "too large")


def test_parts_without_ids_or_entries_get_them() -> None:
    root = read(b"<score-partwise><part><measure/></part><part><measure/></part></score-partwise>")
    assert part_names(root) == {"P1": "Part 1", "P2": "Part 2"}


def test_equal_ids_are_told_apart() -> None:
    root = read(b"<score-partwise><part id='P1'><measure/></part><part id='P1'><measure/></part></score-partwise>")
    assert len({part.get("id") for part in root.findall("part")}) == 2


def test_a_namespace_is_taken_off() -> None:
    root = read(LINES.replace("<score-partwise", '<score-partwise xmlns="http://example.org/x"').encode())
    assert root.find("part/measure/note/pitch/step") is not None


SAMPLES = (PLAIN, samples.guitar(3), samples.piano(3), mxl(samples.piano(2)), mxl(PLAIN, container=None))

INSERTS = (b"<", b">", b"&x;", b"<!--", b"]]>", b"<part>", b"-1", b"1e999", b"\xff")


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A sample with some bytes overwritten, cut out, doubled or put in from elsewhere."""
    data = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 6))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 60))
        change = draw(st.sampled_from(("overwrite", "cut", "double", "insert")))
        if change == "overwrite":
            data[at : at + length] = draw(st.binary(min_size=length, max_size=length))
        elif change == "cut":
            del data[at : at + length]
        elif change == "double":
            data[at:at] = data[at : at + length] * draw(st.integers(1, 20))
        else:
            data[at:at] = draw(
                st.sampled_from((b"<", b">", b"&x;", b"<!--", b"]]>", b"<part>", b"-1", b"1e999", b"\xff"))
            )
    return bytes(data)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated())
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    began = time.process_time()
    try:
        root = read(data)
    except NotationError:
        return
    finally:
        assert time.process_time() - began < 3
    assert root.tag == "score-partwise"
    assert read(to_bytes(root)).tag == "score-partwise"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(NotationError):
        read(data)
