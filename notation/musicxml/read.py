"""Reads MusicXML that a stranger sent: plain or compressed, partwise or timewise, without trusting a byte of it.

    read(data, name="Etude.mxl")  ->  the root element, always <score-partwise>

1. What is it? Magic bytes decide, never the file's name.
2. .mxl: the one file that META-INF/container.xml names is read from the archive as a stream that ends at a limit.
   Nothing is ever written to disk, so names like ../../x reach nothing; an archive that has them is refused anyway.
3. Bytes become text with one of the encodings that notation programs write. Only then is the XML parsed, so that no
   exotic encoding hides anything from the checks.
4. The document type is cut out. A file that declares entities is refused, so nothing is there to expand or to fetch.
5. Size, number of elements and depth are limited before a tree is built.
6. Timewise becomes partwise; processing instructions (style sheets) go; everything else stays as it was written.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections import Counter

from lxml import etree

from notation.musicxml import NotationError

MAX_XML_BYTES = 64 * 2**20  # a full orchestra's hour is about 40 MB
MAX_TAGS = 3_000_000  # "<" in the text: bounds the tree's memory to well under a gigabyte
MAX_ATTRIBUTES = 3_000_000
MAX_PARTS = 200
MAX_BARS = 20_000  # in one part
MAX_ARCHIVE_ENTRIES = 4096
MAX_CONTAINER_BYTES = 64 * 2**10

_EXPORT = "Open it in your notation program and export it again as MusicXML."
_PROLOG = re.compile(r"^\s*<\?xml\b[^>]*\?>", re.I)
_DECLARED = re.compile(rb"^\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", re.I)
_DOCTYPE = re.compile(r"<!DOCTYPE\s[^\[\]<>]*>", re.I)
_NAMESPACED = re.compile(r"^\{[^}]*\}")

# What programs write, in Python's names. Everything else is refused in step 3.
_ENCODINGS = {
    "utf-8": "utf-8-sig", "utf8": "utf-8-sig", "us-ascii": "utf-8-sig", "ascii": "utf-8-sig",
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "windows-1252": "cp1252", "cp1252": "cp1252",
    "iso-8859-2": "iso-8859-2", "iso-8859-15": "iso-8859-15", "windows-1250": "cp1250", "windows-1251": "cp1251",
    "macintosh": "mac-roman", "x-mac-roman": "mac-roman", "shift_jis": "shift_jis", "euc-jp": "euc-jp",
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5",
}  # fmt: skip

# What people upload by mistake: first bytes -> what to tell them.
_OTHERS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "This is a PDF, not a notation file.", "Upload it as a PDF, or export the score as MusicXML."),
    (b"MThd", "This is a MIDI file, not MusicXML.", "Give it a name that ends in .mid."),
    (b"RIFF", "This is a sound file, not notation.", "Upload it as a recording."),
    (b"ID3", "This is a sound file, not notation.", "Upload it as a recording."),
    (b"OggS", "This is a sound file, not notation.", "Upload it as a recording."),
    (b"fLaC", "This is a sound file, not notation.", "Upload it as a recording."),
    (b"\x89PNG", "This is a picture, not a notation file.", "Upload it as an image."),
    (b"\xff\xd8\xff", "This is a picture, not a notation file.", "Upload it as an image."),
    (b"FICHIER GUITAR PRO", "This is a Guitar Pro file, not MusicXML.", "Export it as MusicXML."),
)  # fmt: skip
_ROOTS = {
    "html": ("This is a web page, not a notation file.", "The download may have gone wrong: get the file again."),
    "museScore": ("This is a MuseScore file.", "In MuseScore choose File, Export, MusicXML."),
    "GPIF": ("This is a Guitar Pro file.", "In Guitar Pro choose File, Export, MusicXML."),
    "mei": ("This is an MEI file.", "Copyist reads MusicXML: export that."),
    "svg": ("This is a picture (SVG), not a notation file.", _EXPORT),
    "opus": ("This MusicXML file only lists other files.", "Upload the single scores."),
    "container": ("This is the table of contents of a .mxl file, not the score.", "Upload the .mxl file itself."),
}


def read(data: bytes, *, name: str = "") -> etree._Element:
    """The document's root, a <score-partwise> with at least one part and one bar.

    name: what the user called the file; used for nothing but telling her what to do.
    Raises NotationError, always permanent: the same bytes will never do better.
    """
    if not data.strip(b"\0 \t\r\n"):
        raise NotationError("This file is empty.", hint="Upload it again, or export it again.")
    if data.startswith(b"PK"):
        data = _from_archive(data)
    for magic, message, hint in _OTHERS:
        if data.startswith(magic):
            raise NotationError(message, hint=hint)
    return _partwise(_parse(_text(data), name=name))


def _from_archive(data: bytes) -> bytes:
    if data.count(b"PK\x01\x02") > MAX_ARCHIVE_ENTRIES:
        raise NotationError("This archive holds far too many files to be a score.", hint=_EXPORT)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {info.filename: info for info in archive.infolist()}
            for entry in names:
                if entry.startswith(("/", "\\")) or ":" in entry.split("/")[0] or ".." in re.split(r"[/\\]", entry):
                    raise NotationError("This .mxl names files outside itself and was not opened.", hint=_EXPORT)
            return _member(archive, names[_root_name(archive, names)], limit=MAX_XML_BYTES)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as e:
        # RuntimeError: an encrypted entry; ValueError, OSError: offsets outside of the file.
        raise NotationError("This compressed score is damaged.", hint=_EXPORT) from e


def _root_name(archive: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo]) -> str:
    if "META-INF/container.xml" in names:
        container = _member(archive, names["META-INF/container.xml"], limit=MAX_CONTAINER_BYTES)
        for rootfile in _parse(_text(container), name="container.xml").iter("{*}rootfile"):
            kind = rootfile.get("media-type") or "application/vnd.recordare.musicxml+xml"
            if "musicxml" in kind and (path := rootfile.get("full-path", "")) in names:
                return path
        raise NotationError("This .mxl does not say which of its files is the score.", hint=_EXPORT)
    if any(entry.endswith((".mscx", ".gpif")) for entry in names):
        raise NotationError("This is a MuseScore or Guitar Pro file.", hint="Choose File, Export, MusicXML there.")
    scores = [entry for entry in names if entry.lower().endswith((".musicxml", ".xml")) and "META-INF" not in entry]
    if len(scores) != 1:
        raise NotationError("This archive is not a compressed score.", hint="Upload .musicxml, .mxl or MIDI files.")
    return scores[0]


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, limit: int) -> bytes:
    """One entry's bytes. Only deflate is taken: zipfile reads the other methods without a bound on memory."""
    if stat.S_ISLNK(info.external_attr >> 16) or info.is_dir():
        raise NotationError("The score in this .mxl is a link to another file.", hint=_EXPORT)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
        raise NotationError("This .mxl is packed in a way that notation programs do not use.", hint=_EXPORT)
    content = bytearray()
    with archive.open(info) as stream:
        while chunk := stream.read(2**16):
            content += chunk
            if len(content) > limit:
                raise _too_large()
    if content.startswith(b"PK"):
        raise NotationError("This archive holds another archive instead of a score.", hint=_EXPORT)
    return bytes(content)


