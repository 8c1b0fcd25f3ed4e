"""The stages after the ears, run as a worker runs them: notes and beats in, a document out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from media_pipeline import codec
from media_pipeline.artifacts import Beats, Document, Grid, Media, Note, Notes, Tempo
from media_pipeline.context import StageError
from media_pipeline.graph import Stage
from media_pipeline.recipes import GUITAR_TAB
from media_pipeline.stages.document import document, title_of
from media_pipeline.stages.metre import metre
from media_pipeline.stages.quantise import quantise
from media_pipeline.stages.spell import spell
from media_pipeline.stages.tab import tab
from notation.score.fingering import Tabbed
from notation.score.rhythm import Rhythm
from notation.score.spell import Spelled
from tests.score.tunes import AMAZING_GRACE, ODE, perform


class Desk:
    """A context for one stage; keeps what the stage says."""

    attempt = 1

    def __init__(self, stage: Stage, folder: Path, options: Mapping[str, Any]) -> None:
        self.options, self.folder = stage.option_values(options), folder
        self.warnings: list[str] = []

    def progress(self, fraction: float, note: str = "") -> None: ...
    def check(self) -> None: ...
    def log(self, message: str) -> None: ...
    def engine(self, name: str) -> None: ...
    def partial(self, name: str, value: Any) -> None: ...
    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def partials(self) -> dict[str, Any]:
        return {}


class Run:
    """All five stages one after the other."""

    def __init__(self, folder: Path, tune: str = ODE, options: Mapping[str, Any] | None = None, **how: Any) -> None:
        sounds, pulse = perform(tune, **how)
        notes = Notes(tuple(Note(s.onset, s.offset, s.pitch, s.velocity, s.confidence) for s in sounds), 0.0, "")
        tempo = Tempo(pulse.times, pulse.first_downbeat, pulse.beats_per_bar, pulse.bpm, 1.0)
        self.warnings: list[str] = []
        options = options or {}

        def go(stage: Stage, *needs: Any) -> Any:
            desk = Desk(stage, folder, options)
            made = stage.run(desk, *needs)
            self.warnings += desk.warnings
            return made

        self.grid: Grid = go(metre, Beats(tempo, (), "test"), notes)
        self.rhythm: Rhythm = go(quantise, notes, self.grid)
        self.spelled: Spelled = go(spell, self.rhythm)
        self.tabbed: Tabbed = go(tab, self.spelled, self.rhythm, self.grid)
        media = Media(folder / "ode_to_joy.mp3", "02 - ode_to_joy.mp3")
        self.document: Document = go(document, media, self.grid, self.rhythm, self.spelled, self.tabbed)
        self.root = etree.parse(str(self.document.musicxml)).getroot()


def test_a_performance_becomes_its_score(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert run.document.title == "Ode to joy"
    summary = run.document.summary
    assert (summary["key"], summary["metre"], summary["tempo"]) == ("C major", "4/4", 100)
    steps = [n.findtext("pitch/step") for n in run.root.iter("note") if n.findtext("staff") == "1"]
    assert "".join(s or "" for s in steps)[:8] == "EEFGGFED"
    assert len(run.root.findall("part/measure")) == 8


def test_sync_points_are_the_beats_heard(tmp_path: Path) -> None:
    run = Run(tmp_path, drift=0.05, beat_jitter=0.0, jitter=0.0)
    sync = run.document.sync
    seconds = [s for _, _, s in sync]
    assert seconds == sorted(seconds)
    assert len(sync) == 8 * 4 + 1
    assert sync[5][:2] == (1, 1.0)
    assert sync[0][2] == pytest.approx(1.0, abs=0.02)


def test_a_pick_up_is_bar_nought_and_in_the_sync(tmp_path: Path) -> None:
    run = Run(tmp_path, AMAZING_GRACE, per_bar=3, lacking=2, bpm=90)
    bars = run.root.findall("part/measure")
    assert bars[0].get("implicit") == "yes"
    assert [b.get("number") for b in bars[:3]] == ["0", "1", "2"]
    assert [point[:2] for point in run.document.sync[:3]] == [(0, 0.0), (1, 0.0), (1, 1.0)]


@pytest.mark.parametrize(
    ("options", "fret_of_first"),
    [
        ({}, (1, 0)),
        ({"tab.capo": 2}, None),
        ({"tab.tuning": "open-g"}, None),
        ({"tab.tuning": "E2 A2 D3 G3 C4 F4"}, None),
    ],
)
def test_tuning_and_capo_follow_the_player(
    tmp_path: Path, options: dict[str, Any], fret_of_first: tuple[int, int] | None
) -> None:
    run = Run(tmp_path, options=options)
    first = run.tabbed.notes[0]
    assert run.tabbed.board.pitch(string=first.string, fret=first.fret) == 64
    if fret_of_first:
        assert (first.string, first.fret) == fret_of_first
    assert run.root.findtext(".//staff-details/capo") == (str(options["tab.capo"]) if "tab.capo" in options else None)


def test_the_tempo_octave_and_the_bar_lines_can_be_corrected(tmp_path: Path) -> None:
    assert len(Run(tmp_path, options={"metre.factor": 2.0}).grid.bars) == 16
    assert Run(tmp_path, options={"metre.shift": 1}).grid.bars[0].number == 0
    assert Run(tmp_path, options={"metre.metre": "2/4"}).document.summary["metre"] == "2/4"


def test_music_for_another_instrument_moves_as_a_whole(tmp_path: Path) -> None:
    run = Run(tmp_path, options={"tab.tuning": "bass"})
    assert run.warnings == ["Written an octave lower than it sounds."]
    assert [n.pitch + 12 for n in run.tabbed.notes] == [n.pitch for n in run.rhythm.notes]


def test_the_octave_can_be_chosen(tmp_path: Path) -> None:
    run = Run(tmp_path, options={"tab.octave": "-1"})
    assert run.tabbed.notes[0].pitch == 52


def test_changes_for_the_instrument_are_told(tmp_path: Path) -> None:
    run = Run(tmp_path, options={"tab.tuning": "bass", "tab.octave": "0"})
    assert any("octave" in w for w in run.warnings)
    assert run.document.summary["moved"] == sum(c.new_pitch is not None for c in run.tabbed.changes) > 0
    assert run.root.findtext("part-list/score-part/part-name") == "Bass guitar"


def test_a_wrong_tuning_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(StageError) as caught:
        Run(tmp_path, options={"tab.tuning": "E2 A2 X9 Q"})
    assert "note" in caught.value.message
    assert caught.value.permanent


def test_no_notes_are_said_plainly(tmp_path: Path) -> None:
    beats = Beats(Tempo((0.0, 0.5, 1.0), 0, 4, 120.0, 1.0), (), "test")
    with pytest.raises(StageError, match="No notes"):
        metre.run(Desk(metre, tmp_path, {}), beats, Notes((), 0.0, ""))


def test_what_stages_hand_on_can_be_filed_and_read_again(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for value in (run.grid, run.rhythm, run.spelled, run.tabbed):
        folder = tmp_path / type(value).__name__
        codec.write(value, type(value), folder=folder)
        assert codec.read(type(value), folder=folder) == value


def test_the_recipe_holds_all_of_it() -> None:
    names = [s.name for s in GUITAR_TAB.in_order()]
    assert names.index("metre") < names.index("quantise") < names.index("spell") < names.index("tab")
    assert names[-1] == "document"
    assert {name for name, _ in GUITAR_TAB.options("after")} >= {
        "metre.factor", "metre.shift", "metre.metre", "quantise.level", "tab.tuning", "tab.capo", "document.title",
    }  # fmt: skip


def test_changing_the_capo_runs_nothing_before_the_tab() -> None:
    plain = GUITAR_TAB.keys({Media: ["a"]}, {})
    moved = GUITAR_TAB.keys({Media: ["a"]}, {"tab.capo": 2})
    changed = {s.name for s in GUITAR_TAB.stages if plain.of(s) != moved.of(s)}
    assert changed == {"tab", "document"}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("07_-_greensleeves (live).mp3", "Greensleeves (live)"),
        ("C:\\Music\\my_song.WAV", "My song"),
        ("../../etc/passwd", "Passwd"),
        ("", "Untitled"),
        ("12. Blues.flac", "Blues"),
        ("Étude n° 3", "Étude n° 3"),
    ],
)
def test_titles_from_file_names(name: str, title: str) -> None:
    assert title_of(name) == title


def test_control_characters_in_a_title_make_no_broken_document(tmp_path: Path) -> None:
    run = Run(tmp_path, options={"document.title": "A\x00\x08 <B> & \ud800 C"})
    assert (run.root.findtext("work/work-title") or "").split() == ["A", "<B>", "&", "C"]


def test_a_change_of_level_takes_well_under_two_seconds_for_three_minutes(tmp_path: Path) -> None:
    import time

    begun = time.process_time()
    run = Run(tmp_path, " ".join([ODE] * 10), options={"quantise.level": "easy"})
    assert len(run.grid.bars) == 80
    assert time.process_time() - begun < 6  # about one on an idle core


def test_notes_survive_in_number(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert len(run.tabbed.notes) == len(run.rhythm.notes) == 30
    assert replace(run.tabbed, changes=()).changes == run.tabbed.changes
