"""The band proof-reads itself: an error put into one true part is found, and its repair gives the true part again."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from lxml import etree

from notation.musicxml.walk import walk
from notation.score.check import CONFIDENT, Disagreement, apply, mend, proofread, slips
from notation.score.check.bars import Bar, key_alter, read_part
from tests.score.test_join import SONGS
from tests.score.test_join import parts_of as all_parts_of

PLAY = ("Flute", "Oboe", "B♭ Clarinet 1", "1st B♭ Trumpet", "Horn in F", "Trombone", "Tuba")

Song = dict[str, etree._Element]


def parts_of(name: str) -> Song:
    """Seven of the band: enough to vote."""
    return {part: root for part, root in all_parts_of(name).items() if part in PLAY}


def music(root: etree._Element) -> list[list[tuple[Fraction, Fraction, int]]]:
    """(onset, duration, sounding pitch) of each bar."""
    return [[(s.onset, s.duration, s.midi) for s in bar.sounds] for bar in read_part(root)]


def shared(root: etree._Element) -> list[tuple[object, ...]]:
    return [
        (b.metre, b.written_fifths, b.forward, b.backward, b.ending, b.line, b.rehearsal, frozenset(b.signs), b.length)
        for b in read_part(root)
    ]


def measures(root: etree._Element) -> list[etree._Element]:
    return root.findall("part/measure")


def mended(song: Song, name: str) -> list[Disagreement]:
    """What was mended; all of it in this part."""
    made = mend(song)
    assert {one.part for one in made} == {name}
    return made


@pytest.mark.parametrize("name", SONGS)
def test_true_parts_are_left_alone(name: str) -> None:
    song = parts_of(name)
    before = {part: etree.tostring(root) for part, root in song.items()}
    assert mend(song) == []
    assert {part: etree.tostring(root) for part, root in song.items()} == before


@pytest.mark.parametrize(("name", "part"), [("swing", "Tuba"), ("march", "Oboe"), ("waltz", "Horn in F")])
@pytest.mark.parametrize("miscount", [-2, -1, 1, 3])
def test_a_rest_miscounted_is_put_right(name: str, part: str, miscount: int) -> None:
    song = parts_of(name)
    truth = music(song[part])
    bars = read_part(song[part])
    plain = [b.silent and not b.element.findall("direction") and not b.element.findall("barline") for b in bars]
    first = next(n for n in range(1, len(bars) - 2) if all(plain[n : n + 2]))
    for bar in measures(song[part])[first : first - miscount]:
        bar.getparent().remove(bar)  # type: ignore[union-attr]
    for _ in range(miscount):
        here = measures(song[part])[first]
        again = etree.fromstring(etree.tostring(here))
        for style in again.findall("attributes"):
            again.remove(style)
        here.addnext(again)
    found = slips(song)
    assert [(slip.part, slip.missing - slip.extra) for slip in found] == [(part, -miscount)]
    assert abs(found[0].column - first) <= max(8, _silence(bars, first))
    assert {one.kind for one in mended(song, part)} == {"bars"}
    assert music(song[part]) == truth


def _silence(bars: list[Bar], at: int) -> int:
    count = 0
    while at + count < len(bars) and bars[at + count].silent:
        count += 1
    return count


@pytest.mark.parametrize("name", ["march", "swing"])
def test_a_lost_bar_line_is_put_in(name: str) -> None:
    song = parts_of(name)
    part = "Flute"
    truth = music(song[part])
    bars = read_part(song[part])
    at = next(
        n for n, bar in enumerate(bars[:-1])
        if n > 8 and bar.sounds and bars[n + 1].sounds and not bar.element.findall("barline")
        and not bars[n + 1].element.findall("attributes") and bar.voices == 1 == bars[n + 1].voices
    )  # fmt: skip
    first, second = measures(song[part])[at : at + 2]
    for child in list(second):
        first.append(child)
    second.getparent().remove(second)  # type: ignore[union-attr]
    mend(song)
    assert music(song[part]) == truth


def test_another_metre_is_outvoted() -> None:
    song = parts_of("waltz")
    truth = shared(song["Oboe"])
    time = song["Oboe"].find("part/measure/attributes/time")
    assert time is not None
    time.find("beats").text = "4"  # type: ignore[union-attr]
    mended(song, "Oboe")
    assert shared(song["Oboe"]) == truth


@pytest.mark.parametrize(("name", "part"), [("hymn", "B♭ Clarinet 1"), ("swing", "Tuba"), ("march", "Horn in F")])
def test_another_key_is_outvoted_and_its_notes_sound_right(name: str, part: str) -> None:
    song = parts_of(name)
    truth, marks = music(song[part]), shared(song[part])
    bars = read_part(song[part])
    begin = len(bars) // 2
    end = next((n for n in range(begin + 1, len(bars)) if bars[n].written_fifths != bars[begin].written_fifths),
               len(bars))  # fmt: skip
    _misread_key(bars[begin:end], bars[begin].written_fifths - 1)
    assert music(song[part]) != truth
    mend(song)
    assert music(song[part]) == truth
    assert shared(song[part]) == marks


def _misread_key(bars: list[Bar], fifths: int) -> None:
    """As a reader does: notes without an accidental sound in the key that it took."""
    for bar in bars:
        governed = set()
        for sound in bar.sounds:
            if sound.accidental:
                governed.add(sound.written)
            usual = key_alter(bar.written_fifths, sound.written % 7)
            if sound.written in governed or sound.tied or sound.written_alter != usual:
                continue
            pitch = sound.element.find("pitch")
            assert pitch is not None
            for old in pitch.findall("alter"):
                pitch.remove(old)
            alter = etree.Element("alter")
            alter.text = str(key_alter(fifths, sound.written % 7))
            pitch.insert(1, alter)
        for key in bar.element.findall("attributes/key"):
            key.getparent().remove(key)  # type: ignore[union-attr]
    attributes = bars[0].element.find("attributes")
    if attributes is None:
        attributes = etree.Element("attributes")
        bars[0].element.insert(0, attributes)
    key = etree.Element("key")
    etree.SubElement(key, "fifths").text = str(fifths)
    attributes.insert(0, key)


@pytest.mark.parametrize("name", SONGS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_bar_lines_repeats_and_endings_come_back(name: str, side: str) -> None:
    song = parts_of(name)
    part = "1st B♭ Trumpet"
    truth = shared(song[part])
    lost = 0
    for bar in measures(song[part]):
        for line in bar.findall("barline"):
            if line.get("location", "right") == side:
                bar.remove(line)
                lost += 1
    if lost:
        mended(song, part)
    assert shared(song[part]) == truth


@pytest.mark.parametrize("name", SONGS)
def test_signs_jumps_and_rehearsal_marks_come_back(name: str) -> None:
    song = parts_of(name)
    part = "Trombone"
    truth = shared(song[part])
    for bar in measures(song[part]):
        for direction in bar.findall("direction"):
            if direction.find("sound") is not None or direction.find("direction-type/rehearsal") is not None:
                bar.remove(direction)
    assert shared(song[part]) != truth
    mended(song, part)
    assert shared(song[part]) == truth


def test_two_parts_that_have_a_sign_are_believed() -> None:
    song = parts_of("march")
    truth = {part: shared(root) for part, root in song.items()}
    for part in list(song)[3:]:
        for bar in measures(song[part]):
            for direction in bar.findall("direction"):
                if direction.find("direction-type/segno") is not None:
                    bar.remove(direction)
    mend(song)
    assert {part: shared(root) for part, root in song.items()} == truth


def test_a_rehearsal_mark_misread_or_astray_is_put_right() -> None:
    song = parts_of("swing")
    truth = shared(song["Flute"])
    marks = [d for d in song["Flute"].iter("direction") if d.find("direction-type/rehearsal") is not None]
    marks[0].find("direction-type/rehearsal").text = "8"  # type: ignore[union-attr]
    away = marks[1].getparent()
    assert away is not None
    following = away.getnext()
    assert following is not None
    following.insert(0, marks[1])
    mended(song, "Flute")
    assert shared(song["Flute"]) == truth


@pytest.mark.parametrize("place", range(0, 60, 7))
def test_a_dot_that_was_lost_comes_back(place: int) -> None:
    song = parts_of("hymn")
    part = "Trombone"
    truth = music(song[part])
    dotted = [n for n in song[part].iter("note") if n.find("dot") is not None and n.find("pitch") is not None
              and n.find("chord") is None and (n.getnext() is None or n.getnext().find("chord") is None)]  # type: ignore[union-attr]  # fmt: skip
    note = dotted[place % len(dotted)]
    note.remove(note.find("dot"))  # type: ignore[arg-type]
    duration = note.find("duration")
    assert duration is not None
    duration.text = str(int(duration.text or 0) * 2 // 3)
    assert music(song[part]) != truth
    found = [one for one in proofread(song) if one.part == part and one.kind == "length"]
    assert len(found) == 1
    mend(song)
    assert music(song[part]) == truth


def _chromatic(song: Song, part: str) -> list[tuple[int, etree._Element]]:
    found = []
    for bar in read_part(song[part]):
        seen: set[int] = set()
        for sound in bar.sounds:
            alone = sum(other.written == sound.written for other in bar.sounds) == 1
            usual = key_alter(bar.written_fifths, sound.written % 7)
            if sound.written not in seen and sound.accidental and sound.written_alter != usual and alone \
                    and not sound.ties and not sound.tied:  # fmt: skip
                found.append((bar.index, sound.element))
            seen.add(sound.written)
    return found


@pytest.mark.parametrize("name", SONGS)
def test_an_accidental_that_was_glimpsed_comes_back(name: str) -> None:
    """All of a part's accidentals, one at a time; what was not glimpsed at all, only a doubling puts right."""
    tried = right = 0
    for part in ("Flute", "Trombone"):
        for n in range(min(4, len(_chromatic(parts_of(name), part)))):
            song = parts_of(name)
            truth = music(song[part])
            _, note = _chromatic(song, part)[n]
            sign, alter = note.find("accidental"), note.find("pitch/alter")
            assert sign is not None
            bar = next(b for b in read_part(song[part]) if any(s.element is note for s in b.sounds))
            written = next(s.written for s in bar.sounds if s.element is note)
            pitch = note.find("pitch")
            assert pitch is not None
            if alter is not None:
                pitch.remove(alter)
            if usual := key_alter(bar.written_fifths, written % 7):
                alter = etree.Element("alter")
                alter.text = str(usual)
                pitch.insert(1, alter)
            note.remove(sign)
            note.set("id", "glimpsed")
            assert music(song[part]) != truth
            doubts = {part: [0.1] * bar.index + [0.6] + [0.1] * 200}
            unseen = mend(song, doubts=doubts, glances={part: {"glimpsed": {}}})
            assert {one.kind for one in unseen} <= {"doubling"}
            mend(song, doubts=doubts, glances={part: {"glimpsed": {sign.text or "": 0.35}}})
            tried += 1
            right += music(song[part]) == truth
    assert right >= 0.7 * tried


