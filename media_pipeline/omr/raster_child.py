"""The page reader's own process: opens one file nobody vouches for and writes its pages as grey pixels to a pipe.

Run by `raster.py` as a plain file, so that nothing of Copyist needs to be importable and a crash, an endless loop or a
flood of memory on a hostile file ends here and not in a worker. Reads JSON on standard input:

    path, dpi, first (page to begin with), most (pages a file may have), memory (bytes), seconds (of computing, a page)

Writes lines of JSON, some followed by raw bytes:

    {"pages": N}                                        how many there are, once
    {"page": I, "shape": [H, W], "dpi": D,              a page, and its H * W bytes
     "words": [[text, x0, y0, x1, y1], …], "scan": whether a picture fills it, "problem": code or ""}
    {"page": I, "problem": code, "size": [W, H]}        this one cannot be read; the next ones may
    {"failed": code, "pages": N, "what": format}        none can

The pipe holds the child back: it draws the next page only when the one before has been taken.
"""

from __future__ import annotations

import ctypes
import json
import resource
import signal
import sys
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # neither pillow nor numpy is loaded before a page needs it: a child is started for every file
    from PIL.Image import Image as Grey  # in mode "L"

PICTURES = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF")  # what pillow may take a file for
MOVING = ("GIF", "WEBP", "PNG")  # of these, further frames are a film; of a TIFF they are pages
OTHERS = (  # where a file's first bytes say what it is, and what that is called
    (4, b"ftypavif", "an AVIF photo"),
    *((4, b"ftyp" + brand, "a HEIC photo") for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1")),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"AT&TFORM", "a DjVu document"),
    (0, b"8BPS", "a Photoshop picture"),
    (0, b"PK\x03\x04", "a packed folder or an office document"),
)
MOST_SOURCE_PIXELS = 150_000_000  # of a picture as it lies in its file; A3 at 600 dpi has 70 million
MOST_PIXELS = 25_000_000  # of a page as handed on
SHEET_PT = 842.0 * 595.0  # A4: the area a page is brought towards where its own size says little
FAR = 0.07  # of the height of its type, from where a letter's own room ends: a wider gap begins a new word
BARE = 0.02  # of a page with less ink than this, a scan may be missing: a stamp or a page number is all there is
NOTHING = 128  # the grey of a JPEG's blocks that no data came for
FAX_ENDS = "000000000001" * 2  # bits
JPEG_SCAN, JPEG_ENDS = b"\xff\xda", b"\xff\xd9"
CUT = 0.01  # of a page: what is missing of its picture is worth a look, what is there of it worth reading
WITHIN, LEVEL = 0.02, 0.1  # of that height: letters that begin within another, or stand on another height

Word = tuple[str, float, float, float, float]


class Unreadable(Exception):
    """A code of `raster.PROBLEMS`, and what its sentence says besides."""


def main() -> int:
    job = json.loads(sys.stdin.read())
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: never outlive the worker
    resource.setrlimit(resource.RLIMIT_AS, (job["memory"], job["memory"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(500)
    _more_time(job["seconds"])
    with open(job["path"], "rb") as file:  # noqa: PTH123 - pathlib is one import more in every child
        head = file.read(1024)
    try:
        pages = _pdf(job) if b"%PDF-" in head else _pictures(job, head)
        for header, image in pages:
            _say(header, image)
            _more_time(job["seconds"])
    except Unreadable as error:
        code, *rest = error.args
        _say({"failed": code, **(rest[0] if rest else {})})
    except MemoryError:
        return 3
    return 0


def _more_time(seconds: int) -> None:
    """Every page has its own allowance of computing; who uses it up is ended by SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard))


def _say(header: dict[str, Any], image: Grey | None = None) -> None:
    out = sys.stdout.buffer
    out.write(json.dumps(header).encode() + b"\n")
    if image is not None:
        out.write(image.tobytes())
    out.flush()


def _pdf(job: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Grey | None]]:
    import pypdfium2

    document, whole = _document(job["path"])
    count = len(document)
    if not count:
        raise Unreadable("damaged pdf")
    if count > job["most"]:
        raise Unreadable("too many pages", {"pages": count})
    yield {"pages": count}, None
    for index in range(job["first"], count):
        try:
            page = _sized(document, index)
            image, dpi = _draw(page, job["dpi"])
            harm = _harm(page, image, whole=whole)
        except (pypdfium2.PdfiumError, ValueError):
            harm = {"problem": "damaged page"}
        if harm.get("problem") in ("damaged page", "too large"):
            yield {"page": index} | harm, None
            continue
        shape = (image.height, image.width)
        scan = any(_scans(page))
        header = {"page": index, "shape": shape, "dpi": dpi, "words": _words(page, shape), "scan": scan} | harm
        if not whole and index == count - 1:
            header["problem"] = "file ends"
        page.close()
        yield header, image


def _document(path: str) -> tuple[Any, bool]:
    """A PDF, and whether it is whole. One that lost its table of contents is pieced together from what is left."""
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(path)
        len(document)
        return document, True
    except pypdfium2.PdfiumError:
        if raw.FPDF_GetLastError() in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise Unreadable("encrypted") from None
    import io

    import pikepdf

    rest = io.BytesIO()
    try:
        with pikepdf.open(path) as left:
            left.save(rest)
        return pypdfium2.PdfDocument(rest.getvalue()), False
    except pikepdf.PasswordError:
        raise Unreadable("encrypted") from None
    except (pikepdf.PdfError, pypdfium2.PdfiumError, OSError, ValueError, TypeError, AttributeError, RuntimeError):
        raise Unreadable("damaged pdf") from None


def _sized(document: Any, index: int) -> Any:
    """A page of the document. One that says it has no size is as large as what is on it: pdfium would cut a sheet of
    letter paper out of it instead. ValueError where nothing is."""
    page = document[index]
    said = page.get_mediabox(fallback_ok=False)
    if said is None or (said[2] != said[0] and said[3] != said[1]):
        return page
    boxes = [item.get_bounds() for item in page.get_objects(max_depth=1)]
    if not boxes:
        raise ValueError("a page of no size, with nothing on it")
    left, bottom, right, top = zip(*boxes, strict=True)
    page.set_mediabox(min(left), min(bottom), max(right), max(top))
    page.close()
    return document[index]  # it is measured when it is opened


def _harm(page: Any, image: Grey, *, whole: bool) -> dict[str, Any]:
    """What to say of a page whose picture could not be decoded, or not all of it; {} where nothing is wrong."""
    shades = image.histogram()
    ink = sum(shades[:251])
    if ink < BARE * image.width * image.height and (lost := _lost(page, _scans(page) if ink else _images(page))):
        return lost
    if not ink and not whole:
        return {"problem": "damaged page"}
    grey = sum(shades[NOTHING - 1 : NOTHING + 2]) > CUT * image.width * image.height
    for item in _scans(page):
        coding = (item.get_filters() or [""])[-1]
        if coding == "FlateDecode" and (share := _inflated(item)) < 1:
            return {"problem": "cut short" if share > CUT else "damaged page"}
        if coding == "DCTDecode" and grey and _ends_grey(item):
            return {"problem": "cut short"}
        if coding == "DCTDecode" and _unrefined(item):
            return {"problem": "blurred"}
        if coding == "CCITTFaxDecode" and _ends_black(item):
            return {"problem": "cut short"}
    return {}


def _lost(page: Any, items: Iterator[Any]) -> dict[str, Any]:
    """What to say of a page with hardly anything on it where one of these pictures could not be decoded."""
    import pypdfium2

    for item in items:
        size = item.get_px_size()
        if size[0] * size[1] > MOST_SOURCE_PIXELS:
            return {"problem": "too large", "size": list(size)}
        try:
            item.get_bitmap().close()
        except pypdfium2.PdfiumError:
            return {"problem": "damaged page"}
    return {}


def _inflated(item: Any) -> float:
    """How much of a deflated picture there is: 1 where its data come to their end, else at least this share of it."""
    import zlib

    data, unpacked = bytes(item.get_data())[2:], 0
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)  # without the check sum: it is its own end that counts
    try:
        while data and not inflate.eof:
            unpacked += len(inflate.decompress(data, 2**20))
            data = inflate.unconsumed_tail
    except zlib.error:
        pass
    width, height = item.get_px_size()
    return 1.0 if inflate.eof else min(unpacked / (4 * width * height), 0.99)  # no picture has more than 32 bits


def _ends_grey(item: Any) -> bool:
    """Whether a JPEG ends before its last line, which then comes out in the grey that stands for nothing."""
    import io

    from PIL import Image, ImageFile

    try:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        with Image.open(io.BytesIO(bytes(item.get_data(decode_simple=True))), formats=["JPEG"]) as picture:
            last = picture.convert("L").crop((0, picture.height - 1, picture.width, picture.height))
    except (OSError, ValueError, SyntaxError):
        return False
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
    return set(last.tobytes()) <= {NOTHING - 1, NOTHING, NOTHING + 1}


def _unrefined(item: Any) -> bool:
    """Whether a progressive JPEG, which is drawn whole and then ever finer, lacks its end. Programs write these, and
    always with the code of the end; neither code occurs within what is drawn."""
    import io

    from PIL import Image

    data = bytes(item.get_data(decode_simple=True))
    if data.rfind(JPEG_ENDS) > data.rfind(JPEG_SCAN):
        return False
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as picture:
            return bool(picture.info.get("progressive"))
    except (OSError, ValueError, SyntaxError):
        return False


def _ends_black(item: Any) -> bool:
    """Whether a fax lacks the code of its end and its last line is black, as pdfium leaves lines that are missing."""
    tail = bytes(item.get_data())[-8:]
    if f"{int.from_bytes(tail, 'big'):064b}".find(FAX_ENDS) >= 0:
        return False
    bitmap = item.get_bitmap()
    picture = bitmap.to_pil().convert("L")
    _, high = picture.crop((0, picture.height - 1, picture.width, picture.height)).getextrema()
    return int(high) == 0


def _draw(page: Any, dpi: float) -> tuple[Grey, float]:
    """Grey pixels and their dpi. A march card is drawn larger, a page that claims to be a mile long smaller."""
    width, height = page.get_size()
    area = max(width * height, 1.0)
    scale = dpi / 72 * min(max((SHEET_PT / area) ** 0.5, 1.0), 2.0)
    scale = min(scale, (MOST_PIXELS / area) ** 0.5)
    if min(width, height) * scale < 16 or max(width, height) * scale > 65_000:
        raise ValueError("no page has this shape")
    bitmap = page.render(scale=scale, grayscale=True)
    image = bitmap.to_pil().convert("L")
    bitmap.close()
    return image, scale * 72


def _images(page: Any) -> Iterator[Any]:
    from pypdfium2 import raw

    found: Iterator[Any] = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=2)
    return found


def _scans(page: Any) -> Iterator[Any]:
    """Pictures that cover the page. Where there is one, the page's words, if any, are somebody's reading of it."""
    width, height = page.get_size()
    for item in _images(page):
        left, bottom, right, top = item.get_bounds()
        if (right - left) * (top - bottom) > 0.6 * width * height:
            yield item


class _Run:
    """Letters of a word and the height that they stand on."""

    def __init__(self, ground: float) -> None:
        self.letters: list[tuple[str, float, float, float, float]] = []
        self.ground, self.ended = ground, 0.0


def _words(page: Any, shape: tuple[int, int]) -> list[Word]:
    """The text layer's words with their boxes in pixels; glyphs of music fonts left out.

    Where two lines overlap, their letters come from left to right as if they were one line. So where a letter begins
    within the one before and stands on another height, the word is set aside until a letter comes that fits it.
    """
    from pypdfium2 import raw

    text = page.get_textpage()
    words: list[Word] = []
    run: _Run | None = None
    aside: list[_Run] = []
    height, width = shape
    x, y = ctypes.c_int(), ctypes.c_int()

    def pixel(across: float, up: float) -> tuple[int, int]:
        raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, across, up, x, y)
        return x.value, y.value

    def end(run: _Run | None) -> None:
        if run is not None:
            ends = [pixel(letter[1], letter[2]) for letter in run.letters] + [
                pixel(letter[3], letter[4]) for letter in run.letters
            ]
            across, down = zip(*ends, strict=True)
            word = unicodedata.normalize("NFKC", "".join(letter[0] for letter in run.letters))
            words.append((word, min(across), min(down), max(across), max(down)))

    box = (ctypes.c_double * 4)()  # left, right, bottom, top
    at, ground = ctypes.c_double(), ctypes.c_double()
    for index in range(min(text.count_chars(), 20_000)):
        char = chr(raw.FPDFText_GetUnicode(text, index) & 0x1FFFFF or 32)
        if char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Co", "Cn", "Cs") or "𝄀" <= char <= "𝇿":
            found = aside and raw.FPDFText_GetCharOrigin(text, index, at, ground)
            ended = next((one for one in aside if found and abs(one.ground - ground.value) < 0.5), None)
            if ended is not None and (run is None or abs(run.ground - ground.value) >= 0.5):
                aside.remove(ended)
                end(ended)
            else:
                end(run)
                run = None
            continue
        sides = [ctypes.cast(ctypes.addressof(box) + 8 * i, ctypes.POINTER(ctypes.c_double)) for i in range(4)]
        if not raw.FPDFText_GetCharBox(text, index, *sides):
            continue
        left, right, bottom, top = box
        # Ink tells little: what parts two syllables under a line is as wide as what parts u and n in "sun".
        room = raw.FS_RECTF()
        known = raw.FPDFText_GetLooseCharBox(text, index, room) and room.right > room.left
        begins, ends = (room.left, room.right) if known else (left, right)
        size = room.top - room.bottom if known else top - bottom
        known = known and raw.FPDFText_GetCharOrigin(text, index, at, ground)
        for one in [one for one in aside if one.letters[-1][2] > top or one.letters[-1][4] < bottom]:
            aside.remove(one)
            end(one)
        if run is not None:
            _, _, low, behind, high = run.letters[-1]
            tall = max(high - low, top - bottom, 1.0)
            far = FAR * size if known else 0.3 * tall
            other = known and abs(run.ground - ground.value) > LEVEL * size
            if other and (aside or begins < run.ended - WITHIN * size):
                aside.append(run)
                run = None
            elif left - behind < -tall or begins - run.ended > far or bottom > high or top < low:
                end(run)
                run = None
        if run is None:
            near = [one for one in aside if known and abs(begins - one.ended) < FAR * size]
            run = next((one for one in near if abs(one.ground - ground.value) <= LEVEL * size), None)
            if run is None:
                run = _Run(ground.value)
            else:
                aside.remove(run)
        run.letters.append((char, left, bottom, right, top))
        run.ended = ends
    for last in (run, *aside):
        end(last)
    text.close()
    return words


def _pictures(job: dict[str, Any], head: bytes) -> Iterator[tuple[dict[str, Any], Grey | None]]:
    import warnings

    from PIL import Image, ImageFile, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # we look ourselves, and say which page it is
    warnings.simplefilter("ignore")
    try:
        picture = Image.open(job["path"], formats=PICTURES)
        count = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
    except (OSError, ValueError, SyntaxError, EOFError, TypeError):
        for start, mark, what in OTHERS:
            if head.startswith(mark, start):
                raise Unreadable("other format", {"what": what}) from None
        raise Unreadable("no picture") from None
    if count > job["most"]:
        raise Unreadable("too many pages", {"pages": count})
    yield {"pages": count}, None
    for index in range(job["first"], count):
        try:
            picture.seek(index)
            if picture.width * picture.height > MOST_SOURCE_PIXELS:
                yield {"page": index, "problem": "too large", "size": [picture.width, picture.height]}, None
                continue
            film = picture.format in MOVING and getattr(picture, "is_animated", False)
            problem = "moving" if film else ""
            try:
                picture.load()
            except (OSError, ValueError, SyntaxError):
                # What there is of it is read all the same.
                ImageFile.LOAD_TRUNCATED_IMAGES = True
                picture = Image.open(job["path"], formats=PICTURES)
                picture.seek(index)
                picture.load()
                ImageFile.LOAD_TRUNCATED_IMAGES = False
                problem = "cut short"
            dpi = _dpi(picture)
            image = _grey(ImageOps.exif_transpose(picture))
        except (OSError, ValueError, SyntaxError, EOFError, TypeError, ZeroDivisionError):
            yield {"page": index, "problem": "damaged page"}, None
            continue
        if image.width * image.height > MOST_PIXELS:
            smaller = (MOST_PIXELS / (image.width * image.height)) ** 0.5
            width, height = (max(round(side * smaller), 1) for side in image.size)
            image = image.resize((width, height), Image.Resampling.BOX)
            dpi *= smaller
        shape = (image.height, image.width)
        yield {"page": index, "shape": shape, "dpi": dpi, "words": [], "scan": True, "problem": problem}, image


def _dpi(picture: Any) -> float:
    """What the file says, where it can be believed; else what makes the longer side that of A4."""
    said = picture.info.get("dpi", (0, 0))
    said = float(said[0]) if isinstance(said, tuple) and said else 0.0
    longer = max(picture.size)
    return said if 100 <= said <= 1300 and 4 <= longer / said <= 25 else longer / 11.7


def _grey(picture: Any) -> Grey:
    """8-bit grey of whatever pillow opened: transparent is paper, 10 to 16 bits are 8, CMYK is ink on paper."""
    from PIL import Image

    if picture.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I", "F"):
        import numpy as np

        values = np.nan_to_num(np.asarray(picture).astype(np.float32))
        top = float(values.max(initial=1.0))
        if picture.mode != "F":  # 8, 10, 12 or 16 bits, whatever the file keeps them in
            top = next((most for most in (255.0, 1023.0, 4095.0) if top <= most), 65535.0)
        return Image.fromarray(np.clip(values * (255.0 / top), 0, 255).astype(np.uint8))
    if picture.mode == "LAB":
        picture = picture.getchannel("L")
    if "A" in picture.getbands() or "a" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        paper.alpha_composite(picture)
        picture = paper
    if picture.mode not in ("L", "1"):
        picture = picture.convert("RGB")
    grey: Grey = picture.convert("L")
    return grey


if __name__ == "__main__":
    sys.exit(main())
