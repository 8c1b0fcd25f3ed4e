"""Our MusicXML opened in MuseScore and music21, where they are installed: the same notes, and no complaint.

python -m tests.bench.peers          a song of the band: its score, transposed and at concert pitch, and its parts
python -m tests.peers FOLDER|ZIP     any files
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.prints import band
from tests.peers.__main__ import compare

SONG = "Lanterns on the River"  # the shortest


def bench_peers() -> list[tuple[str, str, str]]:
    from notation.engrave.printset import Concert, ConcertSong, Kind, print_set
    from notation.musicxml import tree
    from notation.printing.concert import score_of

    parts = band()[SONG]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents = {}
        for part, root in parts.items():
            documents[part] = folder / f"{part}.xml"
            documents[part].write_bytes(tree.to_bytes(root))
        songs = tuple(
            ConcertSong(f"{SONG} ({pitch})", parts if pitch == "transposed" else {"Flute": parts["Flute"]},
                        score=score_of(documents, SONG, concert_pitch=pitch == "concert"))
            for pitch in ("transposed", "concert")
        )  # fmt: skip
        concert = Concert("Peers", songs)
        kinds: tuple[Kind, ...] = ("musicxml",)
        made = print_set(concert, folder=folder / "set", kinds=kinds, what=("scores", "parts"))
        rows = []
        for program, tally in compare(made.files, say=lambda line: None).items():
            warned = ", ".join(f"{text[:60]} {count}×" for text, count in tally.warned.most_common(3))
            rows.append(
                (
                    f"{tally.files} files opened in {program}, {tally.notes} notes",
                    f"{tally.differing} files differ; {warned or 'no warning'}",
                    "0, none",
                )
            )
        return rows or [("our MusicXML in MuseScore and music21", "neither is installed: nothing compared", "-")]


if __name__ == "__main__":
    for row in bench_peers():
        print("   ".join(row))