def _too_large() -> NotationError:
    return NotationError("This score is too large to open.", hint="Split it into movements and upload those.")


def _text(data: bytes) -> str:
    if len(data) > MAX_XML_BYTES:
        raise _too_large()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif data.startswith(b"<\0"):
        encoding = "utf-16-le"
    elif data.startswith(b"\0<"):
        encoding = "utf-16-be"
    else:
        declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
        wanted = declared[1].decode("ascii").lower() if declared else "utf-8"
        # A file without a 16-bit mark that claims UTF-16 was converted without changing its first line.
        wanted = "utf-8" if wanted.startswith("utf-16") else wanted
        if wanted not in _ENCODINGS:
            raise NotationError(f"The letters of this file are written in an unknown way ({wanted}).", hint=_EXPORT)
        encoding = _ENCODINGS[wanted]
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as e:
        if encoding != "utf-8-sig":
            raise NotationError("This file is damaged: some of its letters cannot be read.", hint=_EXPORT) from e
        text = data.decode("cp1252", errors="replace")  # old programs write this and say nothing
    if "\0" in text:
        raise NotationError("This is not a notation file.", hint="Upload .musicxml, .mxl or MIDI files.")
    return text


def _parse(text: str, *, name: str) -> etree._Element:
    text = _DOCTYPE.sub("", _PROLOG.sub("", text.lstrip("\ufeff"), count=1), count=1).strip()
    opening = text[:400].lower()
    if opening.startswith("<!doctype html") or "<html" in opening:
        raise NotationError(*_ROOTS["html"][:1], hint=_ROOTS["html"][1])
    if not text.startswith("<"):
        what = f"“{name[:80]}” is not a notation file." if name else "This is not a notation file."
        raise NotationError(what, hint="Upload .musicxml, .mxl or MIDI files.")
    if re.search(r"<!(DOCTYPE|ENTITY)", text, re.I):
        raise NotationError("This file declares its own text blocks (entities) and was not opened.", hint=_EXPORT)
    if text.count("<") > MAX_TAGS or text.count("=") > MAX_ATTRIBUTES:
        raise _too_large()
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_pis=True, encoding="utf-8"
    )
    try:
        root = etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    except (etree.XMLSyntaxError, ValueError, AssertionError) as e:
        line = getattr(e, "lineno", None)
        where = f" around line {line}" if line else ""
        raise NotationError(f"This file is damaged{where}: its XML cannot be read.", hint=_EXPORT) from e
    if root is None:
        raise NotationError("This file holds no score.", hint=_EXPORT)
    return root


