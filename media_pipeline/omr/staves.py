"""Where the staves and systems of a page lie, however faded, broken, bent or small; `look` sets a sheet upright.

The finder, step by step (lines as ridges across strips, after Su et al. 2012 and Fornes et al. 2012; our own code):
    1. the distance of lines from the commonest lengths of black + white runs down the page, made fractional by the
       autocorrelation of rows
    2. only level strokes are kept (a grey opening, so that faded lines count by their darkness, broken ones are closed)
    3. the page is cut into upright strips; in each a comb of five teeth looks for five lines; one may be missing
    4. combs are followed from strip to strip, up and down with the paper
    5. where they bend, the page is flattened along them, and steps 2 to 4 are done again
    6. each staff is fitted by itself: height, distance of its lines, ends, number of lines
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

import cv2
import numpy as np
from numpy.typing import NDArray

from media_pipeline.omr import clean, paper
from media_pipeline.omr.kinds import judge
from media_pipeline.omr.model import Box, Page, Printed, Staff, System
from media_pipeline.omr.raster import Sheet
from media_pipeline.omr.systems import arranged
from media_pipeline.omr.upright import Read, wrong_way

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]

WORKING = 14.0  # pixels between lines a page is brought to where it has more than LARGE
LARGE = 18.5
USUAL = 1.75 / 297  # interline to the height of a page, where nothing else tells
SMALLEST = 40  # pixels of a picture's shorter side that can hold a staff
LEAST = 5.0  # with fewer nothing can be told from grain
STRIP = 4.5  # interlines to a strip
FAINT = 0.33  # of a comb's answer to a perfect staff: below this there is none
SHARE = 0.07  # of the page's width that a staff is long at least
BEND = 0.12  # interlines that a staff may bend by before the page is flattened
SOLID = 0.55  # of its length that four lines of a staff are dark at least; text and ledger lines have more gaps
INNER = 0.35  # the same of each of the three inner lines: two lines of text, one above the other, have none between
GAP = 2.5  # interlines without lines from where a staff is two, if its bars are whole
FAINT_WINDOW = 0.5  # interlines looked at together where lines are faint
FAINT_GAP = 4.0  # interlines that may hide them, such as a clef's
FAINT_LINES = 0.15  # of how much lines stand out elsewhere on the staff, from where on they are there
SHORT_SOLID = 0.8  # the same of a staff shorter than 25 interlines
PASSES = 4
COMB = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
BETWEEN = (-1.5, -0.5, 0.5, 1.5)
HATCHED = 0.3  # of its length that the spaces of a staff are dark at most; with beams and thick lines it is 0.15


def look(sheet: Sheet, *, file: int = 0, read: Read | None = None, upright: bool = False) -> list[Page]:
    """A sheet as one page, or two where one scan holds two: upright, level, its staves and kind found, words in place.

    1. cut the sheet of paper out of a photograph; even out the light; turn by 90° where lines are upright
    2. bring it to a working size; deskew; split at the gutter; flatten each half; find staves
    3. turn by 180° or mirror where clefs and stems say so, or `read`, the reader of staves, where they cannot
    A page that cannot be read, or has no music, says so in `problem` and `hint`. upright: it is not to be turned.
    """
    if not sheet.readable:
        return [
            Page(
                file=file, sheet=sheet.index, half="", image=sheet.image, dpi=sheet.dpi, kind="unreadable", staves=(),
                systems=(), problem=sheet.problem, hint=sheet.hint,
            )
        ]  # fmt: skip
    raw, factor = clean.bounded(sheet.image)
    moves = _Moves().scaled(factor)
    found = paper.corners(raw)
    if found is not None:
        raw, matrix = paper.straightened(raw, found)
        moves = moves.then(matrix)
    grey = clean.evened(raw)
    aside = clean.sideways(grey) if min(grey.shape) > SMALLEST else 0.0
    # Where rows and columns are alike, a page of one staff may lie either way.
    turns = (90, 0) if aside > 1.2 else (0, 90) if aside > 0.6 else (0,) if aside else ()
    turns = turns if not upright else (0,) if aside else ()
    for most, turn in [*product([clean.SKEW], turns), *product([clean.FAR_SKEW], turns)]:
        pages = _laid(sheet, grey, moves, read, file=file, turn=turn, most=most, upright=upright)
        if any(page.staves for page in pages):
            return [replace(page, straightened=found is not None) for page in pages]
    # Sizes, gaps and turns meant something else: judge it as it came.
    page = _page(sheet, grey, moves, None, spaces=(), file=file, half="", skew=0.0, turned=0, upright=upright)
    return [replace(page, straightened=found is not None)]


def _laid(
    sheet: Sheet, grey: Grey, moves: _Moves, read: Read | None, *, file: int, turn: int, most: float, upright: bool
) -> list[Page]:
    """The page, or two of them, turned by `turn` degrees, 0 or 90, then deskewed by up to `most` either way."""
    if turn:
        moves = moves.turned(turn, height=grey.shape[0], width=grey.shape[1])
        grey = clean.turned(grey, turn)
    spaces = interlines(grey)
    if spaces and spaces[0] > LARGE:
        ratio = WORKING / spaces[0]
        grey, moves = clean.scaled(grey, ratio), moves.scaled(ratio)
        spaces = [space * ratio for space in spaces]
    angle = clean.skew(grey, most=most)
    if abs(angle) > 2 and most < clean.FAR_SKEW:  # no scanner lays a page so: it may be more
        angle = clean.skew(grey, most=clean.FAR_SKEW)
    if abs(angle) > 0.04:
        grey, moves = clean.rotated(grey, angle), moves.rotated(angle, grey.shape)
        spaces = interlines(grey) if abs(angle) > 2 else spaces

    def made(half: str, image: Grey, moves: _Moves) -> Page:
        image = np.ascontiguousarray(image)
        return _page(
            sheet, image, moves, read, spaces=spaces, file=file, half=half, skew=angle, turned=turn, upright=upright
        )

    middle = clean.gutter(level(grey, spaces[0]), interline=spaces[0] / 2) if spaces else None
    if middle is not None:
        cut = round(middle * 2)
        left, right = made("left", grey[:, :cut], moves), made("right", grey[:, cut:], moves.cut(cut))
        if left.systems and right.systems and len(left.systems) + len(right.systems) > 2:
            if (left.turned, left.mirrored) == (right.turned, right.mirrored) and (left.turned >= 180) != left.mirrored:
                left, right = replace(right, half="left"), replace(left, half="right")  # the sheet lay on its head
            return [left, right]
    return [made("", grey, moves)]


def _page(
    sheet: Sheet, image: Grey, moves: _Moves, read: Read | None, *, spaces: Sequence[float], file: int, half: str,
    skew: float, turned: int, upright: bool,
) -> Page:  # fmt: skip
    if half:
        angle = clean.skew(image)
        if abs(angle) > 0.08:
            image, moves = clean.rotated(image, angle), moves.rotated(angle, image.shape)
            skew += angle
    image, staves = settled(image, spaces)
    mirrored = False
    layer = _moved(sheet.layer, moves)
    if staves and not upright:
        flip, mirrored = wrong_way(image, staves, read, layer=layer)
        if flip:
            image, turned = clean.turned(image, 180), turned + 180
            moves = moves.turned(180, height=image.shape[0], width=image.shape[1])
        if mirrored:
            image = clean.mirrored(image)
            moves = moves.mirrored(image.shape[1])
        if flip or mirrored:
            staves = find_staves(image, spaces)
            layer = _moved(sheet.layer, moves)
    layer = tuple(word for word in layer if 0 <= (word.box.x0 + word.box.x1) / 2 < image.shape[1])
    kind, problem, hint = judge(image, sheet.image, staves, layer, mirrored=mirrored)
    staves, systems = arranged(image, staves)
    return Page(
        file=file,
        sheet=sheet.index,
        half=half,  # type: ignore[arg-type]  # one of the three by construction
        image=image,
        dpi=sheet.dpi * moves.factor,
        kind=kind,
        staves=staves,
        systems=systems if kind == "music" else (),
        layer=layer,
        turned=turned % 360,
        mirrored=mirrored,
        skew=round(skew, 2),
        problem=sheet.problem or problem,
        hint=sheet.hint or hint,
    )


def _moved(layer: Sequence[Printed], moves: _Moves) -> tuple[Printed, ...]:
    """Words of the file where they lie once the page has been moved."""
    return tuple(replace(word, box=moves.box(word.box)) for word in layer)


def find(image: Grey) -> tuple[tuple[Staff, ...], tuple[System, ...]]:
    """Staves and systems of an upright, level page with even light; steps 1 to 4 and 6 of the module."""
    return arranged(image, find_staves(image, interlines(image)))


def settled(image: Grey, spaces: Sequence[float]) -> tuple[Grey, tuple[Staff, ...]]:
    """The page flattened along its staves where they bend, and its staves.

    Where paper dives into the spine, each pass levels a little more of it and lets the next follow the lines further.
    """
    tracks, field, flat = _tracks(image, spaces), None, image
    for _ in range(PASSES):
        if not any(np.ptp(track.smooth[track.there]) > BEND * track.interline for track in tracks):
            break
        xs, now, then = _curves(tracks)
        step = clean.bend(image.shape, xs=xs, now=now, then=then)
        field = step if field is None else clean.after(field, step)
        flat = clean.flattened(image, field)
        tracks = _tracks(flat, spaces)
    return flat, _with_single(flat, _fitted(flat, tracks))


def _curves(tracks: Sequence[_Track]) -> tuple[Floats, list[Floats], list[float]]:
    """Strips, the heights of all staves in them, and the heights that these are to have, from the top.

    Staves beside each other are one curve, which goes over from each to the next in the middle between them.
    """
    xs = tracks[0].xs  # staves of several sizes have strips of several widths
    rows: list[list[_Track]] = []
    for track in sorted(tracks, key=lambda track: track.level):
        if rows and all(abs(track.level - other.level) < 2 * track.interline for other in rows[-1]):
            rows[-1].append(track)
        else:
            rows.append([track])
    now, then = [], []
    for row in rows:
        row.sort(key=lambda track: track.middle)
        ends = [(track.xs[track.there][-1] + after.xs[after.there][0]) / 2 for track, after in pairwise(row)]
        which = np.searchsorted(ends, xs)
        curves = np.array([np.interp(xs, track.xs, track.onward) for track in row])
        now.append(np.asarray(curves[which, np.arange(len(xs))], np.float64))
        then.append(float(np.mean([track.level for track in row])))
    return xs, now, then


def find_staves(image: Grey, spaces: Sequence[float]) -> tuple[Staff, ...]:
    return _with_single(image, _fitted(image, _tracks(image, spaces)))


# --- 1: how far apart lines are -------------------------------------------------------------------------------------


def interlines(grey: Grey) -> list[float]:
    """Distances of staff lines, in pixels, the commonest first; empty where nothing repeats. At most three.

    A line and the space under it add up to the same, thick or thin: the commonest sum of a black run and the white run
    after it is the interline (Cardoso and Rebelo 2010).
    """
    step = max(grey.shape[1] // 240, 1)
    dark = (grey[:, ::step] < _threshold(grey)).T
    flips = np.diff(dark.astype(np.int8), axis=1)
    column, row = np.nonzero(flips)
    rising = flips[column, row] > 0
    # black from a rise to the fall after it, white from there to the next rise, all in one column
    begins = np.flatnonzero(rising[:-2] & (column[:-2] == column[2:]))
    black = row[begins + 1] - row[begins]
    pairs = row[begins + 2] - row[begins]
    pairs = pairs[(black <= 0.45 * pairs + 1) & (pairs >= 5) & (pairs < 120)]
    if len(pairs) < 50:
        return []
    counts = np.convolve(np.bincount(pairs, minlength=122).astype(float), [0.5, 1, 0.5], "same")
    found: list[float] = []
    for peak in np.argsort(counts)[::-1]:
        if counts[peak] < 0.04 * counts.max() or len(found) == 3:
            break
        if counts[peak] < 0.12 * counts.max() and not 0.5 < peak / found[0] < 0.87:
            continue  # so few of them are cues or an ossia, or nothing
        near = counts[max(peak - 1, 0) : peak + 2]
        if counts[peak] < near.max() or any(abs(peak - other) < max(2, 0.12 * other) for other in found):
            continue
        found.append(float((near * np.arange(peak - 1, peak + 2)).sum() / near.sum()) if peak else 0.0)
    return found


def _threshold(grey: Grey) -> float:
    """Darker is ink. Otsu's, kept away from the extremes that an empty page gives."""
    value, _ = cv2.threshold(grey[::3, ::3].copy(), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return float(min(max(value, 90), 225))


# --- 2 and 3: level strokes and combs -------------------------------------------------------------------------------


def level(grey: Grey, interline: float) -> Grey:
    """Darkness of level strokes only, (height, width // 2): gaps of a third interline closed, shorter than 1.7 gone."""
    height, width = grey.shape
    dark = 255 - np.asarray(cv2.resize(grey, (max(width // 2, 1), height), interpolation=cv2.INTER_LINEAR), np.uint8)
    gap, stroke = max(round(interline * 0.17), 1), max(round(interline * 0.85), 2)
    dark = np.asarray(cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8)), np.uint8)
    return np.asarray(cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, stroke), np.uint8)), np.uint8)


