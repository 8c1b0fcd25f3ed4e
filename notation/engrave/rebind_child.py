"""The bindery's own process: opens files nobody vouches for and puts slices of their pages on new pages.

Run by `rebind.py` as a plain file, so that nothing of Copyist needs to be importable and a crash, an endless loop or a
flood of memory on a hostile file ends here and not in a worker. Of a PDF only what its pages draw is taken over, no
script, no link, no attached file; of a photo only the pixels, not where it was taken. Reads JSON on standard input:

    sources  [path, …]       memory, seconds, file_size   limits
    pages    [[source, page], …]: with these alone, tell how large they are

and to bind

    target, paper [width, height], front (path or null), stamps (path), title
    marks    [[text, page], …]
    sheets   [[{source, page, turn, top, bottom, left, right, x, y, scale}, …], …]     lengths in points, x and y from
             the top left; top to right are shares of the page

Writes lines of JSON: {"at": [source, page]} before each page, then {"sizes": [[width, height], …]}, {"done": pages} or
{"problem": code, "source": I or null, "page": N or null}.
"""

from __future__ import annotations

import ctypes
import json
import resource
import signal
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

PICTURES = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF")
MOST_PIXELS = 150_000_000  # A3 at 600 dpi has 70 million
KEPT_PIXELS = 36_000_000  # of a picture that has to be written anew; A4 at 600 dpi has 35 million
LEAST_PT, MOST_PT = 20.0, 20_000.0  # sides of a page that can be one

Matrix = tuple[float, float, float, float, float, float]


class Unusable(Exception):
    """A code of `rebind.PROBLEMS`, the source, and the page or None."""


