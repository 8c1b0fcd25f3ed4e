"""Small scores in MusicXML, written by hand for tests: quarters are two divisions unless a test says otherwise."""

from __future__ import annotations

from fractions import Fraction

from lxml import etree

from media_pipeline.omr.grammar import as_line
from media_pipeline.omr.model import Line
from media_pipeline.training.omr.truth import Bar, group_rests, line_tokens, read_part
from notation.musicxml.read import read

DIVISIONS = 12
LENGTHS = {"whole": 48, "half": 24, "quarter": 12, "eighth": 6, "16th": 3}
START = (
    f"<attributes><divisions>{DIVISIONS}</divisions><key><fifths>0</fifths></key><time><beats>4</beats>"
    "<beat-type>4</beat-type></time><clef><sign>G</sign><line>2</line></clef></attributes>"
)
REST = '<note><rest measure="yes"/><duration>48</duration><voice>1</voice></note>'


def note(
    pitch: str, kind: str = "quarter", *, length: int | None = None, voice: int = 1, inside: str = "",
    notations: str = "", chord: bool = False, grace: str = "", accidental: str = "",
    staff: int | None = None, dots: int = 0,
) -> str:  # fmt: skip
    """A <note>: pitch "C4", "F#5", "Bb3" or "" for a rest; `inside` goes before the notations."""
    length = LENGTHS[kind] * (2 ** (dots + 1) - 1) // 2**dots if length is None else length
    alter = {"#": "<alter>1</alter>", "b": "<alter>-1</alter>"}.get(pitch[1:2], "")
    what = f"<pitch><step>{pitch[0]}</step>{alter}<octave>{pitch[-1]}</octave></pitch>" if pitch else "<rest/>"
    ties = "".join(f'<tie type="{way}"/>' for way in ("stop", "start") if f'<tied type="{way}"' in notations)
    return (
        f"<note>{grace}{'<chord/>' if chord else ''}{what}{'' if grace else f'<duration>{length}</duration>'}{ties}"
        f"<voice>{voice}</voice><type>{kind}</type>{'<dot/>' * dots}"
        f"{f'<accidental>{accidental}</accidental>' if accidental else ''}{inside}"
        f"{f'<staff>{staff}</staff>' if staff else ''}"
        f"{f'<notations>{notations}</notations>' if notations else ''}</note>"
    )


def direction(kind: str, *, sound: str = "", staff: int = 1) -> str:
    return f"<direction><direction-type>{kind}</direction-type><staff>{staff}</staff>{sound}</direction>"


def backup(length: int) -> str:
    return f"<backup><duration>{length}</duration></backup>"


def score(*measures: str, start: str = START) -> etree._Element:
    """A score of one part; `start` is put before what its first bar holds."""
    bars = "".join(f'<measure number="{i}">{start if i == 1 else ""}{m}</measure>' for i, m in enumerate(measures, 1))
    part = '<part-list><score-part id="P1"><part-name>Flute</part-name></score-part></part-list>'
    return read(f'<score-partwise version="4.0">{part}<part id="P1">{bars}</part></score-partwise>'.encode())


def tokens(root: etree._Element, *, staff: int = 1) -> list[str]:
    """The whole part as one printed line."""
    bars = read_part(root, 0, staff=staff)
    return line_tokens(bars, group_rests(bars))


def said(measure: str) -> str:
    """A first bar's tokens after clef and time, without its bar line."""
    line = tokens(score(measure))
    assert line[:2] == ["clef.G2", "time.4/4"]
    assert line[-1] == "bar.s"
    return " ".join(line[2:-1])


def lines(root: etree._Element, *, bars: int = 3, staff: int = 1) -> list[Line]:
    """The part as lines of so many printed bars."""
    read_: list[Bar] = read_part(root, 0, staff=staff)
    printed = group_rests(read_)
    cuts = range(0, len(printed), bars)
    return [
        as_line(
            line_tokens(read_, printed[i : i + bars], then=printed[i + bars] if i + bars < len(printed) else None)
        )
        for i in cuts
    ]  # fmt: skip


def sounds(root: etree._Element) -> list[list[tuple[Fraction, str, int, Fraction, str]]]:
    """Of each measure: onset, pitch or "rest", alteration, length and ties of every note that lasts, in order."""
    out = []
    divisions = 1
    for measure in root.iter("measure"):
        now = last = Fraction(0)
        found = []
        for element in measure:
            divisions = int(element.findtext("divisions") or divisions)
            length = Fraction(int(element.findtext("duration") or 0), divisions)
            if element.tag == "backup":
                now -= length
            elif element.tag == "forward":
                now += length
            elif element.tag == "note" and element.find("grace") is None:
                last, now = (last, now) if element.find("chord") is not None else (now, now + length)
                name = f"{element.findtext('pitch/step')}{element.findtext('pitch/octave')}"
                ties = " ".join(sorted(tie.get("type", "") for tie in element.findall("tie")))
                pitched = element.find("pitch") is not None
                alter = int(element.findtext("pitch/alter") or 0)
                found.append((last, name if pitched else "rest", alter, length, ties))
        out.append(sorted(found))
    return out