def test_a_note_that_differs_from_two_others_of_the_unison_is_put_right() -> None:
    song = parts_of("march")
    unison = {"Flute": song["Flute"]}
    for name in ("Oboe", "Violin"):
        unison[name] = etree.fromstring(etree.tostring(song["Flute"]))
    truth = music(song["Flute"])
    bars = read_part(unison["Oboe"])
    at = next(n for n in range(6, len(bars) - 6) if all(len(b.sounds) > 2 for b in bars[n - 3 : n + 4]))
    pitch = bars[at].sounds[1].element.find("pitch")
    assert pitch is not None
    step = pitch.find("step")
    assert step is not None
    step.text = "CDEFGAB"[("CDEFGAB".index(step.text or "C") + 1) % 7]
    assert music(unison["Oboe"]) != truth
    made = mended(unison, "Oboe")
    assert [one.kind for one in made] == ["doubling"]
    assert music(unison["Oboe"]) == truth


def test_a_rest_said_twice_and_a_note_said_twice_are_said_once() -> None:
    song = parts_of("swing")
    part = "Tuba"
    truth, length = music(song[part]), [bar.length for bar in read_part(song[part])]
    silent = next(bar for bar in read_part(song[part]) if bar.silent and bar.index > 3)
    rest = silent.element.find("note")
    assert rest is not None
    rest.addnext(etree.fromstring(etree.tostring(rest)))
    sounding = next(bar for bar in read_part(song[part]) if bar.sounds and bar.index > 12)
    note = sounding.sounds[0].element
    again = etree.fromstring(etree.tostring(note))
    again.insert(0, etree.Element("chord"))
    note.addnext(again)
    mended(song, part)
    assert music(song[part]) == truth
    assert [bar.length for bar in read_part(song[part])] == length


