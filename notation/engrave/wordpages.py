"""Pages of words: the cover of a book and its index, set by WeasyPrint."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from notation.engrave.style import Style
from notation.engrave.svg import em_width, shorten
from notation.musicxml.edit import legal

_ONE_AT_A_TIME = threading.Lock()  # WeasyPrint promises nothing to threads
MOST_CHARACTERS = 300  # of a name
SIDES = 0.12  # of the cover's width, free on either side
SMALLEST = 0.5  # of the size that a name on the cover has when it is short

_PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>
@page {{ size: {width}mm {height}mm; margin: {margin} }}
@page :first {{ margin: 0 }}
html {{ font: {size}pt/1.35 "Liberation Serif", "Times New Roman", "DejaVu Serif", serif; color: #000 }}
.cover {{ height: {height}mm; padding: 0 {sides}%; text-align: center; break-after: page; box-sizing: border-box;
  overflow: hidden; overflow-wrap: break-word }}
.cover h1, .cover p {{ font-weight: normal; line-height: 1.2; margin: 0 }}
.cover h1 {{ padding-top: {drop}mm }}
.cover .subtitle, .cover .player {{ font-style: italic; margin-top: .6em }}
.cover hr {{ border: 0; border-top: .4mm solid #000; width: 32mm; margin: {gap}mm auto }}
h2 {{ font-weight: normal; font-size: 1.7em; margin: 0 0 .8em }}
table {{ width: 100%; border-collapse: collapse; table-layout: fixed; overflow-wrap: break-word }}
tr {{ break-inside: avoid }}
td {{ vertical-align: baseline; padding: .32em 0; border-bottom: .15mm solid #bbb }}
td.composer {{ width: 31%; padding-left: 4mm; font-style: italic; font-size: .9em }}
td.page {{ width: 3.2em; text-align: right; font-variant-numeric: tabular-nums }}
tr.missing td {{ color: #555 }}
tr.missing .name {{ text-decoration: line-through }}
</style>{body}</html>"""


@dataclass(frozen=True)
class Row:
    """A line of an index."""

    title: str
    composer: str = ""
    page: int | None = None  # None: this book does not have it


def front_pages(
    *, target: Path, style: Style, title: str, subtitle: str = "", instrument: str = "", player: str = "",
    index: Sequence[Row] = (),
) -> int:  # fmt: skip
    """Cover and index to the file `target`; the number of their pages. The cover is one page, whatever it says."""
    html = _html(style=style, title=title, subtitle=subtitle, instrument=instrument, player=player, index=index)
    return _written(html, target)


def _html(*, style: Style, title: str, subtitle: str, instrument: str, player: str, index: Sequence[Row]) -> str:
    width, height = style.size_mm
    top, right, bottom, left = style.margin_mm
    across = width * (1 - 2 * SIDES)
    line = width / 210  # sizes are those of A4
    cover = (
        '<section class="cover">'
        + _fitting("h1", title, mm=12 * line, lines=3, across=across)
        + _fitting("p", subtitle, mm=5.6 * line, lines=2, across=across, kind="subtitle")
        + ("<hr>" if instrument or player else "")
        + _fitting("p", instrument, mm=9 * line, lines=2, across=across)
        + _fitting("p", player, mm=5.6 * line, lines=2, across=across, kind="player")
        + "</section>"
    )
    rows = "".join(_row(row) for row in index)
    contents = f"<section><h2>Contents</h2><table>{rows}</table></section>" if rows else ""
    return _PAGE.format(
        sides=100 * SIDES,
        title=_said(title), width=width, height=height, margin=f"{top + 4}mm {right + 3}mm {bottom}mm {left + 3}mm",
        drop=round(height * 0.24), gap=round(height * 0.06), size=13 if min(width, height) > 160 else 10.5,
        body=cover + contents,
    )  # fmt: skip


def _fitting(tag: str, text: str, *, mm: float, lines: int, across: float, kind: str = "") -> str:
    """A paragraph in letters of `mm`, smaller where it needs more than so many lines, cut where that is not enough."""
    text = " ".join(text.split())[:MOST_CHARACTERS]
    if not text:
        return ""
    room = 0.85 * lines * across  # lines end with words
    size = max(mm * SMALLEST, min(mm, room / em_width(text)))
    shown = _said(shorten(text, em=room / size))
    return f'<{tag} class="{kind}" style="font-size: {size:.2f}mm">{shown}</{tag}>'


def _row(row: Row) -> str:
    kind = ' class="missing"' if row.page is None else ""
    page = "–" if row.page is None else str(row.page)
    return (
        f'<tr{kind}><td><bdi class="name">{_said(row.title)}</bdi></td>'
        f'<td class="composer"><bdi>{_said(row.composer)}</bdi></td><td class="page">{page}</td></tr>'
    )


def _said(text: str) -> str:
    return escape(legal(" ".join(text.split()))[:MOST_CHARACTERS])


def _written(html: str, target: Path) -> int:
    import weasyprint

    out = io.BytesIO()
    with _ONE_AT_A_TIME:
        document = weasyprint.HTML(string=html, url_fetcher=_nothing).render()
        document.write_pdf(out)
    target.write_bytes(out.getvalue())
    return len(document.pages)


def _nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    """These pages are made of their own words alone."""
    raise ValueError(f"not fetched: {url}")