def main() -> int:
    job = json.loads(sys.stdin.read())
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: never outlive the worker
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (job["seconds"], job["seconds"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_size"], job["file_size"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(500)

    @cache
    def source(index: int) -> _Source:
        return _Source(job["sources"][index], index)

    try:
        if "pages" in job:
            said: dict[str, Any] = {"sizes": [_reached(source(at), page)[2] for at, page in job["pages"]]}
        else:
            said = {"done": _bind(job, source)}
    except Unusable as error:
        code, at, page = error.args
        said = {"problem": code, "source": at, "page": page}
    print(json.dumps(said), flush=True)
    return 0


def _reached(source: _Source, page: int) -> tuple[Any, Matrix, tuple[float, float]]:
    """The page's form, having said which page it is: should this process die over it, that is known."""
    print(json.dumps({"at": [source.index, page]}), flush=True)
    return source.form(page)


class _Source:
    """One file, opened once."""

    def __init__(self, path: str, index: int) -> None:
        import pikepdf

        self.index, self.path = index, path
        self.pdf: pikepdf.Pdf | None = None
        self.forms: dict[int, tuple[Any, Matrix, tuple[float, float]]] = {}
        with Path(path).open("rb") as file:
            if b"%PDF-" not in file.read(1024):
                return
        try:
            self.pdf = pikepdf.Pdf.open(path)
            self.count = len(self.pdf.pages)
        except pikepdf.PasswordError:
            raise Unusable("encrypted", index, None) from None
        except (pikepdf.PdfError, OSError, ValueError, TypeError, AttributeError, RuntimeError):
            raise Unusable("damaged", index, None) from None
        try:
            self.pdf.flatten_annotations("print")  # what somebody wrote over the page is music too
        except (pikepdf.PdfError, ValueError, TypeError, AttributeError, RuntimeError):
            pass  # then the pages come without

    def form(self, page: int) -> tuple[Any, Matrix, tuple[float, float]]:
        """What draws the page; the matrix that puts its seen lower left corner at (0, 0); its size in points."""
        if page not in self.forms:
            self.forms[page] = self._page(page) if self.pdf is not None else self._picture(page)
        return self.forms[page]

    def _page(self, page: int) -> tuple[Any, Matrix, tuple[float, float]]:
        import pikepdf

        assert self.pdf is not None
        if not 0 <= page < self.count:
            raise Unusable("no such page", self.index, page)
        try:
            form = self.pdf.pages[page].as_form_xobject()
            left, bottom, right, top = (float(side) for side in form.BBox)
            matrix = _matrix(form)
        except (pikepdf.PdfError, ValueError, TypeError, AttributeError, RuntimeError, KeyError, OverflowError):
            raise Unusable("damaged page", self.index, page) from None
        corners = [_moved(matrix, x, y) for x in (left, right) for y in (bottom, top)]
        xs, ys = zip(*corners, strict=True)
        size = (max(xs) - min(xs), max(ys) - min(ys))
        if not all(LEAST_PT <= side <= MOST_PT for side in size):
            raise Unusable("damaged page", self.index, page)
        return form, (1, 0, 0, 1, -min(xs), -min(ys)), size

    def _picture(self, page: int) -> tuple[Any, Matrix, tuple[float, float]]:
        """A picture as a form of its size on paper, turned as its camera says."""
        import warnings

        from PIL import Image

        Image.MAX_IMAGE_PIXELS = None  # we look ourselves
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(self.path, formats=PICTURES)
        except (OSError, ValueError, SyntaxError, EOFError, TypeError):
            raise Unusable("no picture", self.index, None) from None
        if page and not (picture.format == "TIFF" and page < getattr(picture, "n_frames", 1)):
            raise Unusable("no such page", self.index, page)
        try:
            picture.seek(page)
            if picture.width * picture.height > MOST_PIXELS:
                raise Unusable("too large", self.index, page)
            if min(picture.size) < 16:
                raise Unusable("damaged page", self.index, page)
            picture.load()
            turned = int(picture.getexif().get(0x0112, 1))
            image, kind = _pixels(picture, Path(self.path))
        except (OSError, ValueError, SyntaxError, EOFError, TypeError, ZeroDivisionError):
            raise Unusable("damaged page", self.index, page) from None
        dpi = _dpi(picture)
        width, height = (side * 72 / dpi for side in picture.size)
        matrix = _EXIF.get(turned, _EXIF[1]) if kind == "as it is" else _EXIF[1]
        if turned in (5, 6, 7, 8):
            width, height = height, width
        return image, _times(matrix, (width, 0, 0, height, 0, 0)), (width, height)


# EXIF's orientations, as what they do to the unit square that a picture is drawn in.
_EXIF: dict[int, Matrix] = {
    1: (1, 0, 0, 1, 0, 0),
    2: (-1, 0, 0, 1, 1, 0),
    3: (-1, 0, 0, -1, 1, 1),
    4: (1, 0, 0, -1, 0, 1),
    5: (0, -1, -1, 0, 1, 1),
    6: (0, -1, 1, 0, 0, 1),
    7: (0, 1, 1, 0, 0, 0),
    8: (0, 1, -1, 0, 1, 0),
}


def _matrix(form: Any) -> Matrix:
    if "/Matrix" not in form:
        return (1, 0, 0, 1, 0, 0)
    a, b, c, d, e, f = (float(x) for x in form.Matrix)
    return (a, b, c, d, e, f)


def _moved(m: Matrix, x: float, y: float) -> tuple[float, float]:
    return (m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5])


def _times(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does one thing and then the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _dpi(picture: Any) -> float:
    """What the file says, where it can be believed; else what makes the longer side that of A4."""
    said = picture.info.get("dpi", (0, 0))
    said = float(said[0]) if isinstance(said, tuple) and said else 0.0
    longer = max(picture.size)
    return said if 100 <= said <= 1300 and 4 <= longer / said <= 25 else longer / 11.7


def _pixels(picture: Any, path: Path) -> tuple[dict[str, Any], str]:
    """What a PDF needs to show a picture, and whether it is "as it is" or "upright" already.

    A JPEG stays the JPEG that it was, without the notes that cameras leave in it; all else is written anew.
    """
    import zlib

    from PIL import Image, ImageOps

    if picture.format == "JPEG" and picture.mode in ("L", "RGB"):
        space = "/DeviceGray" if picture.mode == "L" else "/DeviceRGB"
        told = {"width": picture.width, "height": picture.height, "space": space, "bits": 8, "filter": "/DCTDecode"}
        return told | {"data": _bare(path.read_bytes())}, "as it is"
    if picture.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I", "F"):
        import numpy as np

        values = np.nan_to_num(np.asarray(picture).astype(np.float32))
        top = next((most for most in (255.0, 1023.0, 4095.0) if values.max(initial=1.0) <= most), 65535.0)
        picture = Image.fromarray(np.clip(values * (255.0 / top), 0, 255).astype(np.uint8))
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        paper.alpha_composite(picture)
        picture = paper
    picture = ImageOps.exif_transpose(picture)
    if picture.mode not in ("1", "L"):
        picture = picture.convert("RGB")
    if picture.mode != "1" and picture.width * picture.height > KEPT_PIXELS:
        smaller = (KEPT_PIXELS / (picture.width * picture.height)) ** 0.5
        picture = picture.resize([max(1, round(side * smaller)) for side in picture.size], Image.Resampling.BOX)
    space, bits = ("/DeviceRGB", 8) if picture.mode == "RGB" else ("/DeviceGray", 1 if picture.mode == "1" else 8)
    told = {"width": picture.width, "height": picture.height, "space": space, "bits": bits, "filter": "/FlateDecode"}
    return told | {"data": zlib.compress(picture.tobytes(), 6)}, "upright"


def _bare(jpeg: bytes) -> bytes:
    """A JPEG without its APP1 (EXIF, XMP) to APP13 and comments; APP14 tells decoders about colours and stays."""
    out, at = bytearray(jpeg[:2]), 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        mark = jpeg[at + 1]
        if mark == 0xDA:  # the picture itself begins
            break
        length = 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if mark != 0xFE and not 0xE1 <= mark <= 0xED:
            out += jpeg[at : at + length]
        at += length
    return bytes(out + jpeg[at:])


def _bind(job: dict[str, Any], source: Callable[[int], _Source]) -> int:
    import pikepdf

    width, height = job["paper"]
    with pikepdf.Pdf.new() as whole:
        if job["front"]:
            with pikepdf.Pdf.open(job["front"]) as front:
                whole.pages.extend(front.pages)
        known: dict[tuple[int, int], Any] = {}
        for sheet in job["sheets"]:
            whole.add_blank_page(page_size=(width, height))
            page = whole.pages[-1]
            drawn, resources = [], pikepdf.Dictionary()
            for number, place in enumerate(sheet):
                old, key = source(place["source"]), (place["source"], place["page"])
                form, base, size = _reached(old, place["page"])
                if key not in known:
                    known[key] = _taken(whole, form, old, place["page"])
                resources[f"/P{number}"] = known[key]
                drawn.append(_drawing(place, base, size, name=f"/P{number}", height=height))
            page.obj.Resources = pikepdf.Dictionary(XObject=resources)
            page.obj.Contents = whole.make_stream("\n".join(drawn).encode())
        with pikepdf.Pdf.open(job["stamps"]) as stamps:
            for page, stamp in zip(whole.pages, stamps.pages, strict=True):
                page.add_overlay(stamp, None)
            whole.docinfo["/Title"] = job["title"]
            whole.docinfo["/Creator"] = "Copyist"
            whole.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
            count = len(whole.pages)
            with whole.open_outline() as outline:
                outline.root.extend(pikepdf.OutlineItem(text, min(at, count - 1)) for text, at in job["marks"])
            try:
                whole.save(job["target"], deterministic_id=True)
            except (pikepdf.PdfError, RuntimeError):
                raise Unusable("not bound", None, None) from None
        return count


def _taken(whole: Any, form: Any, source: _Source, page: int) -> Any:
    """What draws an old page, in the new file."""
    import pikepdf

    try:
        if isinstance(form, dict):
            return whole.make_stream(
                form["data"], Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=form["width"],
                Height=form["height"], ColorSpace=pikepdf.Name(form["space"]), BitsPerComponent=form["bits"],
                Filter=pikepdf.Name(form["filter"]),
            )  # fmt: skip
        return whole.copy_foreign(form)
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError, RuntimeError):
        raise Unusable("damaged page", source.index, page) from None


def _drawing(place: dict[str, Any], base: Matrix, size: tuple[float, float], *, name: str, height: float) -> str:
    """The slice, cut along its edges: content for a page that is `height` points high."""
    wide, tall = size
    turned: Matrix
    turned, (wide, tall) = {
        0: ((1, 0, 0, 1, 0, 0), (wide, tall)),
        90: ((0, -1, 1, 0, 0, wide), (tall, wide)),
        180: ((-1, 0, 0, -1, wide, tall), (wide, tall)),
        270: ((0, 1, -1, 0, tall, 0), (tall, wide)),
    }[place["turn"]]
    scale, slice_tall = place["scale"], (place["bottom"] - place["top"]) * tall
    left, top = place["x"], height - place["y"]
    # The slice's upper edge lies at (1 - top) of the old page's height.
    moved = (scale, 0, 0, scale, left - scale * place["left"] * wide, top - scale * (1 - place["top"]) * tall)
    matrix = _times(_times(base, turned), moved)
    clip = (left, top - scale * slice_tall, scale * (place["right"] - place["left"]) * wide, scale * slice_tall)
    return f"q {_numbers(clip)} re W n {_numbers(matrix)} cm {name} Do Q"


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.5f}" for value in values)


if __name__ == "__main__":
    sys.exit(main())
