"""A part that was derived, changed by hand and derived again: her changes in what is derived now.

    merge(made, hers, now)  ->  Merged: the document, which bars are hers, which need a look, what could not be kept

made: as it was derived when she changed it; hers: as she has it; now: as it is derived now. All three stay as they are.
given_up: bars of hers, indices from 0, that are to be as they are derived now.

1. The bars of `hers` and of `now` are laid beside those of `made` (beside.py), and changes of either that touch the
   same bars are looked at together.
2. What she alone changed is hers, what the source alone changed is derived. Where both did, hers is kept as long as
   bars correspond one to one and the metre is the same, and these bars are named; else the derived ones are taken.
3. Keys, clefs and line breaks go by the same rule, each by itself, so that a mended note does not bring back a key that
   the source has lost since.
4. The bars are put together: counted alike, in the metre of each, ids told apart, accidentals printed as the key
   needs them, rests of many bars fitted. A tie or slur whose other end is gone goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from lxml import etree

from notation.musicxml import NotationError, accidentals, tree
from notation.musicxml.crossing import loose_ends
from notation.musicxml.cut import bars_of, bring_instruments, distinct
from notation.musicxml.divisions import unite
from notation.musicxml.rests import ATTRIBUTES, drop, drop_empty, own_attributes
from notation.musicxml.tree import place
from notation.score.beside import Step, steps
from notation.score.edit.apply import spell
from notation.score.edit.rests import printed_rest, refit
from notation.score.edit.work import Work
from notation.score.holding import Holding, Key, holding, lasting, say, text_of
from notation.score.proof import fingerprint

Element = etree._Element
_METRE = ("time", "transpose", "staves")  # notes are written for these; keys and clefs may change over them


@dataclass(frozen=True)
class Lost:
    """What she changed and the new document does not have: `count` bars of hers from `first` on, indices from 0.

    `at` is where they would be in the new document; `instead` how many derived bars stand there.
    """

    first: int
    count: int
    at: int
    instead: int


@dataclass(frozen=True)
class Merged:
    """Bars are indices in `root`, from 0."""

    root: Element
    kept: tuple[int, ...]  # as she has them
    both: tuple[int, ...]  # of these, what is derived otherwise now
    out: tuple[int, ...]  # before which bars she took some out
    lost: tuple[Lost, ...]
    of: tuple[tuple[int | None, int | None], ...] = ()  # of each bar which it is in hers and in now

    @property
    def has_hers(self) -> bool:
        return bool(self.kept or self.out)


@dataclass
class _State:
    """One of the three documents, its bars looked at."""

    bars: list[Element]
    held: list[Holding] = field(init=False)
    anew: list[Collection[Key]] = field(init=False)
    again: list[set[Key]] = field(init=False)  # said though it held before
    metre: list[Holding] = field(init=False)
    said: list[str] = field(init=False)  # the music of each bar, with its metre
    layout: list[list[bytes]] = field(init=False)
    signs: list[list[bytes]] = field(init=False)  # keys and clefs said at its beginning
    whole: list[tuple[object, ...]] = field(init=False)
    rests: list[int] = field(init=False)

    def __post_init__(self) -> None:
        found = holding(self.bars)
        self.held = [one.all for one in found]
        self.anew = [one.anew for one in found]
        self.again = [
            {(str(child.tag), child.get("number", "")) for child in lasting(bar)} - set(one.anew)
            for bar, one in zip(self.bars, found, strict=True)
        ]
        self.metre = [{key: text for key, text in held.items() if key[0] in _METRE} for held in self.held]
        self.said = [
            fingerprint([_music(bar)]) + repr(sorted(metre.items()))
            for bar, metre in zip(self.bars, self.metre, strict=True)
        ]
        self.layout = [[text_of(one) for one in bar.iterfind("print")] for bar in self.bars]
        self.signs = [[text_of(one) for one in lasting(bar) if one.tag not in _METRE] for bar in self.bars]
        self.whole = list(zip(self.said, self.layout, self.signs, strict=True))
        self.rests = [printed_rest(bar) for bar in self.bars]


@dataclass(frozen=True)
class _Place:
    """A bar of the new document, and which bar it is in each of the three; None: that one has no such bar."""

    made: int | None
    hers: int | None
    now: int | None
    taken: bool = False  # its music is hers
    out: bool = False  # no bar: she took out what `now` has here


def merge(made: Element, hers: Element, now: Element, *, given_up: Collection[int] = ()) -> Merged:
    """Raises NotationError where one of them is not a part by itself, or not a bar would be left."""
    roots = [tree.copy(root) for root in (made, hers, now)]
    mine = [bars_of(root) for root in roots]
    parts = [root.findall("part")[0] for root in roots]
    divisions = unite(parts)
    for one in mine:
        _count_in(one, divisions)
    a, b, c = (_State(bars) for bars in mine)
    places, lost = _decide(a, b, c)
    places = [
        replace(one, made=None, taken=False) if one.now is not None and one.hers in given_up else one for one in places
    ]
    wanted = list(_wanted(places, a, b, c))
    bars = [place_ for place_ in places if not place_.out]
    if not bars:
        raise NotationError("The bars that you left are not in the source any more.")
    kept = [n for n, (one, wants) in enumerate(zip(bars, wanted, strict=True)) if _is_hers(one, wants, a, b, c)]
    both = [n for n in kept if _in_both(bars[n], a, b, c)]
    out = [sum(not other.out for other in places[:n]) for n, one in enumerate(places) if one.out]
    _write(roots[2], roots[1], places, wanted, a, b, c, divisions=divisions)
    of = tuple((one.hers, one.now) for one in bars)
    return Merged(roots[2], tuple(kept), tuple(both), tuple(dict.fromkeys(out)), tuple(lost), of)


# --- which bars -----------------------------------------------------------------------------------------------------


@dataclass
class _Stretch:
    """Bars start..end of the first document that she or the source changed; start == end: something was put in."""

    start: int
    end: int
    hers: int = 0  # how many bars more she has here
    now: int = 0
    by: set[str] = field(default_factory=set)


def _decide(a: _State, b: _State, c: _State) -> tuple[list[_Place], list[Lost]]:
    changes = [*_changes(a, b, "hers"), *_changes(a, c, "now")]
    places: list[_Place] = []
    lost: list[Lost] = []
    i = j = k = 0  # in made, hers, now
    for one in [*_together(changes), _Stretch(len(a.bars), len(a.bars))]:
        while i < one.start:
            places.append(_Place(i, j, k))
            i, j, k = i + 1, j + 1, k + 1
        count = one.end - one.start
        spans = range(i, one.end), range(j, j + count + one.hers), range(k, k + count + one.now)
        found = list(_settled(one, spans, a, b, c))
        if not found and (spans[1] or spans[2]) and "hers" in one.by and not _nothing_left(one, spans):
            at = sum(not place_.out for place_ in places)
            lost.append(Lost(j, len(spans[1]), at, len(spans[2])))
            found = [_Place(None, None, n) for n in spans[2]]
        places += found
        i, j, k = one.end, spans[1].stop, spans[2].stop
    return places, lost


def _changes(before: _State, after: _State, who: str) -> Iterator[_Stretch]:
    """Bars that were changed one by one are stretches of their own; with bars put in or taken out they are one."""
    run: list[Step] = []
    at = 0
    for old, new in [*steps(before.said, after.said), (None, None)]:
        same = old is not None and new is not None and before.said[old] == after.said[new]
        if not same and (old, new) != (None, None):
            run.append((old, new))
            continue
        if run and all(one is not None and other is not None for one, other in run):
            for _ in run:
                yield _Stretch(at, at + 1, by={who})
                at += 1
        elif run:
            gone, come = (sum(one[side] is not None for one in run) for side in (0, 1))
            more = come - gone
            yield _Stretch(at, at + gone, more if who == "hers" else 0, more if who == "now" else 0, {who})
            at += gone
        run = []
        at += same


def _together(changes: Sequence[_Stretch]) -> list[_Stretch]:
    """Changes of the same bars are one."""
    found: list[_Stretch] = []
    for one in sorted(changes, key=lambda change: (change.start, change.end)):
        last = found[-1] if found else None
        if last is not None and (one.start < last.end or (one.start, one.end) == (last.start, last.end)):
            last.end = max(last.end, one.end)
            last.hers += one.hers
            last.now += one.now
            last.by |= one.by
        else:
            found.append(one)
    return found


def _settled(one: _Stretch, spans: tuple[range, range, range], a: _State, b: _State, c: _State) -> Iterator[_Place]:
    """The places of a stretch; none where hers cannot be kept."""
    old, hers, now = spans
    if one.by == {"now"}:
        for before, after in _beside(a, c, old, now):
            if after is not None:
                yield _Place(before, None if before is None else hers[before - old.start], after)
    elif one.by == {"hers"}:
        new = _beside(a, b, old, hers)
        there = [now[before - old.start] if before is not None else None for before, _ in new]
        if any(n is None and not _fits(b, after, a, max(old.start - 1, 0), c, max(now.start - 1, 0))
               for (_, after), n in zip(new, there, strict=True)):  # fmt: skip
            return
        for (before, after), n in zip(new, there, strict=True):
            same = before is not None and after is not None and a.said[before] == b.said[after]
            yield _Place(before, after, n, taken=after is not None and not same, out=after is None)
    elif [b.said[n] for n in hers] == [c.said[n] for n in now]:
        for mine, n in zip(hers, now, strict=True):
            yield _Place(None, mine, n)
    elif len(hers) == len(now):
        alike = len(old) == len(now)
        if all(_fits(b, mine, a, old[at] if alike else max(old.start - 1, 0), c, n)
               for at, (mine, n) in enumerate(zip(hers, now, strict=True))):  # fmt: skip
            for at, (mine, n) in enumerate(zip(hers, now, strict=True)):
                before = old[at] if alike else None
                same = b.said[mine] == c.said[n] or (before is not None and b.said[mine] == a.said[before])
                yield _Place(before, mine, n, taken=not same)


def _nothing_left(one: _Stretch, spans: tuple[range, range, range]) -> bool:
    """Whether both took out the same bars."""
    return one.by == {"hers", "now"} and not spans[1] and not spans[2]


def _beside(a: _State, b: _State, old: range, new: range) -> list[Step]:
    found = steps([a.said[n] for n in old], [b.said[n] for n in new])
    return [(None if one is None else old[one], None if other is None else new[other]) for one, other in found]


def _fits(b: _State, hers: int | None, a: _State, made: int, c: _State, now: int) -> bool:
    """Whether a bar of hers can stand where the new document has `now`: the source did not change the metre there, or
    to hers."""
    if hers is None or not a.bars:
        return True
    return c.metre[now] in (a.metre[made], b.metre[hers])


# --- what holds -----------------------------------------------------------------------------------------------------


def _wanted(places: Sequence[_Place], a: _State, b: _State, c: _State) -> Iterator[Holding]:
    """Of each bar what is to hold in it. A bar that only one of them has goes on with what held before it, but for what
    changes there."""
    before: Holding = {}
    for one in places:
        if one.out:
            continue
        if one.hers is None or one.now is None:
            state, n = (c, one.now) if one.hers is None else (b, one.hers)
            assert n is not None
            held = state.held[n]
            earlier = state.held[n - 1] if n else {}
            wants = {key: before[key] if key in before and earlier.get(key) == text else text
                     for key, text in held.items()}  # fmt: skip
        else:
            mine, new = b.held[one.hers], c.held[one.now]
            old = a.held[one.made] if one.made is not None else mine
            wants = {}
            for key in {**new, **mine}:
                found = mine.get(key) if mine.get(key) != old.get(key) else new.get(key)
                if found is not None:
                    wants[key] = found
        state, n = (b, one.hers) if one.taken else (c, one.now)
        assert n is not None
        wants = {key: text for key, text in wants.items() if key[0] not in _METRE} | dict(state.metre[n])
        before = wants
        yield wants


def _is_hers(one: _Place, wants: Holding, a: _State, b: _State, c: _State) -> bool:
    """Whether something of a bar is as she has it and not as it is derived."""
    if one.taken:
        return True
    if one.made is None or one.hers is None or one.now is None:
        return False
    if c.whole[one.now] == a.whole[one.made]:
        return b.whole[one.hers] != a.whole[one.made]
    layout = b.layout[one.hers]
    return layout not in (a.layout[one.made], c.layout[one.now]) or (
        b.signs[one.hers] != a.signs[one.made] and wants != c.held[one.now]
    )


def _in_both(one: _Place, a: _State, b: _State, c: _State) -> bool:
    if one.now is None or one.hers is None:
        return False
    if one.made is None:
        return True
    return c.said[one.now] != a.said[one.made] or (
        c.signs[one.now] != a.signs[one.made] and b.signs[one.hers] not in (a.signs[one.made], c.signs[one.now])
    )


# --- the document ---------------------------------------------------------------------------------------------------


def _write(
    root: Element, other: Element, places: Sequence[_Place], wanted: Sequence[Holding], a: _State, b: _State,
    c: _State, *, divisions: int,
) -> None:  # fmt: skip
    """The bars of the places into `root`, which has those of now; `other` has hers, and loses them."""
    loose = loose_ends(b.bars) | loose_ends(c.bars)
    courteous = accidentals.courtesies(b.bars) | accidentals.courtesies(c.bars)
    _number(places, a, b, c)
    part = root.findall("part")[0]
    for bar in c.bars:
        part.remove(bar)
    bars: list[Element] = []
    anew: list[Collection[Key]] = []
    other_key: set[Element] = set()
    for one, wants in zip([one for one in places if not one.out], wanted, strict=True):
        state, n = _source(one, a, b, c)
        bar = state.bars[n]
        bars.append(bar)
        anew.append(set(state.anew[n]) - (b.again[one.hers] if one.hers is not None else set()))
        there = [(each, at) for each, at in ((b, one.hers), (c, one.now)) if at is not None]
        if not any(each.said[at] == state.said[n] and _keys(each.held[at]) == _keys(wants) for each, at in there):
            other_key.add(bar)
        if one.made is not None and one.hers is not None and one.now is not None:
            _dress(bar, one, a, b, c)
    mine = [bar for bar in bars if bar.getparent() is not None]  # in the document of hers still
    part.extend([bar for bar in bars if bar.getparent() is None])
    distinct(root, mine)
    part.extend(bars)
    bring_instruments(root, other)
    say(bars, wanted, anew=anew)
    _count_in(bars, divisions)
    other_key |= _cut_loose(loose_ends(bars) - loose)
    work = Work.of(root)
    work.courteous |= courteous
    for n, bar in enumerate(work.measures):
        if bar in other_key:
            spell(work, n)
        if printed_rest(bar):
            refit(work, n)


def _count_in(bars: Sequence[Element], divisions: int) -> None:
    """Say the divisions of a quarter at the beginning, and nowhere else."""
    for bar in bars:
        for said in bar.findall("attributes/divisions"):
            drop(said)
        drop_empty(bar.iterfind("attributes"))
    said = etree.Element("divisions")
    said.text = str(divisions)
    place(own_attributes(bars[0]), said, order=ATTRIBUTES)


def _source(one: _Place, a: _State, b: _State, c: _State) -> tuple[_State, int]:
    """Where a bar is taken from. Where the source stayed as it was, it is hers in all that is in it."""
    if one.made is not None and one.hers is not None and one.now is not None:
        stayed = c.whole[one.now] == a.whole[one.made]
        return (b, one.hers) if one.taken or (stayed and b.whole[one.hers] != c.whole[one.now]) else (c, one.now)
    if one.taken and one.hers is not None:
        return b, one.hers
    assert one.now is not None
    return c, one.now


def _music(bar: Element) -> Element:
    """A copy of a bar without what holds on, line breaks and rests of many bars: these are looked at by themselves."""
    alone = tree.copy(bar)
    for child in [*lasting(alone), *alone.findall("attributes/divisions")]:
        drop(child)
    for child in [*alone.findall("print"), *alone.findall("attributes/measure-style")]:
        if child.tag == "print" or child.find("multiple-rest") is not None:
            drop(child)
    drop_empty(alone.iterfind("attributes"))
    return alone


def _dress(bar: Element, one: _Place, a: _State, b: _State, c: _State) -> None:
    """Line breaks and the number of bars of rest, hers where she changed them."""
    assert one.made is not None
    assert one.hers is not None
    assert one.now is not None
    layout = b.layout[one.hers] if b.layout[one.hers] != a.layout[one.made] else c.layout[one.now]
    if [text_of(old) for old in bar.iterfind("print")] != layout:
        for old in bar.findall("print"):
            drop(old)
        for n, text in enumerate(layout):
            bar.insert(n, etree.fromstring(text))
    rests = b.rests[one.hers] if b.rests[one.hers] != a.rests[one.made] else c.rests[one.now]
    if rests == printed_rest(bar):
        return
    for style in bar.findall("attributes/measure-style"):
        if style.find("multiple-rest") is not None:
            drop(style)
    if rests:
        style = etree.Element("measure-style")
        etree.SubElement(style, "multiple-rest").text = str(rests)
        place(own_attributes(bar), style, order=ATTRIBUTES)
    drop_empty(bar.iterfind("attributes"))


def _number(places: Sequence[_Place], a: _State, b: _State, c: _State) -> None:
    """Numbers as they are derived, moved by the bars that she put in or took out."""
    by = last = 0
    for n, one in enumerate(places):
        said = c.bars[one.now].get("number", "") if one.now is not None else ""
        counts = said.isdecimal() and len(said) < 8
        if one.out:
            by -= counts
            continue
        state, at = _source(one, a, b, c)
        bar = state.bars[at]
        if one.now is None:
            by += bar.get("implicit") != "yes"
            said = f"X{n}" if bar.get("implicit") == "yes" else str(last + 1)
            counts = bar.get("implicit") != "yes"
        else:
            said = str(max(0, int(said) + by)) if counts else said
        bar.set("number", said)
        last = int(said) if counts else last


def _cut_loose(ends: set[Element]) -> set[Element]:
    """Take away ends of ties and signs; the bars in which ties lost one, for their notes may need an accidental now."""
    bars: set[Element] = set()
    for end in ends:
        if end.tag in ("tie", "tied"):
            bars |= set(end.iterancestors("measure"))
        while end.tag != "measure" and (parent := end.getparent()) is not None:
            drop(end)
            if len(parent) and not (parent.tag == "direction" and parent.find("direction-type") is None):
                break
            end = parent
    return bars


def _keys(held: Holding) -> list[tuple[str, bytes]]:
    return sorted((number, text) for (tag, number), text in held.items() if tag == "key")
