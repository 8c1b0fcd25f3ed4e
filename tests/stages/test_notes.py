"""notes: from probabilities to notes, on hand-made probabilities and on music whose notes are known."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from media_pipeline.artifacts import Activations, Note, Notes
from media_pipeline.stages.notes import candidates, draft_because, held, make_notes, notes
from media_pipeline.stages.pitch import pitch
from media_pipeline.training.note_scores import note_f1
from tests.synth import Piece, Spec, audio_of, make, run_stage

FPS = 22_050 / 256


def activations(
    played: list[tuple[float, float, int, float]], *, seconds: float = 6.0, vocal: float = 0.0, percussive: float = 0.0
) -> Activations:
    """Clean probabilities of (onset, offset, pitch, strength), as the network gives them for clear notes."""
    frames = int(seconds * FPS)
    note, onset = np.zeros((frames, 88)), np.zeros((frames, 88))
    for start, end, number, strength in played:
        first, last = round(start * FPS), round(end * FPS)
        fall = np.linspace(1.0, 0.7, max(last - first, 1))
        note[first:last, number - 21] = np.maximum(note[first:last, number - 21], strength * fall)
        onset[first - 2 : first + 3, number - 21] = strength * np.array([0.3, 0.8, 1.0, 0.8, 0.3])
    to_bytes = [(255 * x).astype(np.uint8) for x in (note, onset)]
    contour = np.repeat(to_bytes[0], 3, axis=1)
    return Activations(to_bytes[0], to_bytes[1], contour, FPS, 0.0, 0.0, vocal, percussive, "by hand")


def names(found: list[Note]) -> list[tuple[int, float]]:
    return [(n.pitch, round(n.onset, 1)) for n in found]


def test_clear_notes_are_found() -> None:
    found = make_notes(activations([(0.5, 1.0, 60, 0.9), (1.0, 1.5, 64, 0.9), (1.5, 2.5, 67, 0.9)]))
    assert names(found) == [(60, 0.5), (64, 1.0), (67, 1.5)]


def test_ends_are_followed() -> None:
    found = make_notes(activations([(0.5, 1.7, 60, 0.9)]))
    assert found[0].offset == pytest.approx(1.7, abs=0.06)


def test_a_repeated_note_is_struck_again() -> None:
    found = make_notes(activations([(0.5, 0.95, 60, 0.9), (1.0, 1.45, 60, 0.9), (1.5, 1.95, 60, 0.9)]))
    assert names(found) == [(60, 0.5), (60, 1.0), (60, 1.5)]
    assert all(a.offset <= b.onset + 0.02 for a, b in pairwise(found))


def test_the_ghost_of_an_octave_is_no_note() -> None:
    found = make_notes(activations([(0.5, 1.5, 48, 0.95), (0.5, 1.0, 60, 0.33)]))
    assert [n.pitch for n in found] == [48]


def test_a_played_octave_is_kept() -> None:
    found = make_notes(activations([(0.5, 1.5, 48, 0.9), (0.5, 1.5, 60, 0.9)]))
    assert [n.pitch for n in found] == [48, 60]


def test_faint_notes_wait_for_more_sensitivity() -> None:
    heard = activations([(0.5, 1.5, 60, 0.9), (2.0, 2.2, 72, 0.3)])
    assert [n.pitch for n in make_notes(heard)] == [60]
    assert len(make_notes(heard, sureness=0.0005)) >= 2


def test_stronger_notes_are_louder() -> None:
    found = make_notes(activations([(0.5, 1.5, 60, 0.95), (2.0, 3.0, 60, 0.65)]))
    assert found[0].velocity > found[1].velocity
    assert all(1 <= n.velocity <= 127 and 0 <= n.confidence <= 1 for n in found)


def test_silence_has_no_notes() -> None:
    assert make_notes(activations([])) == []


@pytest.mark.parametrize("frames", [0, 1, 7, 30])
def test_very_short_activations(frames: int) -> None:
    found = candidates(np.zeros((frames, 88), np.float32), np.zeros((frames, 88), np.float32))
    assert len(found.frame) == 0


def test_notes_are_in_order_and_well_formed(tmp_path: Path) -> None:
    piece = make(Spec("two voices", "4/4", "guitar"), family="test", number=1)
    found = transcribed(piece, folder=tmp_path)
    keys = [(n.onset, n.pitch) for n in found.notes]
    assert keys == sorted(keys)
    assert all(n.onset < n.offset for n in found.notes)


def transcribed(piece: Piece, *, folder: Path, engine: str = "") -> Notes:
    heard, _ = run_stage(pitch, audio_of(piece.render()), folder=folder, options={"engine": engine})
    found, _ = run_stage(notes, heard, folder=folder)
    assert isinstance(found, Notes)
    return found


@pytest.mark.parametrize("engine", ["basic-pitch", "harmonic"])
@pytest.mark.parametrize(
    "spec",
    [
        Spec("melody", "4/4", "flute"),
        Spec("chords", "4/4", "piano"),
        Spec("two voices", "3/4", "guitar"),
        Spec("fingerpicking", "4/4", "guitar"),
    ],
    ids=lambda spec: spec.name,
)
def test_notes_of_known_music(spec: Spec, engine: str, tmp_path: Path) -> None:
    piece = make(spec, family="test", number=2)
    found = transcribed(piece, folder=tmp_path, engine=engine)
    score = note_f1(piece, [n.onset for n in found.notes], [n.pitch for n in found.notes])
    assert score > (0.85 if engine == "basic-pitch" else 0.75)


def test_onsets_are_not_late_or_early(tmp_path: Path) -> None:
    piece = make(Spec("melody", "4/4", "guitar"), family="test", number=4)
    found = transcribed(piece, folder=tmp_path)
    errors = [min((f.onset - n.onset for f in found.notes if f.pitch == n.pitch), key=abs) for n in piece.notes]
    assert abs(float(np.median(errors))) < 0.005


def test_voice_and_drums_make_a_draft(tmp_path: Path) -> None:
    heard = activations([(0.5, 4.0, 60, 0.9)], vocal=0.9, percussive=0.9)
    found, context = run_stage(notes, heard, folder=tmp_path)
    assert found.draft == "Voice and drums are strong in this recording, so this is a draft of everything pitched."
    assert context.warnings == [found.draft]


def test_a_plain_guitar_is_no_draft() -> None:
    assert draft_because(vocal=0.1, percussive=0.4, held=0.8) == ""
    assert draft_because(vocal=0.9, percussive=0.1, held=0.8).startswith("Voice is strong")


def test_tones_are_held_in_music(tmp_path: Path) -> None:
    contour = np.zeros((600, 264), np.uint8)
    for start in range(0, 600, 60):  # a tone and a rest, again and again
        contour[start : start + 45, 100 + start % 7] = 200
    assert held(contour, frames_per_second=86.0) == pytest.approx(0.75)


def test_nothing_is_held_in_glides() -> None:
    contour = np.zeros((600, 264), np.uint8)
    contour[np.arange(600), 60 + np.arange(600) // 3 % 150] = 200
    assert held(contour, frames_per_second=86.0) == 0.0


@pytest.mark.parametrize("frames", [0, 1, 5])
def test_next_to_nothing_holds_nothing(frames: int) -> None:
    assert held(np.full((frames, 264), 200, np.uint8), frames_per_second=86.0) == 0.0


def test_a_long_recording_is_heard_in_pieces_as_well_as_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from media_pipeline.stages import notes as stage

    rng = np.random.default_rng(4)
    frames, keys = np.sort(rng.choice(np.arange(50, 5900, 25), 120, replace=False)), rng.integers(20, 60, 120)
    note, onset = np.zeros((6000, 88), np.uint8), np.zeros((6000, 88), np.uint8)
    for frame, key in zip(frames, keys, strict=True):
        note[frame : frame + 20, key], onset[frame, key] = 220, 230
    heard = Activations(
        note=note, onset=onset, contour=np.zeros((6000, 264), np.uint8), frames_per_second=86.13, start=0.0,
        tuning_cents=0.0, vocal=0.0, percussive=0.0, engine="basic-pitch 0.4.0",
    )  # fmt: skip
    whole = stage.make_notes(heard)
    monkeypatch.setattr(stage, "PIECE", 1000)
    monkeypatch.setattr(stage, "AROUND", 500)
    assert len(whole) > 60
    assert stage.make_notes(heard) == whole
