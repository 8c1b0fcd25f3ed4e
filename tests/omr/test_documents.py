"""Documents cut for comparing, and OMR-NED of them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from lxml import etree

from media_pipeline.training.omr import documents, ned
from tests.omr.scores import START, direction, note, score

TWO_BARS = (note("C5") + note("D5") + note("E5", "half"), note("F5", "whole"))
MARK = direction("<rehearsal>A</rehearsal>")


def write(path: Path, root: etree._Element) -> Path:
    documents.save(root, path)
    return path


def quartet(folder: Path) -> Path:
    """Two parts; a letter stands over the top one at its second bar's third beat. The lower counts 4 to a quarter."""
    root = score(TWO_BARS[0], note("C5", "half") + MARK + note("D5", "half"))
    low = score(*TWO_BARS, start=START.replace("<divisions>12<", "<divisions>4<"))
    part, entry = low.findall("part")[0], low.findall("part-list/score-part")[0]
    part.set("id", "P2")
    entry.set("id", "P2")
    root.append(part)
    root.findall("part-list")[0].append(entry)
    return write(folder / "score.musicxml", root)


def test_a_part_takes_with_it_what_stands_over_the_score(tmp_path: Path) -> None:
    low = documents.part_of(quartet(tmp_path), 1)
    assert [part.get("id") for part in low.findall("part")] == ["P2"]
    assert [entry.get("id") for entry in low.findall("part-list/score-part")] == ["P2"]
    mark = low.findall("part/measure")[1][0]
    assert mark.findtext("direction-type/rehearsal") == "A"
    assert mark.findtext("offset") == "8"  # two quarters
    top = documents.part_of(quartet(tmp_path), 0)
    assert len(top.findall(".//rehearsal")) == 1
    assert documents.part_of(quartet(tmp_path), None).findall("part")[1].get("id") == "P2"


def test_bars_of_several_documents_keep_what_is_in_force(tmp_path: Path) -> None:
    change = "<attributes><key><fifths>2</fifths></key></attributes>"
    first = write(tmp_path / "1.musicxml", score(note("C5"), change + note("D5"), note("E5")))
    second = write(tmp_path / "2.musicxml", score(note("F5"), note("G5")))
    root = documents.span([first, second], 2, 4)
    bars = root.findall("part/measure")
    assert [step.text for step in root.iter("step")] == ["E", "F"]
    assert [bar.get("number") for bar in bars] == ["1", "2"]
    assert bars[0].findtext("attributes/key/fifths") == "2"
    assert bars[0].findtext("attributes/divisions") == "12"
    assert bars[0].findtext("attributes/clef/sign") == "G"
    assert len(bars[1].findall("attributes")) == 1
    whole = documents.span([first, second], 0, 5)
    assert [step.text for step in whole.iter("step")] == list("CDEFG")
    with pytest.raises(ValueError, match="no measure"):
        documents.span([first, second], 5, 9)


def test_what_a_document_hides_passes_as_time() -> None:
    hidden = note("").replace("<note>", '<note print-object="no">')
    chord = note("G4", chord=True).replace("<note>", '<note print-object="no">')
    root = score(note("C5") + hidden + note("D5") + chord)
    documents.as_printed(root)
    bar = root.findall("part/measure")[0]
    assert [child.tag for child in bar] == ["attributes", "note", "forward", "note"]
    assert bar.findtext("forward/duration") == "12"


def test_ned_is_nothing_for_the_same_and_grows_with_what_differs(tmp_path: Path) -> None:
    pytest.importorskip("musicdiff", reason="musicdiff, of the extra `training`, measures OMR-NED")
    truth = write(tmp_path / "truth.musicxml", score(*TWO_BARS))
    near = write(tmp_path / "near.musicxml", score(TWO_BARS[0], note("G5", "whole")))
    far = write(tmp_path / "far.musicxml", score(note("", "whole"), note("G5", "half") + note("", "half")))
    same, little, much = (ned.measure(path, truth, seconds=120) for path in (truth, near, far))
    assert same == 0 < little < much <= 1


def test_ned_of_many_bars_is_that_of_their_pieces(tmp_path: Path) -> None:
    pytest.importorskip("musicdiff", reason="musicdiff, of the extra `training`, measures OMR-NED")
    bars = [TWO_BARS[n % 2] for n in range(ned.BARS + 2)]
    truth = write(tmp_path / "truth.musicxml", score(*bars))
    wrong = write(tmp_path / "wrong.musicxml", score(*bars[:-1], note("G5", "whole")))
    short = write(tmp_path / "short.musicxml", score(*bars[-2:]))
    lost = write(tmp_path / "lost.musicxml", score(bars[0], note("G5", "whole")))
    whole, piece = ned.measure(wrong, truth, seconds=240), ned.measure(lost, short, seconds=120)
    assert 0 < whole < piece / 5  # the same edits, over so many more symbols
    assert ned.measure(truth, truth, seconds=240) == 0


def test_ned_says_why_it_could_not_be_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = write(tmp_path / "truth.musicxml", score(*TWO_BARS))
    if importlib.util.find_spec("musicdiff") is not None:
        with pytest.raises(ned.Unmeasured, match="longer than"):
            ned.measure(truth, truth, seconds=0.01)
        (tmp_path / "broken.musicxml").write_text("<score-partwise>")
        with pytest.raises(ned.Unmeasured, match="musicdiff failed: "):
            ned.measure(tmp_path / "broken.musicxml", truth, seconds=120)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ned.Unmeasured, match="not installed"):
        ned.measure(truth, truth, seconds=1)
