"""`python -m tests.peers FOLDER|SET.zip …`: opens every MusicXML file in MuseScore and music21 and compares the notes.

Each note is (bar, quarters since its bar line, sounding pitch, length, grace or not). MuseScore writes the file as
MusicXML again, which our reader reads; music21's own objects are asked. What either of them complains of is told, but
for what MuseScore says about itself while it writes. Ends with 1 where a note differs or a file cannot be opened.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

MUSESCORE = ("musescore3", "mscore", "mscore3", "musescore", "mscore4portable")
SECONDS = 1200
# Said while MuseScore writes its own file, or about how it runs here: nothing about what it was given.
_ITS_OWN = re.compile(
    r"not implemented|^\s*to <|-> handled|success|^convert|QStandardPaths|propagateSizeHints|libpng|JACK|Jack|ALSA|"
    r"^\s*$|initScoreFonts|qt\.|Qt|MuseScore|^using|loading|libva|dbus|session|soundfont|cannot open|Fluid|restHeight",
    re.I,
)

Note = tuple[int, Fraction, int, Fraction, bool]


@dataclass
class Found:
    """What a program made of a file."""

    problem: str = ""  # it could not open it
    warnings: list[str] = field(default_factory=list)
    parts: list[Counter[Note]] = field(default_factory=list)


def ours(path: Path) -> list[Counter[Note]]:
    from notation.musicxml.read import read
    from notation.musicxml.walk import walk

    found = []
    for part in read(path.read_bytes()).iterfind("part"):
        notes: Counter[Note] = Counter()
        for at, bar in enumerate(walk(part)):
            for note in bar.notes:
                if note.pitch is not None:
                    length = Fraction(0) if note.grace else note.duration
                    notes[at, note.onset - bar.start, note.pitch, length, bool(note.grace)] += 1
        found.append(notes)
    return found


def musescore(paths: Sequence[Path]) -> dict[Path, Found]:
    """All files in one run of the program: it takes seconds to start."""
    program = next((one for name in MUSESCORE if (one := shutil.which(name))), None)
    if program is None:
        return {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = []
        for number, path in enumerate(paths):
            shutil.copyfile(path, folder / f"in-{number}.musicxml")
            jobs.append({"in": str(folder / f"in-{number}.musicxml"), "out": str(folder / f"out-{number}.musicxml")})
        found = {}
        for number, path in enumerate(paths):  # one by one in what they say
            (folder / "job.json").write_text(json.dumps(jobs[number : number + 1]))
            run = subprocess.run(
                [program, "-j", str(folder / "job.json")], cwd=folder, timeout=SECONDS, check=False, text=True,
                errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": name},
            )  # fmt: skip
            said = [line.strip() for line in run.stdout.splitlines() if not _ITS_OWN.search(line)]
            out = folder / f"out-{number}.musicxml"
            found[path] = (
                Found(warnings=said, parts=ours(out)) if out.exists() else Found(f"ended with {run.returncode}")
            )
    return found


def by_music21(path: Path) -> Found:
    import music21

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            score: Any = music21.converter.parse(path, forceSource=True)
        except Exception as error:  # whatever it stumbles over
            return Found(f"{type(error).__name__}: {error}")
    parts = [_heard(part) for part in score.parts]
    return Found(warnings=sorted({str(one.message) for one in caught}), parts=parts)


def _heard(part: Any) -> Counter[Note]:
    import music21

    sounding = part.toSoundingPitch()
    notes: Counter[Note] = Counter()
    for at, bar in enumerate(sounding.getElementsByClass(music21.stream.Measure)):
        for note in bar.recurse().notes:
            if isinstance(note, music21.harmony.ChordSymbol):
                continue
            onset = Fraction(note.getOffsetInHierarchy(bar)).limit_denominator(960)
            grace = bool(note.duration.isGrace)
            length = Fraction(0) if grace else Fraction(note.duration.quarterLength).limit_denominator(960)
            for pitch in getattr(note, "pitches", ()):
                notes[at, onset, int(pitch.midi), length, grace] += 1
    return notes


def differences(mine: Sequence[Counter[Note]], theirs: Sequence[Counter[Note]]) -> Iterator[str]:
    if len(mine) != len(theirs):
        yield f"{len(mine)} parts, there {len(theirs)}"
    for number, (one, other) in enumerate(zip(mine, theirs, strict=False), start=1):
        lost, more = one - other, other - one
        if lost or more:
            first = min([*lost, *more])
            yield (
                f"part {number}: {lost.total()} notes of ours are not there, {more.total()} are that are not ours; "
                f"first in bar {first[0] + 1}: ours {sorted(n[1:] for n in lost if n[0] == first[0])[:4]}, "
                f"theirs {sorted(n[1:] for n in more if n[0] == first[0])[:4]}"
            )


@dataclass
class Tally:
    files: int = 0
    notes: int = 0
    differing: int = 0
    warned: Counter[str] = field(default_factory=Counter)


def compare(paths: Sequence[Path], *, say: Any = print) -> dict[str, Tally]:
    """Program -> what it made of all files."""
    programs = {"MuseScore": musescore(paths)} if paths else {}
    try:
        import music21  # noqa: F401
    except ImportError:
        pass
    else:
        programs["music21"] = {path: by_music21(path) for path in paths}
    tallies = {}
    for program, found in programs.items():
        if not found:
            say(f"{program} is not installed here: nothing was compared with it.")
            continue
        tally = tallies[program] = Tally()
        for path in paths:
            mine, theirs = ours(path), found[path]
            tally.files += 1
            tally.notes += sum(part.total() for part in mine)
            tally.warned.update(theirs.warnings)
            said = [theirs.problem] if theirs.problem else list(differences(mine, theirs.parts))
            tally.differing += bool(said)
            for line in (*said, *sorted({f"says: {warning}" for warning in theirs.warnings})):
                say(f"{program}, {path.name}: {line[:400]}")
    return tallies


def files_of(given: Sequence[Path], *, scratch: Path) -> list[Path]:
    found: list[Path] = []
    for number, path in enumerate(given):
        if path.suffix == ".zip":
            target = scratch / str(number)
            with zipfile.ZipFile(path) as archive:
                archive.extractall(target)
            found += sorted(target.rglob("*.musicxml"))
        else:
            found += sorted(path.rglob("*.musicxml")) if path.is_dir() else [path]
    return found


def main(given: Sequence[str]) -> int:
    if not given:
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        tallies = compare(files_of([Path(one) for one in given], scratch=Path(scratch)))
    for program, tally in tallies.items():
        warned = ", ".join(f"“{text[:80]}” {count}×" for text, count in tally.warned.most_common(8)) or "no warning"
        print(f"{program}: {tally.files} files, {tally.notes} notes, {tally.differing} files differ; {warned}")
    return int(any(tally.differing for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
