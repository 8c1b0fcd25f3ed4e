"""What a file is, by its bytes alone. Pure; a name or a claimed type never counts.

`sniff(head, tail)` looks at the first and the last bytes (64 KiB of each are enough) and never raises.
Sources: the formats' own specifications (RFC 9559 for Matroska, RFC 3533 for Ogg, ISO 11172-3 for MPEG audio frames,
ISO 14496-12 for MP4 boxes, the ZIP application note).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["audio", "video", "notation", "midi", "pdf", "image", "other"]
ENDS_BYTES = 64 * 1024  # how much of each end is worth reading


@dataclass(frozen=True)
class Sniffed:
    """label: in a sentence, "an MP3 recording". problem: why nothing can be done with it, empty where something can."""

    kind: Kind
    media_type: str
    label: str
    problem: str = ""


UNKNOWN = Sniffed(
    "other",
    "application/octet-stream",
    "a file of an unknown kind",
    "Copyist does not know what this is; it is kept, but nothing can be made from it.",
)


def sniff(head: bytes, *, tail: bytes = b"") -> Sniffed:
    """head: the first bytes of the file; tail: the last, may be empty or overlap where the file is small."""
    for look in _LOOKS:
        found = look(head, tail)
        if found is not None:
            return found
    return UNKNOWN


# --- sound and film -------------------------------------------------------------------------------------------------
def _audio(media_type: str, label: str) -> Sniffed:
    return Sniffed("audio", media_type, label)


def _video(media_type: str, label: str) -> Sniffed:
    return Sniffed("video", media_type, label)


def _riff(head: bytes, tail: bytes) -> Sniffed | None:
    if head[:4] not in (b"RIFF", b"RF64", b"RIFX"):
        return None
    form = head[8:12]
    if form == b"WAVE":
        return _audio("audio/wav", "a WAV recording")
    if form == b"AVI ":
        return _video("video/x-msvideo", "an AVI video")
    if form == b"WEBP":
        return Sniffed("image", "image/webp", "a WebP picture")
    if form == b"RMID":
        return Sniffed("midi", "audio/midi", "a MIDI file")
    return None


def _iff(head: bytes, tail: bytes) -> Sniffed | None:
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return _audio("audio/aiff", "an AIFF recording")
    return None


def _tagged(head: bytes, tail: bytes) -> Sniffed | None:
    if head[:4] == b"fLaC":
        return _audio("audio/flac", "a FLAC recording")
    if head[:4] == b"caff":
        return _audio("audio/x-caf", "a CAF recording")
    if head[:4] == b"wvpk":
        return _audio("audio/x-wavpack", "a WavPack recording")
    if head[:4] in (b"MAC ", b"OFR "):
        return _audio("audio/x-ape", "a Monkey's Audio recording")
    if head[:6] == b"#!AMR\n" or head[:9] == b"#!AMR-WB\n":
        return _audio("audio/amr", "an AMR recording")
    if head[:4] == b".snd":
        return _audio("audio/basic", "an AU recording")
    if head[:3] == b"FLV":
        return _video("video/x-flv", "a Flash video")
    return None


def _ogg(head: bytes, tail: bytes) -> Sniffed | None:
    if head[:4] != b"OggS":
        return None
    first = head[:4096]  # every stream's first page stands at the beginning
    if b"\x80theora" in first or b"BBCD\0" in first:
        return _video("video/ogg", "an Ogg video")
    if b"OpusHead" in first:
        return _audio("audio/ogg", "an Opus recording")
    return _audio("audio/ogg", "an Ogg recording")


def _matroska(head: bytes, tail: bytes) -> Sniffed | None:
    if head[:4] != b"\x1aE\xdf\xa3":
        return None
    web = b"webm" in head[:64]
    # A track's codec id stands in element 0x86; it begins with V_ for pictures and A_ for sound.
    codecs = re.findall(rb"\x86[\x81-\x9f]([VA])_", head)
    if b"A" in codecs and b"V" not in codecs:
        return _audio("audio/webm", "a WebM recording") if web else _audio("audio/x-matroska", "a Matroska recording")
    return _video("video/webm", "a WebM video") if web else _video("video/x-matroska", "a Matroska video")


def _asf(head: bytes, tail: bytes) -> Sniffed | None:
    if head[:16] != bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"):
        return None
    if bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b") in head:  # a stream of pictures
        return _video("video/x-ms-wmv", "a Windows Media video")
    return _audio("audio/x-ms-wma", "a Windows Media recording")


_PICTURE_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis")


def _mp4(head: bytes, tail: bytes) -> Sniffed | None:
    box = head[4:8]
    if box not in (b"ftyp", b"moov", b"wide", b"mdat", b"free", b"skip"):
        return None
    size = int.from_bytes(head[:4], "big")
    if box != b"ftyp" and not (size in (0, 1) or size >= 8):
        return None
    brand = head[8:12] if box == b"ftyp" else b""
    if brand in _PICTURE_BRANDS:
        return Sniffed(
            "image", "image/avif" if brand in (b"avif", b"avis") else "image/heic", "a picture from a phone (HEIC)"
        )
    handlers = set(re.findall(rb"hdlr.{8}(vide|soun)", head + tail, re.DOTALL))
    if brand in (b"M4A ", b"M4B ", b"F4A ") or handlers == {b"soun"}:
        return _audio("audio/mp4", "an M4A recording")
    if box == b"ftyp" or handlers:
        quick = brand == b"qt  " or box != b"ftyp"
        return _video("video/quicktime" if quick else "video/mp4", "a QuickTime video" if quick else "an MP4 video")
    return None


_BITRATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # kbit/s, MPEG-1 layer III
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # MPEG-2 and 2.5 layer III
_HZ = (44100, 48000, 32000)


def _mp3_frame_bytes(data: bytes, at: int) -> int:
    """Length of the MPEG layer III frame that begins here; 0 where none does."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3  # version 3 is MPEG-1, 2 is MPEG-2, 0 is 2.5
    rate, hz = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer != 1 or rate in (0, 15) or hz == 3:
        return 0
    kbit = (_BITRATES_1 if version == 3 else _BITRATES_2)[rate]
    per_second = _HZ[hz] // {3: 1, 2: 2, 0: 4}[version]
    return (144 if version == 3 else 72) * kbit * 1000 // per_second + (head[2] >> 1 & 1)