@dataclass
class _Track:
    """Five lines followed across the page."""

    interline: float
    xs: Floats  # middles of the strips
    ys: Floats  # of the middle line in each
    scores: Floats  # of the comb there, 1 for a perfect staff
    there: NDArray[np.bool_]  # strips with a staff in them

    @property
    def score(self) -> float:
        return float(self.scores[self.there].sum())

    @property
    def level(self) -> float:
        return float(np.median(self.ys[self.there]))

    @property
    def middle(self) -> float:
        return float(np.mean(self.xs[self.there]))

    @property
    def onward(self) -> Floats:
        """`smooth`, going on beyond both ends as steeply as it came, for a staff's clef at the most."""
        inside, values = np.flatnonzero(self.there), self.smooth
        for end, step in ((inside[0], 1), (inside[-1], -1)):
            if len(inside) > 8:
                slope = float(values[end] - values[end + 3 * step]) / 3
                beyond = np.arange(end - step, -1 if step > 0 else len(values), -step)
                values[beyond] = values[end] + slope * np.minimum(np.arange(1, len(beyond) + 1), 3)
        return values

    @property
    def smooth(self) -> Floats:
        """Heights without the jitter of single strips, going on level beyond the ends."""
        inside = np.flatnonzero(self.there)
        values = np.interp(np.arange(len(self.xs)), inside, self.ys[inside])
        padded = np.pad(values, 4, mode="edge")
        middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
        return np.convolve(middle, [0.1, 0.23, 0.34, 0.23, 0.1], "valid")


