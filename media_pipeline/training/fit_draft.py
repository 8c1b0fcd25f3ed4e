"""When drums are strong enough to call a transcription a draft: practice pieces alone, and with drums mixed in.

    python -m media_pipeline.training.fit_draft --groove folder/ --font FluidR3_GM.sf2 --pieces 10

`--groove` is a folder of the Groove MIDI Dataset (info.csv beside its drummers). Prints, for each level of the drums
against the music, the sorted figures of `stages.pitch.drummed`; the threshold lies above every piece alone.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

import numpy as np

from media_pipeline.stages.pitch import drummed
from media_pipeline.training.font import played
from media_pipeline.training.pieces import practice

RATE = 22_050  # hz
LEVELS = (-9, -6, -3, 0)  # dB of the drums against the music


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--groove", type=Path, required=True)
    asked.add_argument("--font", required=True)
    asked.add_argument("--pieces", type=int, default=10)
    wish = asked.parse_args()
    with (wish.groove / "info.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["beat_type"] == "beat" and float(r["duration"]) > 20]
    chosen = random.Random(5).sample([r for r in rows if r["split"] == "train"], wish.pieces)  # noqa: S311
    alone: list[float] = []
    mixed: dict[int, list[float]] = {level: [] for level in LEVELS}
    for piece, row in zip(practice(wish.pieces), chosen, strict=True):
        music, drums = piece.render(rate=RATE), played(wish.groove / row["midi_filename"], font=wish.font, rate=RATE)
        length = min(len(music), len(drums))
        music, drums = music[:length], drums[:length]
        alone.append(drummed(music, rate=RATE))
        for level in LEVELS:
            gain = np.sqrt((music**2).mean() / (drums**2).mean()) * 10 ** (level / 20)
            both = music + gain * drums
            mixed[level].append(drummed((both * (0.8 / np.abs(both).max())).astype(np.float32), rate=RATE))
    print("alone ", *(f"{x:.2f}" for x in sorted(alone)))
    for level, found in mixed.items():
        print(f"{level:3} dB", *(f"{x:.2f}" for x in sorted(found)))


if __name__ == "__main__":
    main()