def _adts_frame_bytes(data: bytes, at: int) -> int:
    """Length of the AAC frame that begins here; 0 where none does."""
    head = data[at : at + 7]
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


def _frames(data: bytes, at: int, length_at: Callable[[bytes, int], int], want: int = 3) -> bool:
    """True where `want` frames follow each other, or all that the file has."""
    for found in range(want):
        length = length_at(data, at)
        if not length:
            return False
        at += length
        if at >= len(data):
            return found >= 1
    return True


def _mpeg_audio(head: bytes, tail: bytes) -> Sniffed | None:
    mp3 = _audio("audio/mpeg", "an MP3 recording")
    if head[:3] == b"ID3" and len(head) >= 10 and all(byte < 128 for byte in head[6:10]):
        skip = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
        if head[skip : skip + 4] == b"fLaC":
            return _audio("audio/flac", "a FLAC recording")
        return mp3
    start = len(head) - len(head.lstrip(b"\0"))
    for at in range(start, min(start + 4096, len(head) - 4)):
        if head[at] != 0xFF:
            # Sound that was cut out of a stream may begin in mid-frame, but noise has no frames at all.
            continue
        if _frames(head, at, _mp3_frame_bytes):
            return mp3
        if at == start and _frames(head, at, _adts_frame_bytes):
            return _audio("audio/aac", "an AAC recording")
    return None


def _mpeg_video(head: bytes, tail: bytes) -> Sniffed | None:
    if head[:4] in (b"\0\0\1\xba", b"\0\0\1\xb3"):
        return _video("video/mpeg", "an MPEG video")
    if len(head) > 188 * 4 and all(head[188 * i] == 0x47 for i in range(4)):
        return _video("video/mp2t", "an MPEG transport stream")
    return None


# --- notation -------------------------------------------------------------------------------------------------------
def _midi(head: bytes, tail: bytes) -> Sniffed | None:
    if head[:4] == b"MThd" and head[4:8] == b"\0\0\0\6":
        return Sniffed("midi", "audio/midi", "a MIDI file")
    return None


