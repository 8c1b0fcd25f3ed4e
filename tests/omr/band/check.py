"""Whether a book holds exactly what was composed: what the engraver itself says of its document, against the song."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from tests.omr.band import lilypond, musescore, musicxml
from tests.omr.band.model import Player, Song


def musescore_faults(songs: Sequence[Song], player: Player, folder: Path) -> list[str]:
    """Where MuseScore's book, exported again, says another thing than the parts; bars by song and number from 1.

    It forgets rehearsal marks over multi-measure rests on the way (they are printed), so these are not compared.
    """
    from media_pipeline.training.omr.truth import bar_tokens, read_part, read_score
    from notation.musicxml.read import read

    engraved = read_part(read_score(musescore.convert(folder / "book.mscx", ".musicxml")), 0)
    faults, at = [], 0
    for song in songs:
        composed = read_part(read(musicxml.score(song, [player]).encode()), 0)
        for n in range(len(composed)):
            told = [
                [t for t in bar_tokens(bars, range(i, i + 1)) if t != "reh"]
                for bars, i in ((engraved, at + n), (composed, n))
                if i < len(bars)
            ]
            if len(told) < 2 or told[0] != told[1]:
                faults.append(f"{song.id} {n + 1}: {' '.join(told[0])} for {' '.join(told[-1])}")
        at += len(composed)
    return faults if at == len(engraved) else [*faults, f"{len(engraved)} bars for {at}"]


def lilypond_faults(songs: Sequence[Song], player: Player, folder: Path) -> list[str]:
    """Songs whose notes as LilyPond plays them from its source are not those composed."""
    return heard_faults(songs, player, lilypond.sounding(songs, player, folder))


def heard_faults(songs: Sequence[Song], player: Player, files: Sequence[Path]) -> list[str]:
    """Songs whose MIDI file has other notes."""
    import mido

    faults = []
    for song, path in zip(songs, files, strict=True):
        played = []
        file = mido.MidiFile(path)
        for track in file.tracks:
            now = 0
            begun: dict[int, int] = {}
            for message in track:
                now += message.time
                if message.type == "note_on" and message.velocity:
                    begun[message.note] = now
                elif message.type in ("note_on", "note_off") and message.note in begun:
                    start = begun.pop(message.note)
                    lasts = Fraction(now - start, file.ticks_per_beat)
                    played.append((Fraction(start, file.ticks_per_beat), message.note, lasts))
        if sorted(played) != sorted(notes(song, player)):
            faults.append(f"{song.id}: {sorted(set(played) ^ set(notes(song, player)))[:4]}")
    return faults


def notes(song: Song, player: Player) -> list[tuple[Fraction, int, Fraction]]:
    """(onset, written MIDI number, length) in quarters, ties joined, in written order."""
    out: list[tuple[Fraction, int, Fraction]] = []
    held: dict[int, int] = {}  # MIDI number: index of the note that goes on
    begin = Fraction(0)
    for frame, bar in zip(song.frames, song.written(player), strict=True):
        now = begin
        for note in bar:
            going: dict[int, int] = {}
            for pitch in note.pitches:
                if pitch.midi in held:
                    index = held[pitch.midi]
                    onset, midi, length = out[index]
                    out[index] = (onset, midi, length + note.quarters)
                else:
                    index = len(out)
                    out.append((now, pitch.midi, note.quarters))
                if note.tie:
                    going[pitch.midi] = index
            held = going
            now += note.quarters
        begin += frame.length
    return out
