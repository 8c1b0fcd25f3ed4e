"""What all parts of a song share, asked of each: metre, key, repeats and endings, signs and jumps, marks, tempo.

The parts vote, bar by bar; who stands against most of them is told, with what they say as a repair. Nobody is outvoted
by one other part alone. A sign is overlooked more easily than invented: two parts that have the same one at the same
place (a quarter of a large band) are believed, however many lack it. What a part lacks is copied from one that has it,
bar line or direction whole.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import groupby

from lxml import etree

from notation.musicxml.tree import unset
from notation.score.check.bars import JUMPS, SIGNS, Bar, key_alter
from notation.score.check.findings import Disagreement, Kind, Repair

Columns = Sequence[Mapping[str, Bar]]
SAID = {
    "segno": "a segno", "coda": "a coda sign", "dacapo": "a D.C.", "dalsegno": "a D.S.", "tocoda": "a “To Coda”",
    "fine": "a Fine",
}  # fmt: skip
STYLES = {"light-light": "a double bar line", "light-heavy": "a final bar line", "regular": "a plain bar line"}
_OF_COPY = ("id", "default-x", "default-y", "relative-x", "relative-y", "width", "color")


def check(columns: Columns) -> Iterator[Disagreement]:
    """Every disagreement of the song about what all share."""
    yield from _in_force(columns, "metre", lambda bar: bar.metre)
    yield from _in_force(columns, "key", lambda bar: bar.fifths % 12)
    yield from _lines(columns)
    yield from _signs(columns)
    yield from _words(columns, "rehearsal", lambda bar: bar.rehearsal)
    yield from _words(columns, "tempo", lambda bar: bar.tempo)


def sure(agree: int, against: int) -> float:
    """How sure a majority is of itself: each voice it is ahead by halves the doubt."""
    return min(0.98, 1 - 0.5 ** (agree - against + 1)) if agree > against else 0.0


def vote(votes: Mapping[str, Hashable]) -> tuple[Hashable, int, list[str]] | None:
    """(what most say, how many, who says it); None where no two more than any other say the same."""
    counts = Counter(votes.values()).most_common(2)
    if not counts or counts[0][1] < 2 or (len(counts) > 1 and counts[0][1] == counts[1][1]):
        return None
    said, count = counts[0]
    return said, count, [part for part, what in votes.items() if what == said]


def believed(votes: Mapping[str, Hashable]) -> tuple[Hashable, float, list[str]] | None:
    """The same for signs that may be missing: (what stands there, how sure that is, who says it)."""
    signs = {part: what for part, what in votes.items() if _something(what)}
    counts = Counter(signs.values()).most_common(2)
    if counts and counts[0][1] >= max(2, len(votes) / 4) and (len(counts) == 1 or counts[0][1] > counts[1][1]):
        said, count = counts[0]
        against = len(signs) - count
        agree = [part for part, what in signs.items() if what == said]
        return said, max(sure(count, len(votes) - count), sure(count, against) - 0.15), agree
    if (most := vote(votes)) is None or len(signs) > 1:
        return None
    return most[0], sure(most[1], len(votes) - most[1]), most[2]


def _something(what: Hashable) -> bool:
    """Whether a vote is for a sign and not for its absence."""
    return any(_something(one) for one in what) if isinstance(what, tuple) else what not in ("", "regular", False, None)


def _in_force(columns: Columns, kind: Kind, ask: Callable[[Bar], Hashable]) -> Iterator[Disagreement]:
    """Metre or key as it is in force: a stretch in which a part has another is one disagreement."""
    wrong: dict[str, list[tuple[int, Hashable, list[str]]]] = {}
    counted: Counter[str] = Counter()
    for at, column in enumerate(columns):
        # A drum part or one without key signatures has none to be compared.
        votes = {part: ask(bar) for part, bar in column.items() if kind == "metre" or _has_key(bar)}
        counted.update(votes.keys())
        if (most := vote(votes)) is None:
            continue
        said, _, agree = most
        for part, what in votes.items():
            if what != said:
                wrong.setdefault(part, []).append((at, said, agree))
    for part, places in wrong.items():
        always = (
            kind == "key" and len(places) > 0.7 * counted[part]
        )  # another key all through is a matter of its transposition
        for (said, _), stretch in groupby(
            enumerate(places), key=lambda item: (item[1][1], (item[1][0] - item[0], columns[item[1][0]][part].metre))
        ):
            first = [place for _, place in stretch]
            at, _, agree = first[0]
            bar, other = columns[at][part], columns[at][agree[0]]
            told: dict[str, object]
            if kind == "metre":
                told = {"beats": other.metre[0], "type": other.metre[1]}
                mine, theirs = "/".join(map(str, bar.metre)), "/".join(map(str, other.metre))
                sentence = f"{part} is in {mine} from bar {bar.number}; {_who(agree)} {theirs}."
                fits = all(columns[n][part].length in (columns[n][agree[0]].length, columns[n][agree[0]].nominal)
                           for n, _, _ in first)  # fmt: skip
            else:
                moved = bar.fifths - bar.written_fifths
                fifths = (other.fifths - moved + 6) % 12 - 6
                if abs(fifths + 12 - bar.written_fifths) < abs(fifths - bar.written_fifths) and fifths + 12 <= 7:
                    fifths += 12
                told = {"fifths": fifths, "bars": len(first)}
                sentence = f"{part} has {_key(bar.written_fifths)} from bar {bar.number}; the others sound in a key " \
                           f"that is {_key(fifths)} here."  # fmt: skip
                fits = True
            odds = sure(len(agree), sum(ask(b) != said for b in columns[at].values()))
            yield Disagreement(
                kind, part, tuple(columns[n][part].index for n, _, _ in first), at,
                odds * (0.3 if always else 1.0) * (1.0 if fits else 0.6), sentence, _who(agree),
                None if always else Repair(kind, bar.index, told),
            )  # fmt: skip


def _has_key(bar: Bar) -> bool:
    return bool(bar.sounds) or bar.written_fifths != 0


def _lines(columns: Columns) -> Iterator[Disagreement]:
    """Bar lines, repeats and endings."""
    for at, column in enumerate(columns):
        for side, ask in (("left", _left), ("right", _right)):
            votes = {part: ask(bar) for part, bar in column.items()}
            if (most := believed(votes)) is None:
                continue
            said, odds_of_all, agree = most
            for part, what in votes.items():
                if what == said:
                    continue
                bar, other = column[part], column[agree[0]]
                xml = _barline(other, side)
                odds = odds_of_all
                if isinstance(said, tuple) and isinstance(what, tuple) and said[:-1] == what[:-1]:
                    odds *= 0.8  # only how the line is drawn
                sentence = (
                    f"{part} has {_line_said(what, side)} at bar {bar.number}; {_who(agree)} {_line_said(said, side)}."
                )
                yield Disagreement(
                    "road", part, (bar.index,), at, odds, sentence, _who(agree),
                    Repair("barline", bar.index, {"side": side, "xml": xml}),
                )  # fmt: skip


def _left(bar: Bar) -> Hashable:
    return bar.forward, bar.ending, ""


def _right(bar: Bar) -> Hashable:
    return bar.backward, bar.ending_stops, "light-heavy" if bar.backward else bar.line


def _line_said(what: Hashable, side: str) -> str:
    repeat, ending, style = what if isinstance(what, tuple) else (False, "", "")
    said = []
    if repeat:
        said.append("the beginning of a repeat" if side == "left" else "the end of a repeat")
    if ending:
        said.append(f"ending {ending}" if side == "left" else "the end of an ending")
    if not said and side == "right":
        said.append(STYLES.get(str(style), "another bar line"))
    return " and ".join(said) or "none"


def _barline(bar: Bar, side: str) -> str:
    for line in bar.element.iterfind("barline"):
        if line.get("location", "right") == side:
            return _bare(line)
    return ""


def _signs(columns: Columns) -> Iterator[Disagreement]:
    """Segno, coda and jumps. One that a jump leads to is not taken away, though only one part has it."""
    jumps = {sign for column in columns for bar in column.values() for sign in bar.signs}
    needed = {"segno"} if "dalsegno" in jumps else set()
    needed |= {"coda"} if "tocoda" in jumps else set()
    for at, column in enumerate(columns):
        for sign in SIGNS:
            votes = {part: sign in bar.signs for part, bar in column.items()}
            if (most := believed(votes)) is None or (not most[0] and sign in needed):
                continue
            said, odds, agree = most
            for part, has in votes.items():
                if has == said:
                    continue
                bar = column[part]
                repair = (
                    Repair("direction", bar.index, _direction(column[agree[0]], sign))
                    if said
                    else Repair("undirection", bar.index, {"sign": sign})
                )
                verb = "has" if has else "lacks"
                yield Disagreement(
                    "road", part, (bar.index,), at, odds, f"{part} {verb} {SAID[sign]} at bar {bar.number}; "
                    f"{_who(agree)} {'it' if said else 'none'}.", _who(agree), repair,
                )  # fmt: skip


def _words(columns: Columns, kind: Kind, ask: Callable[[Bar], str]) -> Iterator[Disagreement]:
    """Rehearsal marks and tempo words: place and text."""
    for at, column in enumerate(columns):
        # A mark whose letter was not read agrees with nobody.
        votes = {part: _plain(ask(bar)) or (ask(bar) and f"? {part}") for part, bar in column.items()}
        if (most := believed(votes)) is None:
            continue
        said, odds, agree = most
        odds *= 1.0 if kind == "rehearsal" else 0.8
        for part, what in votes.items():
            if what == said:
                continue
            bar, text = column[part], ask(column[agree[0]])
            if said and what:
                sentence = f"{part} has “{ask(bar)}” at bar {bar.number}; {_who(agree)} “{text}”."
                repair = Repair("text", bar.index, {"kind": kind, "text": text})
            elif said:
                sentence = f"{part} lacks “{text}” at bar {bar.number}."
                repair = Repair("direction", bar.index, _direction(column[agree[0]], kind))
            else:
                sentence = f"{part} has “{ask(bar)}” at bar {bar.number}; {_who(agree)} nothing."
                repair = Repair("undirection", bar.index, {"sign": kind})
            yield Disagreement(kind, part, (bar.index,), at, odds, sentence, _who(agree), repair)


def is_about(direction: etree._Element, sign: str) -> bool:
    """Whether a direction is this sign, jump, rehearsal mark or tempo."""
    if sign == "rehearsal":
        return direction.find("direction-type/rehearsal") is not None
    sounds = direction.findall("sound")
    if sign == "tempo":
        return any(sound.get("tempo") for sound in sounds)
    if any(sound.get(sign) not in (None, "no") for sound in sounds):
        return True
    if direction.find(f"direction-type/{sign}") is not None:
        return True
    words = " ".join((w.text or "") for w in direction.iterfind("direction-type/words"))
    return any(name == sign and known.search(words) for name, known in JUMPS) and not sounds


def _direction(bar: Bar, sign: str) -> dict[str, object]:
    """A direction of a bar, to be copied, and whether it stands at the bar's end."""
    for found in bar.element.iterfind("direction"):
        if is_about(found, sign):
            return {"xml": _bare(found), "end": sign in ("dacapo", "dalsegno", "fine", "tocoda")}
    return {"xml": "", "end": False}


