"""Opens whatever file a user brings and yields its sound, block by block, never trusting it.

libav sees the file only through a Python file object, knows a fixed list of containers and no protocol at all, so
a playlist or an edit list cannot make it read another file or an address. Every promise of the header (duration,
rate, channels, number of streams) is checked against what really comes out.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from media_pipeline.context import StageError

if TYPE_CHECKING:
    import av

MAX_SECONDS = 2 * 3600
MAX_STREAMS = 64
MAX_CHANNELS = 32
RATES = (1_000, 768_000)  # hz; a dictaphone to the fastest studio converters
BLOCK_SECONDS = 1.0  # of sound handed on at a time: small memory, and a cancel is heard at once

# The demuxers that read one file and nothing else. No hls, concat, dash, image2, lavfi, sdp …
FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,iff,loas,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,"
    "mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,nut,ogg,oma,rm,shn,spdif,tak,truehd,tta,voc,w64,wav,wsd,wv,xwma"
)


@dataclass
class Sound:
    """One opened recording. `blocks()` may be called once."""

    name: str  # what the user called the file
    rate: int  # hz, of the source
    channels: int
    claimed: float | None  # seconds, as the header says; often wrong
    warnings: list[str] = field(default_factory=list)
    heard: float = 0.0  # seconds decoded so far
    _frames: Any = None
    _file: Any = None

    def frames(self) -> Iterator[av.AudioFrame]:
        """Decoded frames as libav gives them; skips damaged packets and says so in `warnings`."""
        yield from self._frames(self)

    def blocks(self) -> Iterator[tuple[NDArray[np.float32], int]]:
        """(mono samples, hz) of about a second each. Channels are averaged, the bass effects channel left out."""
        pending: list[NDArray[Any]] = []
        held, kind = 0, _Kind("", "", False, (), 1)
        for frame in self.frames():
            if not kind.fits(frame):
                if held:
                    yield _mono(pending, kind), kind.rate
                pending, held, kind = [], 0, _Kind.of(frame)
            pending.append(frame.to_ndarray())
            held += frame.samples
            if held >= kind.rate * BLOCK_SECONDS:
                yield _mono(pending, kind), kind.rate
                pending, held = [], 0
        if held:
            yield _mono(pending, kind), kind.rate


@dataclass(frozen=True)
class _Kind:
    """How the samples of a frame lie; a chained stream may change it midway."""

    layout: str
    samples: str  # "fltp", "s16" …
    planar: bool
    channels: tuple[str, ...]
    rate: int  # hz

    @classmethod
    def of(cls, frame: av.AudioFrame) -> _Kind:
        layout, samples = frame.layout, frame.format
        names = tuple(channel.name for channel in layout.channels)
        return cls(layout.name, samples.name, samples.is_planar, names, frame.sample_rate)

    def fits(self, frame: av.AudioFrame) -> bool:
        same_lay = frame.layout.name == self.layout and frame.format.name == self.samples
        return same_lay and frame.sample_rate == self.rate


@contextmanager
def open_sound(path: Path, *, name: str, check: Callable[[], None]) -> Iterator[Sound]:
    """Open the first sound stream of a file. `check` is called at every read and may raise to stop.

    Raises StageError, in a musician's words, for whatever is not a recording.
    """
    import av
    from av.error import FFmpegError

    size = path.stat().st_size
    if size == 0:
        raise StageError(f"“{name}” is empty.", hint="The upload or the export stopped early; please upload it again.")
    if seems_to_be(path) not in ("", "a text file"):  # libav would find the MP3 inside a ZIP and play it
        raise _unreadable(path, name=name)
    with path.open("rb") as raw:
        watched = _Watched(raw, check)
        try:
            container = av.open(
                watched,
                mode="r",
                options={"format_whitelist": FORMATS, "protocol_whitelist": "none", "max_streams": str(MAX_STREAMS)},
                metadata_errors="replace",
            )
        except (FFmpegError, OSError, ValueError) as error:
            watched.reraise()
            raise _unreadable(path, name=name) from error
        with container:
            streams = container.streams.audio
            if not streams:
                watched.reraise()
                if container.streams.video:
                    raise StageError(
                        f"“{name}” is a video without sound.",
                        hint="Export it again with its sound, or upload the recording itself.",
                    )
                raise _unreadable(path, name=name)
            stream = streams[0]
            context = stream.codec_context
            rate, channels = int(context.sample_rate or 0), int(context.channels or 0)
            if context.codec is None or not rate or not channels:
                raise _damaged(name)
            if not RATES[0] <= rate <= RATES[1] or channels > MAX_CHANNELS:
                raise StageError(
                    f"“{name}” says it has {channels} channels at {rate} samples a second, as no recording has.",
                    hint="Export it as WAV, FLAC or MP3 and upload that.",
                )
            sound = Sound(name, rate, channels, _promised_by_wav(path) or _claimed(container, stream))
            _refuse_if_surely_too_long(sound, size)

            def frames(sound: Sound) -> Iterator[av.AudioFrame]:
                yield from _decode(container, stream, sound, watched)

            sound._frames = frames
            yield sound
            watched.reraise()


def clock(seconds: float) -> str:
    """75.2 -> "1:15", 7200 -> "2:00:00"."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def seems_to_be(path: Path) -> str:
    """What a file looks like from its first bytes, in words ("a ZIP archive"), or ""."""
    with path.open("rb") as file:
        head = file.read(4096)
    return what_is(head)