def test_disagreements_can_be_kept_shown_and_applied_one_by_one() -> None:
    song = parts_of("march")
    part = "Tuba"
    truth = shared(song[part])
    for line in list(song[part].iter("barline")):
        line.getparent().remove(line)  # type: ignore[union-attr]
    found = [one for one in proofread(song) if one.repair is not None]
    assert found
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
    for one in found:
        assert one.part in one.sentence
        assert one.part == part
        assert one.confidence >= CONFIDENT
        assert one.repair is not None
        told = json.loads(json.dumps(dict(one.repair.told)))
        assert apply(song[part], type(one.repair)(one.repair.kind, one.repair.bar, told))
    assert shared(song[part]) == truth


@pytest.mark.parametrize("parts", [0, 1, 2])
def test_too_few_to_vote(parts: int) -> None:
    song = dict(list(parts_of("hymn").items())[:parts])
    for root in list(song.values())[:1]:
        for bar in measures(root)[10:14]:
            bar.getparent().remove(bar)  # type: ignore[union-attr]
    before = [etree.tostring(root) for root in song.values()]
    made = [one for one in mend(song) if one.kind in ("bars", "metre", "key", "road")]
    assert made == []
    assert len(before) == parts


def test_walks_stay_whole() -> None:
    """What repairs leave is still a document whose bars add up."""
    song = parts_of("waltz")
    for bar in measures(song["Oboe"])[30:33]:
        bar.getparent().remove(bar)  # type: ignore[union-attr]
    mend(song)
    part = song["Oboe"].find("part")
    assert part is not None
    assert len({len(measures(root)) for root in song.values()}) == 1
    assert not any(bar.overrun for bar in walk(part))