def _bare(element: etree._Element) -> str:
    """An element as text, without what holds only where it stood."""
    alone = copy.deepcopy(element)
    alone.tail = None
    for child in [alone, *alone.iterdescendants()]:
        for name in _OF_COPY:
            unset(child, name)
    for tag in ("offset", "voice", "staff"):
        for child in alone.findall(tag):
            alone.remove(child)
    return etree.tostring(alone, encoding="unicode")


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _who(parts: Sequence[str]) -> str:
    if len(parts) > 3:
        return f"{len(parts)} others have"
    if len(parts) == 1:
        return f"{parts[0]} has"
    return f"{', '.join(parts[:-1])} and {parts[-1]} have"


def _key(fifths: int) -> str:
    if not fifths:
        return "no sharps or flats"
    name = "sharp" if fifths > 0 else "flat"
    return f"{abs(fifths)} {name}{'s' if abs(fifths) > 1 else ''}"


def rekeyed(bar: Bar, before: int, after: int) -> Iterator[tuple[etree._Element, int]]:
    """Notes of a bar that no accidental governs, with what another key makes of them."""
    governed: set[tuple[int, int]] = set()
    for sound in bar.sounds:
        place = (sound.staff, sound.written)
        if sound.accidental:
            governed.add(place)
        letter = sound.written % 7
        if place not in governed and not sound.tied and sound.written_alter == key_alter(before, letter):
            yield sound.element, key_alter(after, letter)
