"""Grows the trees of nets/note_judge.py on practice pieces and writes weights/note_judge*.npz.

    python -m media_pipeline.training.fit_notes [--pieces 240] [--font /usr/share/sounds/sf2/FluidR3_GM.sf2]

1. practice pieces (never a held-out one) are rendered by our own sounds; with --font, two of three by fluidsynth with
   guitars, pianos, flute and violin of a General MIDI sound font, so that the trees do not learn our synthesiser
2. the pitch engine (Basic Pitch unless --engine says another) hears them; every candidate of stages/notes is labelled:
   a note of its pitch begins within 50 ms, or not
3. a quarter of the pieces is kept apart and scored (F1, onset and pitch within 50 ms); then all are used
Needs scikit-learn, and fluidsynth's command for --font. Ten minutes for 240 pieces on two cores.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media_pipeline.engines import load
from media_pipeline.nets.note_judge import weights_for
from media_pipeline.stages.notes import FEATURES, LATE, LOWEST, Candidates, candidates
from media_pipeline.training.font import played
from media_pipeline.training.pieces import RATE, Piece, practice

PROGRAMS = (24, 25, 0, 26, 24, 25, 4, 73, 24, 0, 25, 27, 40, 1)  # General MIDI: mostly guitars and pianos
SEED_OFFSET = 300  # practice pieces below this number chose the weights of the beat tracker


def by_font(piece: Piece, *, font: str, program: int) -> NDArray[np.float32]:
    """The piece played by fluidsynth, mono at RATE."""
    import mido

    midi = mido.MidiFile(ticks_per_beat=1000)
    track = mido.MidiTrack()
    midi.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=1_000_000))  # a tick a millisecond
    track.append(mido.Message("program_change", program=program))
    events = [(round(n.onset * 1000), n.pitch, n.velocity) for n in piece.notes]
    events += [(round(n.offset * 1000), n.pitch, 0) for n in piece.notes]
    now = 0
    for tick, pitch, velocity in sorted(events, key=lambda e: (e[0], e[2] > 0)):
        track.append(mido.Message("note_on", note=pitch, velocity=velocity, time=tick - now))
        now = tick
    with tempfile.TemporaryDirectory() as folder:
        score = Path(folder) / "piece.mid"
        midi.save(score)
        return played(score, font=font, rate=RATE)


def labels(piece: Piece, found: Candidates, *, frames_per_second: float) -> NDArray[np.bool_]:
    """Which candidates are notes: the nearest one of the right pitch within 50 ms of each note."""
    seconds = found.frame / frames_per_second + LATE
    good = np.zeros(len(found.frame), bool)
    for note in piece.notes:
        near = (found.key == note.pitch - LOWEST) & (np.abs(seconds - note.onset) < 0.05) & ~good
        places = np.flatnonzero(near)
        if len(places):
            good[places[np.argmin(np.abs(seconds[places] - note.onset))]] = True
    return good


def grow(features: NDArray[np.float32], good: NDArray[np.bool_]) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=120, learning_rate=0.08, max_leaf_nodes=15, min_samples_leaf=40, l2_regularization=1.0, random_state=0
    )
    return model.fit(features, good)


def flat(model: Any) -> dict[str, NDArray[Any]]:
    """The trees as arrays for nets/note_judge.py; left < 0 marks a leaf."""
    parts: dict[str, list[Any]] = {name: [] for name in ("feature", "threshold", "left", "right", "value")}
    roots, size = [], 0
    for (tree,) in model._predictors:
        nodes = tree.nodes
        leaf = nodes["is_leaf"].astype(bool)
        parts["feature"].append(np.where(leaf, 0, nodes["feature_idx"]))
        parts["threshold"].append(np.where(leaf, 0, nodes["num_threshold"]))
        parts["left"].append(np.where(leaf, -1, nodes["left"].astype(int) + size))
        parts["right"].append(np.where(leaf, -1, nodes["right"].astype(int) + size))
        parts["value"].append(np.where(leaf, nodes["value"], 0))
        roots.append(size)
        size += len(nodes)
    kinds = {"feature": np.int16, "threshold": np.float32, "left": np.int32, "right": np.int32, "value": np.float32}
    arrays = {name: np.concatenate(part).astype(kinds[name]) for name, part in parts.items()}
    baseline = np.float32(np.ravel(model._baseline_prediction)[0])
    return {**arrays, "roots": np.array(roots, np.int32), "baseline": np.array(baseline)}


def f1(model: Any, rows: list[tuple[NDArray[np.float32], NDArray[np.bool_], int]]) -> float:
    scores = []
    for features, good, notes in rows:
        kept = model.predict_proba(features)[:, 1] >= 0.5
        scores.append(2 * float((good & kept).sum()) / (kept.sum() + notes))
    return float(np.mean(scores))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--pieces", type=int, default=240)
    parser.add_argument("--font", default="", help="a General MIDI sound font")
    parser.add_argument("--engine", default="basic-pitch", help="whose ears the trees judge")
    options = parser.parse_args()
    engine, weights = load("pitch", options.engine), weights_for(options.engine)
    rows: list[tuple[NDArray[np.float32], NDArray[np.bool_], int]] = []
    for number, piece in enumerate(practice(SEED_OFFSET + options.pieces)[SEED_OFFSET:]):
        fonted = bool(options.font) and number % 3 != 0
        wave = by_font(piece, font=options.font, program=PROGRAMS[number % len(PROGRAMS)]) if fonted else piece.render()
        heard = engine.run(wave, rate=RATE, small=False, tick=lambda done: None)
        found = candidates(heard.note / np.float32(255), heard.onset / np.float32(255))
        good = labels(piece, found, frames_per_second=heard.frames_per_second)
        rows.append((found.features, good, len(piece.notes)))
        if number % 20 == 19:
            print(f"{number + 1} of {options.pieces} pieces heard", flush=True)
    apart = [row for i, row in enumerate(rows) if i % 4 == 3]
    seen = [row for i, row in enumerate(rows) if i % 4 != 3]
    model = grow(np.concatenate([r[0] for r in seen]), np.concatenate([r[1] for r in seen]))
    print(f"{len(FEATURES)} features; pieces kept apart: F1 {f1(model, apart):.3f}, seen: {f1(model, seen):.3f}")
    model = grow(np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows]))
    arrays: dict[str, Any] = flat(model)
    np.savez_compressed(weights, **arrays)
    print(f"{weights}: {weights.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
