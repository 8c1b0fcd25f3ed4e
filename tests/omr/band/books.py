"""The whole set in a folder as the evaluation reads it.

FOLDER/partbooks holds NAME.pdf, NAME-scan.pdf, score-ID.musicxml and README.json. Every other book is MuseScore's, the
rest are LilyPond's, each in another size and with other habits.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.omr.band import check, lilypond, musescore, musicxml
from tests.omr.band.model import PLAYERS, Player, Song
from tests.omr.band.scan import scan

Look = musescore.Look | lilypond.Look
LOOKS: dict[str, Look] = {
    "fl": musescore.Look(),
    "ob": lilypond.Look(size=20),
    "c1": musescore.Look(font="Bravura", spatium=1.65, header=True),
    "c2": lilypond.Look(size=18, church_rests=False),
    "as": musescore.Look(font="Gonville", settings={"staffLineWidth": "0.1", "keySigNaturals": "1"}),
    "ts": lilypond.Look(size=22, naturals=False),
    "t1": musescore.Look(font="Bravura", spatium=1.85, settings={"voltaPosAbove": "0"}),
    "t2": lilypond.Look(size=20, naturals=False),
    "hn": musescore.Look(header=True, spatium=1.7, settings={"minSystemDistance": "10"}),
    "tb": lilypond.Look(size=19, church_rests=False),
    "ba": musescore.Look(spatium=1.8),
    "tu": lilypond.Look(size=21),
}


def make(out: Path, songs: Sequence[Song], players: Sequence[Player] = PLAYERS) -> Iterator[str]:
    """Write the set and say of each book how it went. Raises RuntimeError where a book is not what was composed."""
    books = out / "partbooks"
    books.mkdir(parents=True, exist_ok=True)
    for song in songs:
        (books / f"score-{song.id}.musicxml").write_text(musicxml.score(song, players))
    for player in players:
        engraver = bind(books / f"{player.book}.pdf", songs, player)
        scan(books / f"{player.book}.pdf", books / f"{player.book}-scan.pdf")
        yield f"{player.book}: {engraver}"
    told = {
        "origin": "composed and engraved by tests/omr/band",
        "licence": "CC0-1.0",
        "note": "Part books of a concert band; each holds these songs in this order. score-ID.musicxml is the exact "
        "truth of all parts (part index = order of the books), at written pitch. NAME.pdf is the engraver's own PDF, "
        "NAME-scan.pdf the same pages as a simulated 200 dpi scan.",
        "books": [player.book for player in players],
        "songs": [
            {"id": song.id, "composer": song.composer, "work": song.title, "measures": len(song.frames)}
            for song in songs
        ],
    }
    (books / "README.json").write_text(json.dumps(told, indent=1, ensure_ascii=False))


def bind(path: Path, songs: Sequence[Song], player: Player) -> str:
    """Engrave a player's book to `path`, checked; the engraver's name comes back."""
    look = LOOKS[player.code]
    with tempfile.TemporaryDirectory(prefix="copyist-band-") as name:
        folder = Path(name)
        if isinstance(look, musescore.Look):
            book = musescore.engrave(songs, player, look, folder)
            faults = check.musescore_faults(songs, player, folder)
        else:
            book = lilypond.engrave(songs, player, look, folder)
            faults = check.lilypond_faults(songs, player, folder)
        if faults:
            raise RuntimeError(f"{player.book} is not what was composed: {'; '.join(faults[:5])}")
        shutil.copyfile(book, path)
    return "MuseScore" if isinstance(look, musescore.Look) else "LilyPond"