def _xml_text(head: bytes) -> str:
    """The beginning as text, whatever of the three usual encodings it has."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", "ignore")
    if head[:4] == b"<\0?\0":
        return head.decode("utf-16-le", "ignore")
    if head[:4] == b"\0<\0?":
        return head.decode("utf-16-be", "ignore")
    return head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "ignore")


_PROLOG = re.compile(r"\s*(<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[>]|\[.*?\])*>)", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"\s*<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")


def _markup(head: bytes, tail: bytes) -> Sniffed | None:
    text = _xml_text(head).lstrip()
    if not text.startswith("<") or any(letter < " " and letter not in "\t\n\f\r" for letter in text[:500]):
        return None  # sound may begin with any byte, but not go on as text
    at, doctype = 0, ""
    while found := _PROLOG.match(text, at):
        at = found.end()
        if found[1][:9].upper() == "<!DOCTYPE":
            doctype = found[1][9:200].strip().lower()
    root = _ROOT.match(text, at)
    name = root[1] if root else ""
    if name in ("score-partwise", "score-timewise"):
        return Sniffed("notation", "application/vnd.recordare.musicxml+xml", "a MusicXML score")
    if doctype.startswith("html") or name.lower() in ("html", "head", "body", "script", "div", "p", "title", "meta"):
        return Sniffed(
            "other",
            "text/html",
            "a web page",
            "This is a web page, not music. If you saved it from a site, download the recording itself.",
        )
    if name == "svg":
        return Sniffed("other", "image/svg+xml", "an SVG drawing", "SVG drawings can not be read as notes.")
    if name == "museScore":
        return Sniffed("other", "application/x-musescore", "a MuseScore file", _EXPORT.format("MuseScore"))
    if name or text.startswith("<?xml"):
        return Sniffed("other", "application/xml", "an XML file", "This XML is not MusicXML.")
    return None


_UNPACK = "Unpack it, and upload the files that are inside."
_EXPORT = "{} files can not be read yet. Export it as MusicXML there, and upload that."


def _zip(head: bytes, tail: bytes) -> Sniffed | None:
    if head[:4] not in (b"PK\3\4", b"PK\5\6"):
        return None
    names = _zip_names(head) | _zip_names(tail)
    if b"vnd.recordare.musicxml" in head[:200]:
        return Sniffed("notation", "application/vnd.recordare.musicxml", "a compressed MusicXML score")
    if b"META-INF/container.xml" in names and not (b"mimetype" in names and b"epub" in head[:200]):
        return Sniffed("notation", "application/vnd.recordare.musicxml", "a compressed MusicXML score")
    if b"Content/score.gpif" in names:
        return Sniffed("other", "application/x-guitar-pro", "a Guitar Pro file", _EXPORT.format("Guitar Pro"))
    if any(name.endswith(b".mscx") for name in names):
        return Sniffed("other", "application/x-musescore", "a MuseScore file", _EXPORT.format("MuseScore"))
    return Sniffed("other", "application/zip", "a ZIP archive", _UNPACK)


def _zip_names(data: bytes) -> set[bytes]:
    """Names in local and central headers; only to tell kinds apart, never to open anything."""
    names: set[bytes] = set()
    for mark, length_at, name_at in ((b"PK\3\4", 26, 30), (b"PK\1\2", 28, 46)):
        at = data.find(mark)
        while at >= 0 and len(names) < 200:
            length = int.from_bytes(data[at + length_at : at + length_at + 2], "little")
            names.add(data[at + name_at : at + name_at + min(length, 300)])
            at = data.find(mark, at + 4)
    return names


def _guitar_pro(head: bytes, tail: bytes) -> Sniffed | None:
    if head[1:19] == b"FICHIER GUITAR PRO" or head[:4] in (b"BCFZ", b"BCFS"):
        return Sniffed("other", "application/x-guitar-pro", "a Guitar Pro file", _EXPORT.format("Guitar Pro"))
    return None


# --- pages and pictures ---------------------------------------------------------------------------------------------
def _pdf(head: bytes, tail: bytes) -> Sniffed | None:
    if b"%PDF-" in head[:1024]:
        return Sniffed("pdf", "application/pdf", "a PDF")
    return None


def _picture(head: bytes, tail: bytes) -> Sniffed | None:
    for magic, media_type, label in (
        (b"\x89PNG\r\n\x1a\n", "image/png", "a PNG picture"),
        (b"\xff\xd8\xff", "image/jpeg", "a JPEG picture"),
        (b"GIF87a", "image/gif", "a GIF picture"),
        (b"GIF89a", "image/gif", "a GIF picture"),
        (b"II*\0", "image/tiff", "a TIFF picture"),
        (b"MM\0*", "image/tiff", "a TIFF picture"),
    ):
        if head.startswith(magic):
            return Sniffed("image", media_type, label)
    if head[:2] == b"BM" and len(head) > 26 and int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 64, 108, 124):
        return Sniffed("image", "image/bmp", "a BMP picture")
    return None


# --- what people send by mistake ------------------------------------------------------------------------------------
def _mistake(head: bytes, tail: bytes) -> Sniffed | None:
    for magic, label in (
        (b"Rar!", "a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"\x1f\x8b", "a gzip archive"),
    ):
        if head.startswith(magic):
            return Sniffed("other", "application/octet-stream", label, _UNPACK)
    if head[:2] == b"MZ" or head[:4] == b"\x7fELF":
        return Sniffed("other", "application/octet-stream", "a program", "This is a program, not music.")
    if head[:8] == bytes.fromhex("d0cf11e0a1b11ae1"):
        return Sniffed("other", "application/octet-stream", "an Office document", "Save it as PDF, and upload that.")
    if head and _is_text(head):
        return Sniffed("other", "text/plain", "a text", "This is text, not music; nothing can be made from it yet.")
    return None


def _is_text(head: bytes) -> bool:
    try:
        # The last letter may be cut in two.
        text = head[:4096].decode("utf-8", "strict" if len(head) <= 4096 else "ignore")
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\r\n\t\f" for letter in text)


_LOOKS: tuple[Callable[[bytes, bytes], Sniffed | None], ...] = (
    _riff, _iff, _tagged, _ogg, _matroska, _asf, _midi, _mp4, _picture, _zip, _guitar_pro, _pdf, _markup,
    _mpeg_video, _mpeg_audio, _mistake,
)  # fmt: skip