def what_is(head: bytes) -> str:
    """As `seems_to_be`, for bytes."""
    for magic, words in _MAGIC:
        if head.startswith(magic):
            return words
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    lower = text[:200].lower()
    if lower.startswith((b"#extm3u", b"ffconcat", b"[playlist]")):
        return "a playlist"
    if lower.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return "a web page"
    if lower.startswith((b"<?xml", b"<score-partwise", b"<score-timewise")):
        return "a MusicXML score" if b"score-" in head else "an XML file"
    if lower.startswith(b"<svg"):
        return "a picture"
    if head and b"\0" not in head:
        try:
            head[:-4].decode("utf-8")
        except UnicodeDecodeError:
            return ""
        return "a text file"
    return ""


_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"%PDF", "a PDF"),
    (b"MThd", "a MIDI file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"SQLite format", "a database"),
)


class _Watched(io.RawIOBase):
    """A file for libav that looks for a wish to stop at every read.

    PyAV cannot carry a BaseException out of a read, so it is kept, the file ends, and `reraise` lets it go on.
    """

    def __init__(self, raw: io.BufferedReader, check: Callable[[], None]) -> None:
        self._raw, self._check = raw, check
        self._stopped: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        if self._stopped is None:
            try:
                self._check()
            except BaseException as stop:
                self._stopped = stop
        return b"" if self._stopped is not None else self._raw.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def reraise(self) -> None:
        if self._stopped is not None:
            raise self._stopped


def _decode(container: Any, stream: Any, sound: Sound, watched: _Watched) -> Iterator[av.AudioFrame]:
    from av.error import FFmpegError

    bad, good = 0, 0
    packets = container.demux(stream)
    while True:
        watched.reraise()
        try:
            packet = next(packets)
        except StopIteration:
            break
        except (FFmpegError, OSError):
            bad += 1
            break
        try:
            frames = packet.decode()
        except (FFmpegError, ValueError):
            bad += 1
            continue
        for frame in frames:
            if not frame.samples:
                continue
            good += 1
            sound.heard += frame.samples / frame.sample_rate
            if sound.heard > MAX_SECONDS:
                raise _too_long(sound.name)
            yield frame
    watched.reraise()
    if not good:
        raise _damaged(sound.name) if bad else _soundless(sound.name)
    short = sound.claimed is not None and sound.heard < 0.95 * sound.claimed - 1.0
    if short:
        assert sound.claimed is not None
        sound.warnings.append(
            f"The file stops early: it should last {clock(sound.claimed)}, but only {clock(sound.heard)} could be read."
        )
    elif bad > max(2, good // 200):
        sound.warnings.append("Parts of the file are damaged and were left out.")


def _mono(frames: list[NDArray[Any]], kind: _Kind) -> NDArray[np.float32]:
    """(samples,) in -1..1, the mean of the channels without the bass effects channel.

    A second at a time: numpy's cost is by the call, and an mp3 has 38 frames a second.
    """
    data = np.concatenate(frames, axis=1) if len(frames) > 1 else frames[0]
    if not kind.planar:
        data = data.reshape(-1, len(kind.channels)).T
    keep = [i for i, name in enumerate(kind.channels) if name != "LFE"] or [0]
    wave: NDArray[np.float32] = data[keep[0]].astype(np.float32)
    for channel in keep[1:]:
        wave += data[channel]
    if data.dtype == np.uint8:
        wave -= 128.0 * len(keep)
        wave /= 128.0 * len(keep)
    elif data.dtype.kind == "i":
        wave /= float(2 ** (8 * data.dtype.itemsize - 1)) * len(keep)
    elif len(keep) > 1:
        wave /= len(keep)
    if not np.isfinite(wave).all():  # floating-point files may hold anything
        wave = np.nan_to_num(wave, nan=0.0, posinf=0.0, neginf=0.0)
    np.clip(wave, -1.0, 1.0, out=wave)
    return wave


def _claimed(container: Any, stream: Any) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration else None


def _promised_by_wav(path: Path) -> float | None:
    """Seconds that a WAV's own header promises; libav tells only what is there. None for all else."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    at, per_second = 12, 0
    while at + 8 <= len(head):
        kind, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if kind == b"fmt ":
            per_second = int.from_bytes(head[at + 16 : at + 20], "little")
        if kind == b"data":
            unknown = size >= 0xFFFFFF00  # a program that wrote into a pipe
            return size / per_second if per_second and not unknown else None
        at += 8 + size + size % 2
    return None


def _refuse_if_surely_too_long(sound: Sound, size: int) -> None:
    """Headers lie, so only a file that is also big enough (2 kbit/s at least) is refused unread."""
    if sound.claimed and sound.claimed > MAX_SECONDS and size * 8 / sound.claimed > 2_000:
        raise _too_long(sound.name, length=sound.claimed)


def _too_long(name: str, *, length: float = 0.0) -> StageError:
    lasts = f"lasts {clock(length)}; the limit is" if length else "lasts longer than"
    return StageError(
        f"“{name}” {lasts} {MAX_SECONDS // 3600} hours.", hint="Cut out the piece you want and upload that."
    )


def _damaged(name: str) -> StageError:
    return StageError(f"“{name}” is damaged: no sound could be read from it.", hint="Export it again and upload that.")


def _soundless(name: str) -> StageError:
    return StageError(
        f"“{name}” has a place for sound, but nothing is in it.", hint="Export the recording again and upload that."
    )


def _unreadable(path: Path, *, name: str) -> StageError:
    kind = seems_to_be(path)
    if kind:
        return StageError(
            f"“{name}” is no recording; it seems to be {kind}.",
            hint="Upload the audio or video file itself: MP3, M4A, WAV, FLAC, OGG, MP4, MOV …",
        )
    return StageError(
        f"“{name}” cannot be read as audio or video; it is damaged, incomplete or of a kind we do not know.",
        hint="Export it as MP3, WAV or MP4 and upload that.",
    )