def _partwise(root: etree._Element) -> etree._Element:
    for element in root.iter(etree.Element):
        if element.tag.startswith("{"):  # some programs put everything in a namespace
            element.tag = _NAMESPACED.sub("", element.tag) or "unknown"
    if root.tag == "score-timewise":
        root = _from_timewise(root)
    if root.tag != "score-partwise":
        message, hint = _ROOTS.get(str(root.tag), ("This XML file is not a score.", "Upload MusicXML."))
        raise NotationError(message, hint=hint)
    parts = root.findall("part")
    if not parts or not any(part.find("measure") is not None for part in parts):
        raise NotationError("There is not a single bar in this score.", hint=_EXPORT)
    if len(parts) > MAX_PARTS or max(len(part.findall("measure")) for part in parts) > MAX_BARS:
        raise _too_large()
    _name_parts(root, parts)
    return root


def _from_timewise(root: etree._Element) -> etree._Element:
    """Measures of parts become parts of measures. Attributes of a measure go to each of its copies."""
    partwise = etree.Element("score-partwise")
    _copy_attributes(root, partwise)
    parts: dict[str, etree._Element] = {}
    for child in list(root):
        if child.tag != "measure":
            partwise.append(child)
            continue
        for piece in child.findall("part"):
            key = piece.get("id", "")
            if key not in parts:
                if len(parts) >= MAX_PARTS:
                    raise _too_large()
                parts[key] = etree.Element("part", {"id": key})
            bar = etree.SubElement(parts[key], "measure")
            _copy_attributes(child, bar)
            bar.extend(list(piece))
    partwise.extend(parts.values())
    return partwise


def _copy_attributes(source: etree._Element, target: etree._Element) -> None:
    for name, value in source.attrib.items():
        target.set(name, value)


def _name_parts(root: etree._Element, parts: list[etree._Element]) -> None:
    """Give every part an id of its own and an entry in the part list; readers of all kinds rely on both."""
    listing = root.find("part-list")
    if listing is None:
        listing = etree.Element("part-list")
        parts[0].addprevious(listing)
    known = Counter(entry.get("id") for entry in listing.iter("score-part"))
    seen: set[str] = set()
    for number, part in enumerate(parts, start=1):
        key = part.get("id") or ""
        if not key or key in seen:
            key = next(k for k in (f"P{number}", *(f"P{number}-{i}" for i in range(1, 999))) if k not in seen)
            part.set("id", key)
        seen.add(key)
        if not known[key]:
            entry = etree.SubElement(listing, "score-part", {"id": key})
            etree.SubElement(entry, "part-name").text = f"Part {number}"