def _tracks(image: Grey, spaces: Sequence[float]) -> list[_Track]:
    """All staves of all sizes, as tracks, the strongest first; no two on top of each other."""
    found: list[_Track] = []
    for index, space in enumerate(space for space in spaces if space >= LEAST):
        for track in _tracks_at(image, space, strict=index > 0):
            if all(_apart(track, other) for other in found):
                found.append(track)
    return found


def _apart(one: _Track, other: _Track) -> bool:
    least = 2.15 * (one.interline + other.interline)
    if one.ys.min() - other.ys.max() > least or other.ys.min() - one.ys.max() > least:
        return True
    both = one.there & np.interp(one.xs, other.xs, other.there.astype(float)).astype(bool)
    if not both.any():
        return True
    distance = np.abs(one.ys - np.interp(one.xs, other.xs, other.ys))[both]
    return bool(np.median(distance) > least)


def _tracks_at(image: Grey, space: float, *, strict: bool) -> list[_Track]:
    strokes = level(image, space)
    height, width = strokes.shape
    strips = max(int(width * 2 / (STRIP * space)), 1)
    columns = cv2.resize(strokes, (strips, height), interpolation=cv2.INTER_AREA).T.astype(np.float32)
    bright = columns[columns > 25]
    if bright.size < 20:
        return []
    # What a good line of this page is, so that faint copies count like black ones.
    columns = np.minimum(columns / float(np.percentile(bright, 80)), 1.25)
    space = _fraction(columns, space)
    answer, exact = _combs(columns, space)
    reach = max(round(0.3 * space), 1)
    near = cv2.dilate(answer, np.ones((1, 2 * reach + 1), np.uint8))
    total = np.maximum(near, 0).sum(0) + 0.3 * np.maximum(answer, 0).sum(0)
    xs = (np.arange(strips) + 0.5) * width * 2 / strips
    both = answer + 0.25 * exact
    tracks: list[_Track] = []
    taken = np.zeros(height, bool)
    taken[: int(2 * space)] = taken[-int(2 * space) :] = True
    need = max(strips * SHARE, 2.0)
    order = np.argsort(total)[::-1]
    for row in order[: int((total > FAINT * need).sum())]:
        if taken[row]:
            continue
        taken[max(row - reach, 0) : row + reach + 1] = True
        free = np.ones(strips, bool)
        while free.sum() >= need:  # a staff, and what is beside it on the same height
            track = _followed(int(row), answer, exact, both, free, xs=xs, space=space)
            if track is None or track.there.sum() < need or (strict and track.score < 2 * FAINT * need):
                break
            inside = np.flatnonzero(track.there)
            free[inside[0] : inside[-1] + 1] = False
            if all(_apart(track, other) for other in tracks):
                tracks.append(track)
                middle = round(track.level)
                taken[max(middle - int(3.9 * space), 0) : middle + int(3.9 * space)] |= (
                    np.ptp(track.ys[track.there]) < space
                )
    return sorted(tracks, key=lambda track: -track.score)


