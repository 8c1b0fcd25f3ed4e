"""A song as MusicXML 4.0: a score of all players, which is the truth, or one player's part for MuseScore."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from tests.omr.band.model import LETTERS, PLAYERS, Frame, Note, Pitch, Player, Song, key_alter

DIVISIONS = 12
TYPES = {1: "whole", 2: "half", 4: "quarter", 8: "eighth", 16: "16th"}
SIGNS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}


def score(song: Song, players: Sequence[Player] = PLAYERS) -> str:
    listed = "".join(
        f'<score-part id="P{n}"><part-name>{player.name}</part-name></score-part>'
        for n, player in enumerate(players, 1)
    )
    parts = "".join(f'<part id="P{n}">{_part(song, player)}</part>' for n, player in enumerate(players, 1))
    arranger = f'<creator type="arranger">{escape(song.arranger)}</creator>' if song.arranger else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<score-partwise version="4.0">'
        f"<work><work-title>{escape(song.title)}</work-title></work>"
        f'<identification><creator type="composer">{escape(song.composer)}</creator>{arranger}</identification>'
        f"<part-list>{listed}</part-list>{parts}</score-partwise>\n"
    )


def _part(song: Song, player: Player) -> str:
    out = []
    number = 0 if song.frames[0].length < song.frames[0].metre[0] * 4 / song.frames[0].metre[1] else 1
    bars = song.written(player)
    held: set[tuple[int, int]] = set()
    before: Frame | None = None
    for n, (frame, bar) in enumerate(zip(song.frames, bars, strict=True)):
        after = song.frames[n + 1] if n + 1 < len(song.frames) else None
        inner = _attributes(frame, before, player)
        inner += _over(frame) + _notes(bar, frame, player, held)
        inner += _jumps(frame)
        implicit = ' implicit="yes"' if number == 0 else ""
        out.append(
            f'<measure number="{number}"{implicit}>{_left(frame, before)}{inner}{_right(frame, after)}</measure>\n'
        )
        number += 1
        before = frame
    return "".join(out)


def _attributes(frame: Frame, before: Frame | None, player: Player) -> str:
    out = "" if before else f"<divisions>{DIVISIONS}</divisions>"
    if not before or before.key != frame.key:
        out += f"<key><fifths>{frame.key + player.fifths}</fifths></key>"
    if not before or before.metre != frame.metre:
        sign = f' symbol="{frame.sign}"' if frame.sign else ""
        out += f"<time{sign}><beats>{frame.metre[0]}</beats><beat-type>{frame.metre[1]}</beat-type></time>"
    if not before:
        out += f"<clef><sign>{player.clef[0]}</sign><line>{player.clef[1]}</line></clef>"
        if player.chromatic:
            octaves = player.chromatic // 12
            change = f"<octave-change>{-octaves}</octave-change>" if octaves else ""
            out += (
                f"<transpose><diatonic>{7 * octaves - player.diatonic}</diatonic>"
                f"<chromatic>{12 * octaves - player.chromatic}</chromatic>{change}</transpose>"
            )
    return f"<attributes>{out}</attributes>" if out else ""


def _direction(kind: str, place: str = "above", sound: str = "") -> str:
    return f'<direction placement="{place}"><direction-type>{kind}</direction-type>{sound}</direction>'


def _over(frame: Frame) -> str:
    out = ""
    if frame.rehearsal:
        out += _direction(f"<rehearsal>{frame.rehearsal}</rehearsal>")
    if frame.tempo:
        out += _direction(f'<words font-weight="bold">{frame.tempo}</words>', sound='<sound tempo="108"/>')
    if frame.words:
        out += _direction(f'<words font-style="italic">{frame.words}</words>')
    if frame.segno:
        out += _direction("<segno/>", sound='<sound segno="segno"/>')
    if frame.coda:
        out += _direction("<coda/>", sound='<sound coda="coda"/>')
    return out


def _jumps(frame: Frame) -> str:
    out = ""
    if frame.to_coda:
        out += _direction("<words>To Coda</words>", sound='<sound tocoda="coda"/>')
    if frame.fine:
        out += _direction("<words>Fine</words>", sound='<sound fine="yes"/>')
    if frame.jump:
        out += _direction(f"<words>{frame.jump}</words>", sound='<sound dalsegno="segno"/>')
    return out


def _left(frame: Frame, before: Frame | None) -> str:
    inner = "<bar-style>heavy-light</bar-style>" if frame.forward else ""
    if frame.volta and (before is None or before.volta != frame.volta):
        inner += f'<ending number="{frame.volta}" type="start">{frame.volta}.</ending>'
    if frame.forward:
        inner += '<repeat direction="forward"/>'
    return f'<barline location="left">{inner}</barline>' if inner else ""


def _right(frame: Frame, after: Frame | None) -> str:
    style = "light-heavy" if frame.backward or frame.last else "light-light" if frame.double else ""
    inner = f"<bar-style>{style}</bar-style>" if style else ""
    if frame.volta and (after is None or after.volta != frame.volta):
        kind = "stop" if frame.volta == 1 else "discontinue"
        inner += f'<ending number="{frame.volta}" type="{kind}"/>'
    if frame.backward:
        inner += '<repeat direction="backward"/>'
    return f'<barline location="right">{inner}</barline>' if inner else ""


def accidentals(bar: tuple[Note, ...], key: int, held: set[tuple[int, int]]) -> list[list[bool]]:
    """Which heads of a bar have a sign before them: those that differ from what stands, ties apart.

    `held`: (step, alter) of the heads tied over from the bar before; afterwards those tied into the next one.
    """
    standing: dict[int, int] = {}
    out = []
    for note in bar:
        signs = []
        heads = ([note.grace] if note.grace else []) + list(note.pitches)
        for head in heads:
            now = standing.get(head.step, key_alter(key, head.step % 7))
            tied = (head.step, head.alter) in held and head is not note.grace
            signs.append(head.alter != now and not tied)
            if not tied:
                standing[head.step] = head.alter
        if note.pitches:
            held.clear()
            held |= {(head.step, head.alter) for head in note.pitches} if note.tie else set()
        out.append(signs)
    if not bar:
        held.clear()
    return out


def _notes(bar: tuple[Note, ...], frame: Frame, player: Player, held: set[tuple[int, int]]) -> str:
    if not bar:
        return f'<note><rest measure="yes"/><duration>{int(frame.length * DIVISIONS)}</duration><voice>1</voice></note>'
    out = []
    tied = set(held)
    signs = accidentals(bar, frame.key + player.fifths, held)
    for note, shown in zip(bar, signs, strict=True):
        out.append(_note(note, shown, tied))
        if note.pitches:
            tied = {(head.step, head.alter) for head in note.pitches} if note.tie else set()
    return "".join(out)


def _note(note: Note, shown: list[bool], tied: set[tuple[int, int]]) -> str:
    out = ""
    if note.dynamic:
        out += _direction(f"<dynamics><{note.dynamic}/></dynamics>", "below")
    if note.words:
        out += _direction(f'<words font-style="italic">{note.words}</words>', "below")
    for mark in sorted(note.hairpin):  # "!" comes first
        kind = {"<": "crescendo", ">": "diminuendo", "!": "stop"}[mark]
        out += _direction(f'<wedge type="{kind}"/>', "below")
    length = f"<duration>{int(note.quarters * DIVISIONS)}</duration>"
    ratio = "<actual-notes>3</actual-notes><normal-notes>2</normal-notes>"
    time = f"<time-modification>{ratio}</time-modification>" if note.triplet else ""
    edge = f'<tuplet type="{note.triplet}"/>' if note.triplet in ("start", "stop") else ""
    kind = f"<type>{TYPES[note.value]}</type>{'<dot/>' * note.dots}"
    if not note.pitches:
        marks = f"<notations>{edge}</notations>" if edge else ""
        return f"{out}<note><rest/>{length}<voice>1</voice>{kind}{time}{marks}</note>"
    signs = iter(shown)
    if note.grace:
        sign = _sign(note.grace, next(signs))
        out += f'<note><grace slash="yes"/>{_pitch(note.grace)}<voice>1</voice><type>eighth</type>{sign}</note>'
    for n, pitch in enumerate(note.pitches):
        ties = ["stop"] * ((pitch.step, pitch.alter) in tied) + ["start"] * note.tie
        marks = "".join(f'<tied type="{tie}"/>' for tie in ties)
        if n == 0:
            marks += "".join(
                f'<slur type="{"start" if c == "(" else "stop"}" number="1"/>' for c in sorted(note.slur)[::-1]
            )
            marks += edge
            if note.articulations:
                marks += f"<articulations>{''.join(f'<{a}/>' for a in note.articulations)}</articulations>"
            marks += "<fermata/>" * note.fermata
        out += (
            f"<note>{'<chord/>' * (n > 0)}{_pitch(pitch)}{length}{''.join(f'<tie type={t!r}/>' for t in ties)}"
            f"<voice>1</voice>{kind}{_sign(pitch, next(signs))}{time}"
            f"{f'<notations>{marks}</notations>' if marks else ''}</note>"
        )
    return out


def _pitch(pitch: Pitch) -> str:
    alter = f"<alter>{pitch.alter}</alter>" if pitch.alter else ""
    return f"<pitch><step>{LETTERS[pitch.step % 7]}</step>{alter}<octave>{pitch.step // 7}</octave></pitch>"


def _sign(pitch: Pitch, shown: bool) -> str:
    return f"<accidental>{SIGNS[pitch.alter]}</accidental>" if shown else ""
