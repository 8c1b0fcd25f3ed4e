"""The concert band's part books: songs are well formed, documents say them, books hold what was composed."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from media_pipeline.training.omr.truth import group_rests, line_tokens, read_part
from notation.musicxml.read import read
from tests.omr.band import books, check, lilypond, musescore, musicxml, scan
from tests.omr.band.model import PLAYERS, Note, Pitch, Player, Song
from tests.omr.band.songs import songs

BY_CODE = {player.code: player for player in PLAYERS}
every_song = pytest.mark.parametrize("name", ["march", "hymn", "waltz", "swing"])


@cache
def song(name: str) -> Song:
    return next(song for song in songs() if song.id == name)


def notes(of: Song, player: Player) -> list[Note]:
    return [note for bar in of.parts[player.code] for note in bar]


def test_twelve_books_for_instruments_in_bb_eb_f_and_c_in_both_clefs() -> None:
    assert len(PLAYERS) == 12
    assert {player.chromatic % 12 for player in PLAYERS} == {0, 2, 7, 9}
    assert {player.clef for player in PLAYERS} == {"G2", "F4"}
    assert [song.id for song in songs()] == ["march", "hymn", "waltz", "swing"]


@every_song
def test_every_part_has_every_bar_and_every_bar_its_metre(name: str) -> None:
    made = song(name)
    assert 40 <= len(made.frames) <= 90
    assert set(made.parts) == set(BY_CODE)
    for bars in made.parts.values():
        assert len(bars) == len(made.frames)
        for bar, frame in zip(bars, made.frames, strict=True):
            assert not bar or sum(note.quarters for note in bar) == frame.length
    whole = [Fraction(4 * frame.metre[0], frame.metre[1]) for frame in made.frames]
    short = [n for n, frame in enumerate(made.frames) if frame.length != whole[n]]
    if name == "hymn":  # the pick-up, and the last bar without it
        assert short == [0, len(whole) - 1]
        assert made.frames[0].length + made.frames[-1].length == whole[0]
    else:
        assert not short


@every_song
def test_notes_lie_in_the_compass_of_who_plays_them(name: str) -> None:
    for player in PLAYERS:
        heard = [pitch for note in notes(song(name), player) for pitch in note.pitches]
        assert heard
        assert all(player.low <= pitch.midi <= player.high for pitch in heard)
        for pitch in heard:
            written = player.written(pitch)
            assert written.midi == pitch.midi + player.chromatic
            assert abs(written.alter) <= 1


@every_song
def test_ties_slurs_hairpins_and_triplets_end_where_they_may(name: str) -> None:
    for player in PLAYERS:
        slur, hairpin, inside = False, False, 0
        played = notes(song(name), player)
        for note, after in pairwise(played):
            if note.tie:
                assert note.pitches == after.pitches
        assert not played[-1].tie
        for note in played:
            for mark in sorted(note.slur)[::-1]:
                assert slur == (mark == ")")
                slur = mark == "("
            for mark in sorted(note.hairpin):
                assert hairpin == (mark == "!")
                hairpin = mark != "!"
            assert (inside == 0) == (note.triplet in ("", "start"))
            inside = (inside + 1) % 3 if note.triplet else 0
        assert not slur
        assert not hairpin


@every_song
def test_repeats_endings_and_jumps_are_well_formed(name: str) -> None:
    frames = song(name).frames
    going = False
    for n, frame in enumerate(frames):
        if frame.forward:
            assert not going
            going = True
        if frame.backward:
            assert going
            going = False
            assert frame.volta in (0, 1)
        if frame.volta == 2 and frames[n - 1].volta != 2:
            assert frames[n - 1].backward
            assert frames[n - 1].volta == 1
    assert not going
    assert [n for n, frame in enumerate(frames) if frame.last] == [len(frames) - 1]
    jumps = [n for n, frame in enumerate(frames) if frame.jump]
    marks = [n for n, frame in enumerate(frames) if frame.segno]
    assert len(jumps) == len(marks) == (name in ("march", "waltz"))
    if name == "march":
        (fine,) = (n for n, frame in enumerate(frames) if frame.fine)
        assert marks[0] < fine < jumps[0]
        assert frames[jumps[0]].jump == "D.S. al Fine"
    if name == "waltz":
        (leave,) = (n for n, frame in enumerate(frames) if frame.to_coda)
        (coda,) = (n for n, frame in enumerate(frames) if frame.coda)
        assert marks[0] < leave < jumps[0] < coda
        assert frames[jumps[0]].jump == "D.S. al Coda"


def test_the_set_has_what_band_parts_have() -> None:
    made = songs()
    everything = [note for song in made for player in PLAYERS for note in notes(song, player)]
    assert any(note.triplet for note in everything)
    assert any(note.tie for note in everything)
    assert any(note.grace for note in everything)
    assert any(len(note.pitches) > 1 for note in everything)
    assert any(note.value == 16 for note in everything)
    assert {"staccato", "accent", "tenuto", "strong-accent"} == {a for note in everything for a in note.articulations}
    assert {"pp", "p", "mp", "mf", "f", "ff"} == {note.dynamic for note in everything} - {""}
    assert {frame.metre for song in made for frame in song.frames} == {(2, 2), (4, 4), (3, 4), (2, 4)}
    assert all(len({frame.key for frame in song.frames}) > 1 for song in made)
    rests = []
    for song_ in made:
        printed = group_rests(read_part(read(musicxml.score(song_).encode()), 0))
        rests += [len(group) for group in printed if len(group) > 1]
    assert max(rests) >= 8


def test_the_songs_are_the_same_every_time() -> None:
    assert [musicxml.score(song) for song in songs()] == [musicxml.score(song) for song in songs()]


@every_song
def test_the_score_says_what_the_parts_play(name: str) -> None:
    made = song(name)
    root = read(musicxml.score(made).encode())
    parts = root.findall("part")
    assert len(parts) == 12
    for player, part in zip(PLAYERS, parts, strict=True):
        assert len(part.findall("measure")) == len(made.frames)
        printed = [pitch for note in notes(made, player) for pitch in note.pitches]
        heads = part.findall("measure/note[pitch]")
        lasting = [head for head in heads if head.find("grace") is None]
        assert len(lasting) == len(printed)
        down = int(part.findtext(".//transpose/chromatic") or 0)
        down += 12 * int(part.findtext(".//transpose/octave-change") or 0)
        assert down == -player.chromatic
    assert root.find("part/measure").get("number") == ("0" if name == "hymn" else "1")  # type: ignore[union-attr]


def test_accidentals_stand_where_a_note_differs_from_what_stood_there() -> None:
    def quarter(step: int, alter: int = 0, *, tie: bool = False) -> Note:
        return Note(4, pitches=(Pitch(step, alter),), tie=tie)

    held: set[tuple[int, int]] = set()
    # In F: B flat of the key, B natural twice, B flat again and tied over the bar line.
    bar = (quarter(34, -1), quarter(34), quarter(34), quarter(34, -1, tie=True))
    assert musicxml.accidentals(bar, -1, held) == [[False], [True], [False], [True]]
    assert held == {(34, -1)}
    sharp = (quarter(31, 1, tie=True),)
    assert musicxml.accidentals(sharp, -1, set()) == [[True]]
    held = {(31, 1)}
    assert musicxml.accidentals((quarter(31, 1), quarter(31, 1)), -1, held) == [[False], [True]]


def test_lilypond_is_told_repeats_endings_and_rests_as_they_stand() -> None:
    made = song("march")
    text = lilypond.music(made.frames, made.written(BY_CODE["fl"]), BY_CODE["fl"])
    assert "R1*3 |" in text
    assert text.count("start-repeat") == text.count("end-repeat") == 3
    assert text.index("\\segnoMark") < text.index('"Fine"') < text.index('"D.S. al Fine"')
    assert text.count("\\key") == 2
    assert text.rstrip().endswith('\\bar "|."')
    hymn = lilypond.music(song("hymn").frames, song("hymn").written(BY_CODE["t1"]), BY_CODE["t1"])
    assert "\\partial 4" in hymn


def test_a_scan_is_the_page_damaged_the_same_way_every_time() -> None:
    page = np.full((600, 424), 255, np.uint8)
    page[100:500:10, 40:380] = 0
    seen = [scan.scanned(page, page, np.random.default_rng(5), left=True) for _ in range(2)]
    assert seen[0].shape == page.shape
    assert np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], scan.scanned(page, page, np.random.default_rng(6), left=True))
    assert seen[0][:, 60:360].min(axis=0).max() < 160  # the lines are still there in every column
    assert np.median(seen[0]) > 180


def small() -> list[Song]:
    """The first bars of two songs: books of one page, the second song in the middle of it."""
    out = []
    for made in (song("march"), song("waltz")):
        end = 21  # the march's first strain with both endings
        frames = [*made.frames[: end - 1], replace(made.frames[end - 1], last=True, double=False)]
        parts = {code: bars[:end] for code, bars in made.parts.items()}
        out.append(replace(made, frames=frames, parts=parts))
    return out


@pytest.mark.parametrize("code", ["c1", "c2"])
def test_a_small_book_is_engraved_as_composed(code: str, tmp_path: Path) -> None:
    player = BY_CODE[code]
    if isinstance(books.LOOKS[code], musescore.Look):
        if musescore.program() is None:
            pytest.skip("MuseScore 3 is not installed")
    elif not lilypond.installed():
        pytest.skip("LilyPond is not installed")
    lines = list(books.make(tmp_path, small(), [player]))
    assert lines == [f"{player.book}: {'MuseScore' if code == 'c1' else 'LilyPond'}"]
    told = json.loads((tmp_path / "partbooks/README.json").read_text())
    assert told["books"] == [player.book]
    assert [(song["id"], song["measures"]) for song in told["songs"]] == [("march", 21), ("waltz", 21)]
    pages = scan.drawn(tmp_path / f"partbooks/{player.book}.pdf")
    scans = scan.drawn(tmp_path / f"partbooks/{player.book}-scan.pdf")
    assert len(pages) == len(scans) == 1
    assert abs(scans[0].shape[0] - pages[0].shape[0]) <= 2


@pytest.mark.parametrize("code", ["c1", "c2"])
def test_a_book_that_says_other_notes_is_told(code: str, tmp_path: Path) -> None:
    player = BY_CODE[code]
    wrong = small()
    bars = list(wrong[1].parts[code])
    n = next(n for n, bar in enumerate(bars) if bar and bar[0].pitches)
    bars[n] = (replace(bars[n][0], pitches=(bars[n][0].pitches[0].up(1, 2),), tie=False), *bars[n][1:])
    wrong[1].parts[code] = bars
    if isinstance(look := books.LOOKS[code], musescore.Look):
        if musescore.program() is None:
            pytest.skip("MuseScore 3 is not installed")
        musescore.engrave(wrong, player, look, tmp_path)
        faults = check.musescore_faults(small(), player, tmp_path)
    else:
        if not lilypond.installed():
            pytest.skip("LilyPond is not installed")
        (tmp_path / "wrong").mkdir()
        played = lilypond.sounding(wrong, player, tmp_path / "wrong")
        faults = check.heard_faults(small(), player, played)
    assert [fault.split()[0].rstrip(":") for fault in faults] == ["waltz"]


def test_bars_of_rest_are_grouped_as_on_the_page() -> None:
    """The trombone's waltz: four bars, a rest up to the end of the first tune's third phrase, then the tutti."""
    root = read(musicxml.score(song("waltz"), [BY_CODE["tb"]]).encode())
    bars = read_part(root, 0)
    printed = group_rests(bars)
    assert [len(group) for group in printed][:6] == [1, 1, 1, 1, 12, 1]
    assert line_tokens(bars, printed[4:5])[-4:] == ["mm", "n1", "n2", "bar.s"]