def _fraction(columns: NDArray[np.float32], space: float) -> float:
    """The interline to a tenth of a pixel or better: where rows are most like those three lines further down."""
    length = 1 << int(np.ceil(np.log2(columns.shape[1] * 1.1)))
    centred = columns - columns.mean(1, keepdims=True)
    power = (np.abs(np.fft.rfft(centred, length)) ** 2).sum(0)
    alike = np.fft.irfft(power)[: int(3.4 * space) + 4]
    tries = np.arange(space * 0.93, space * 1.07, 0.02)
    good = np.interp(np.arange(1, 4)[:, None] * tries, np.arange(len(alike)), alike).sum(0)
    return float(tries[int(np.argmax(good))])


def _combs(columns: NDArray[np.float32], space: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(strips, height) each: how much five lines are there around a row, and how exactly.

    A fifth line may be missing: half of the answer is the second weakest of the five, half their mean; the strongest of
    the four spaces counts against it, so that black areas and hatching are no staves.
    """
    tolerance = 1 if space < 17 else 2
    widened = np.asarray(cv2.dilate(columns, np.ones((1, 2 * tolerance + 1), np.uint8)), np.float32)
    pad = int(3 * space) + 2
    wide = np.pad(widened, ((0, 0), (pad, pad)))
    plain = np.pad(columns, ((0, 0), (pad, pad)))
    height = columns.shape[1]

    def at(source: NDArray[np.float32], teeth: float) -> NDArray[np.float32]:
        start = pad + round(teeth * space)
        return source[:, start : start + height]

    lines = np.sort(np.stack([at(wide, tooth) for tooth in COMB]), axis=0)
    gaps = np.max(np.stack([at(plain, tooth) for tooth in (-1.5, -0.5, 0.5, 1.5)]), axis=0)
    answer = 0.5 * lines[1] + 0.5 * lines.mean(0) - 0.5 * gaps
    exact = np.mean(np.stack([at(plain, tooth) for tooth in COMB]), axis=0)
    return answer, np.asarray(cv2.GaussianBlur(exact, (5, 1), 0.8), np.float32)


# --- 4: from strip to strip -----------------------------------------------------------------------------------------


def _followed(
    row: int, answer: NDArray[np.float32], exact: NDArray[np.float32], both: NDArray[np.float32],
    free: NDArray[np.bool_], *, xs: Floats, space: float,
) -> _Track | None:  # fmt: skip
    """The staff whose middle line is near `row` in its best strip. In plain numbers: windows are a few rows high."""
    strips, height = answer.shape
    reach = max(round(0.32 * space), 2)
    best = np.where(free, answer[:, max(row - reach, 0) : row + reach + 1].max(1), -1)
    start = int(np.argmax(np.convolve(best, [1, 1, 1], "same")))
    if best[start] < FAINT:
        return None
    ys, scores = [float(row)] * strips, [0.0] * strips

    def settle(strip: int, expected: float) -> None:
        low = int(min(max(round(expected) - reach, 0), height - 1))
        values = both[strip, low : low + 2 * reach + 1].tolist()
        part = [value - 0.02 * abs(index + low - expected) / space for index, value in enumerate(values)]
        middle = low + part.index(max(part))
        ys[strip], scores[strip] = _between(exact[strip], middle), float(answer[strip, middle])
        if scores[strip] < FAINT:
            ys[strip] = expected

    settle(start, row)
    for step in (1, -1):
        slope, last = 0.0, ys[start]
        for strip in range(start + step, strips if step > 0 else -1, step):
            settle(strip, last + slope)
            if scores[strip] >= FAINT:
                slope = 0.6 * slope + 0.4 * min(max(ys[strip] - last, -reach), reach)
            else:
                slope *= 0.7
            last = ys[strip]
    good = np.array(scores)
    there = _joined((good >= FAINT) & free, start)
    return _Track(interline=space, xs=xs, ys=np.array(ys), scores=np.maximum(good, 0), there=there)


def _between(values: NDArray[np.float32], peak: int) -> float:
    """A peak's place between rows, by the parabola through it."""
    if not 1 <= peak < len(values) - 1:
        return float(peak)
    before, here, after = values[peak - 1 : peak + 2].tolist()
    bend = before - 2 * here + after
    return peak + min(max(0.5 * (before - after) / bend, -0.5), 0.5) if bend < -1e-6 else float(peak)


def _joined(there: NDArray[np.bool_], start: int, *, gap: int = 4) -> NDArray[np.bool_]:
    """The strips of one staff: from `start` outwards, over gaps of a few strips (a cut before a coda)."""
    out = np.zeros_like(there)
    out[start] = True
    for step in (1, -1):
        missing = 0
        strip = start + step
        while 0 <= strip < len(there) and missing <= gap:
            out[strip], missing = there[strip], 0 if there[strip] else missing + 1
            strip += step
    return out


# --- 6: each staff by itself ----------------------------------------------------------------------------------------


def _fitted(image: Grey, tracks: Sequence[_Track]) -> tuple[Staff, ...]:
    staves = []
    strokes: dict[float, Grey] = {}
    for track in tracks:
        if track.interline not in strokes:
            strokes[track.interline] = level(image, track.interline)
        staves += _staff(image, strokes[track.interline], track)
    staves = [staff for staff in staves if not any(_ledgers(staff, other) for other in staves)]
    staves = [staff for staff in staves if _believable(staff, staves, width=image.shape[1])]
    whole = [_whole(image, staff, staves) for staff in staves]
    for index, (staff, grown) in enumerate(zip(staves, whole, strict=True)):  # none further than another: dirt, a hole
        others = [other for other in whole if other is not grown] or [grown]
        first, last = min(other.x0 for other in others), max(other.x1 for other in others)
        whole[index] = replace(grown, x0=min(max(grown.x0, first), staff.x0), x1=max(min(grown.x1, last), staff.x1))
    staves = whole
    return tuple(sorted(staves, key=lambda staff: (staff.y, staff.x0)))


def _believable(staff: Staff, staves: Sequence[Staff], *, width: int) -> bool:
    """A short one (a coda, a cue, an incipit) is one only beside longer ones of its size or larger, or where it fills
    the picture; fur and letters can look like five short lines."""
    if staff.x1 - staff.x0 > min(25 * staff.interline, 0.5 * width):
        return True
    return any(o.x1 - o.x0 > 25 * o.interline and o.interline > 0.9 * staff.interline for o in staves if o is not staff)


def _whole(image: Grey, staff: Staff, staves: Sequence[Staff]) -> Staff:
    """The staff with its ends where lines are too faint to be followed by themselves, up to the staves beside it.

    The five rows are darker than those between them there too, taken together over a few interlines.
    """
    beside = [s for s in staves if s is not staff and abs(s.y - staff.y) < 4 * staff.interline]
    low = max((s.x1 for s in beside if s.x1 < staff.x0), default=0.0)
    high = min((s.x0 for s in beside if s.x0 > staff.x1), default=float(image.shape[1]))
    pitch = round(FAINT_WINDOW * staff.interline)
    rows = [staff.y + tooth * staff.interline for tooth in (*COMB, *BETWEEN)]
    if staff.lines != 5 or min(rows) < 1 or max(rows) >= len(image) - 2:
        return staff
    # the darkest of three rows, for a line may lean; of the rows between as well, for paper has grain
    ink = np.array([255.0 - image[round(row) - 1 : round(row) + 2].min(0) for row in rows])
    stands_out = ink[:5].mean(0) - ink[5:].mean(0)
    enough = FAINT_LINES * float(np.median(stands_out[round(staff.x0) : round(staff.x1)]))
    ends = []
    for end, step, limit in ((staff.x0, -pitch, low), (staff.x1, pitch, high)):
        at = reached = round(end)
        while (
            abs(at - reached) <= FAINT_GAP * staff.interline and low <= at + min(step, 0) and at + max(step, 0) <= high
        ):
            piece = stands_out[min(at, at + step) : max(at, at + step)]
            at += step
            if enough > 0 and float(np.median(piece)) > enough:
                reached = at
        ends.append(float(reached) if abs(reached - end) > staff.interline and abs(reached - limit) > pitch else end)
    return replace(staff, x0=ends[0], x1=ends[1])


def _ledgers(short: Staff, long: Staff) -> bool:
    """Whether `short` is the ledger lines and beams right above or below a staff."""
    near = abs(short.y - long.y) < 6.2 * long.interline
    inside = short.x0 > long.x0 - long.interline and short.x1 < long.x1 + long.interline
    return near and inside and short.x1 - short.x0 < 0.4 * (long.x1 - long.x0)


def _staff(image: Grey, strokes: Grey, track: _Track) -> list[Staff]:
    """The staff of a track, or several beside each other; none where its lines are not those of a staff."""
    inside = np.flatnonzero(track.there)
    pitch = float(track.xs[1] - track.xs[0]) if len(track.xs) > 1 else float(strokes.shape[1] * 2)
    left = int(max(track.xs[inside[0]] - pitch, 0)) // 2
    right = int(min(track.xs[inside[-1]] + pitch, strokes.shape[1] * 2)) // 2
    space, middle = track.interline, track.level
    reach = 3.9 * space
    top = int(max(middle - reach, 0))
    band = strokes[top : int(middle + reach) + 1, left:right].astype(np.float32)
    if band.shape[0] < 4 * space or band.shape[1] < 4:
        return []
    rows = np.arange(band.shape[0])
    profile = band.mean(1)
    profile /= max(float(profile.max()), 1.0)

    def likeliest(ys: Floats, distances: Floats) -> tuple[float, float]:
        """Staves of one size share their interline: between fits as good, the one nearer to the page's."""
        lines = ys[:, None, None] - top + COMB * distances[:, None]
        fits = np.interp(lines, rows, profile, left=0, right=0).sum(2) - 2 * np.abs(distances / space - 1)
        y, distance = np.unravel_index(np.argmax(fits), fits.shape)
        return float(ys[y]), float(distances[distance])

    y, distance = likeliest(middle + np.arange(-0.5, 0.51, 0.05) * space, np.arange(0.95, 1.051, 0.01) * space)
    y, distance = likeliest(y + np.arange(-0.6, 0.61, 0.1), distance + np.arange(-0.12, 0.13, 0.03))

    def columns_at(tooth: float) -> Floats:
        row = y - top + tooth * distance
        low = round(row) - 1
        if low < 0 or low + 3 > band.shape[0]:
            return np.zeros(band.shape[1])
        return np.asarray(band[low : low + 3].max(0), np.float64)

    # Beams between two lines, or ledger lines, can draw the comb a line too high or too low: then one of the five is
    # missing, and a sixth lies beyond the other end. Ledger lines are many and dark, but have paper between them.
    teeth = np.arange(-4.0, 4.1)
    bright = np.array(
        [np.percentile(columns, (25, 50)).sum() + 0.2 * columns.mean() for columns in map(columns_at, teeth)]
    )
    shift = max((0, -1, 1), key=lambda step: float(np.sort(bright[2 + step : 7 + step])[:2].sum()) + (step == 0))
    y += shift * distance
    lines = np.array([columns_at(tooth) for tooth in (-3.0, *COMB, 3.0)])
    good = float(np.percentile(lines[1:6], 70))
    if good < 12:
        return []
    dark = lines > 0.4 * good
    spaces = np.array([band[min(max(round(y - top + tooth * distance), 0), len(band) - 1)] for tooth in BETWEEN])
    full = (dark[1:6].sum(0) >= 3) & ((spaces > 0.4 * good).sum(0) < len(BETWEEN))
    full = np.convolve(full.astype(np.int8), np.ones(3, np.int8), "same") >= 2
    ends = np.flatnonzero(full)
    if len(ends) * 2 < 8 * space or np.median((spaces[:, ends] > 0.4 * good).mean(1)) > HATCHED:
        return []
    cover = dark[:, ends].mean(1)
    count = 5
    inner = cover[2:5].min()
    short = len(ends) * 2 < 25 * space
    if inner < INNER or np.sort(cover[1:6])[0 if short else 1] < (SHORT_SOLID if short else SOLID):
        return []
    if cover[1:6].min() > 0.6:
        for side, beyond in ((-1, cover[0]), (1, cover[6])):
            if beyond > 0.75 and beyond > 0.85 * cover[1:6].min():
                row = round(y + 4 * side * distance)
                if (strokes[max(row - 1, 0) : row + 2, left + ends] > 0.4 * good).any(0).mean() > 0.6:
                    return []  # ruled paper
                count, y = count + 1, y + side * distance / 2
    elif inner > 0.7 and min(cover[1], cover[5]) < 0.12 and max(cover[1], cover[5]) > 0.7:
        count, y = 4, y + (distance / 2 if cover[1] < cover[5] else -distance / 2)
        for side, room in ((-1, y), (1, len(image) - 1 - y)):
            if room < 2.7 * distance:  # the picture ends before the fifth line
                count, y = 5, y + side * distance / 2
    whole = Staff(y=float(y), interline=float(distance), x0=0.0, x1=0.0, lines=count, tab=count != 5)
    gaps = [
        (int(ends[before]), int(ends[before + 1]))
        for before in np.flatnonzero(np.diff(ends) * 2 > GAP * space)
        if (dark[1:6, ends[before] + 2 : ends[before + 1] - 1].sum(0) <= 1).mean() > 0.9
    ]
    parts, begin = [], int(ends[0])
    for end, again in [*gaps, (int(ends[-1]), 0)]:
        part = replace(whole, x0=float((left + begin) * 2), x1=float((left + end) * 2 + 1))
        after = replace(whole, x0=float((left + again) * 2), x1=float((left + ends[-1]) * 2 + 1))
        if not again or (part.x1 - part.x0 > 8 * space < after.x1 - after.x0 and _ends_there(image, part, after)):
            parts.append(part)
            begin = again
    return parts


def _ends_there(image: Grey, staff: Staff, after: Staff) -> bool:
    """Whether a staff ends at a bar line and little is printed between it and the next; else a hole was punched."""
    top, foot = round(staff.box.y0), round(staff.box.y1) + 1
    reach = round(1.2 * staff.interline)
    near = (image[top:foot, max(round(staff.x1) - reach, 0) : round(staff.x1) + reach // 2] < 150).astype(np.uint8)
    between = image[top:foot, round(staff.x1) + reach // 2 : round(after.x0) - reach // 2]
    bar = cv2.dilate(near, np.ones((1, 3), np.uint8)).mean(0).max(initial=0.0) > 0.9
    return bool(bar and (between < 140).mean() < 0.2) if between.size else False


def _with_single(image: Grey, staves: tuple[Staff, ...]) -> tuple[Staff, ...]:
    """And the percussion staves of a single line: long, alone, with bar lines that cross it."""
    height = image.shape[0]
    usual = float(np.median([staff.interline for staff in staves])) if staves else height * USUAL
    strokes = level(image, usual) > 90
    # a line may lean by a pixel
    cover = cv2.dilate(strokes.astype(np.uint8), np.ones((3, 1), np.uint8)).mean(1)
    rows = np.flatnonzero(cover > 0.4)
    lines = [run for run in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(run)]
    middles = np.array([float(np.average(run, weights=cover[run])) for run in lines])
    found = list(staves)
    for run, y in zip(lines, middles, strict=True):
        alone = (np.abs(middles - y) < 3 * usual).sum() == 1 and len(run) < 0.6 * usual
        if not alone or any(abs(staff.y - y) < 5 * staff.interline for staff in staves):
            continue
        there = np.asarray(strokes[run].max(0), bool)
        ends = np.flatnonzero(there) * 2
        if (
            len(ends)
            and there[ends[0] // 2 : ends[-1] // 2].mean() > 0.85
            and _crossings(image, y, int(ends[0]), int(ends[-1]), space=usual) >= 2
        ):
            found.append(Staff(y=float(y), interline=usual, x0=float(ends[0]), x1=float(ends[-1] + 1), lines=1))
    return tuple(sorted(found, key=lambda staff: (staff.y, staff.x0)))


def _crossings(image: Grey, y: float, x0: int, x1: int, *, space: float) -> int:
    """Upright strokes that stand out of a line as far above as below it: bar lines of a single-line staff."""
    tops, feet = (slice(round(y + a * space), round(y + b * space)) for a, b in ((-0.9, -0.4), (0.4, 0.9)))
    beyond = (slice(round(y + a * space), round(y + b * space)) for a, b in ((-3.2, -2.6), (2.6, 3.2)))
    if y < 4 * space or y > image.shape[0] - 4 * space:
        return 0
    columns = image[:, x0 : x1 + 1] < 150
    if max(columns[round(y + side * space)].mean() for side in (-0.4, 0.4)) > 0.35:
        return 0  # the feet of a line of letters
    through = columns[tops].all(0) & columns[feet].all(0)
    for far in beyond:  # a table's rules go on
        through &= ~columns[far].any(0)
    return int((np.diff(through.astype(np.int8)) > 0).sum())


# --- what was done to a picture -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Moves:
    """What was done to a picture, as a matrix, so that the words of its text layer move along."""

    matrix: tuple[tuple[float, ...], ...] = ((1, 0, 0), (0, 1, 0), (0, 0, 1))  # of homogeneous coordinates
    factor: float = 1.0

    def then(self, step: Floats, factor: float = 1.0) -> _Moves:
        """And then another (3, 3) matrix."""
        full = step @ np.array(self.matrix)
        return _Moves(tuple(tuple(float(value) for value in row) for row in full), self.factor * factor)

    def _then(self, step: Sequence[Sequence[float]], factor: float = 1.0) -> _Moves:
        return self.then(np.array([*step, (0, 0, 1)], np.float64), factor)

    def scaled(self, factor: float) -> _Moves:
        return self._then(((factor, 0, 0), (0, factor, 0)), factor)

    def turned(self, degrees: int, *, height: int, width: int) -> _Moves:
        """`height` and `width` before the turn."""
        quarter = {90: ((0, -1, height), (1, 0, 0)), 180: ((-1, 0, width), (0, -1, height))}
        return self._then(quarter[degrees])

    def mirrored(self, width: int) -> _Moves:
        return self._then(((-1, 0, width), (0, 1, 0)))

    def cut(self, left: int) -> _Moves:
        return self._then(((1, 0, -left), (0, 1, 0)))

    def rotated(self, degrees: float, shape: tuple[int, ...]) -> _Moves:
        return self._then(clean.rotation(shape, degrees)[0].tolist())

    def box(self, box: Box) -> Box:
        corners = np.array([(x, y, 1) for x in (box.x0, box.x1) for y in (box.y0, box.y1)])
        xs, ys, depth = np.array(self.matrix) @ corners.T
        xs, ys = xs / depth, ys / depth
        return Box(float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max()))
