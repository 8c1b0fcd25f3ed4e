"""Recipes whose stages behave in every way that a machine room must live with. Real workers load them by
COPYIST_EXTRA_RECIPES=tests.machine.recipes; marks of what ran go to the file COPYIST_MARKS, a line each."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from media_pipeline.artifacts import Audio, Media
from media_pipeline.context import Context, StageError
from media_pipeline.graph import Option, Recipe, stage
from media_pipeline.stages.decode import decode


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class After:
    text: str


@dataclass(frozen=True)
class Leaf:
    number: int


@dataclass(frozen=True)
class Seen:
    number: int


@dataclass(frozen=True)
class Bound:
    numbers: tuple[int, ...]


def mark(line: str) -> None:
    """One line, whole, however many processes write."""
    with open(os.environ["COPYIST_MARKS"], "a") as file:  # noqa: PTH123 - one write of O_APPEND
        file.write(line + "\n")


def enough(marks: Path) -> Path:
    """The file beside the marks that lets the slow stage end before its time."""
    return marks.with_suffix(".enough")


_SECONDS = Option("seconds", 20.0, "How long", maximum=600)


@stage(weight=10, options=(_SECONDS,), label="Working slowly")
def slow(ctx: Context, media: Media) -> Text:
    mark(f"slow {ctx.attempt}")
    began, total = time.monotonic(), float(ctx.options["seconds"])
    stop = enough(Path(os.environ["COPYIST_MARKS"]))
    while (passed := time.monotonic() - began) < total and not stop.exists():
        ctx.progress(passed / total, f"{passed:.1f} s")
        time.sleep(0.02)
    mark("slow done")
    return Text(media.name)


@stage(weight=1, options=(Option("word", "after", "Word"),), label="Working after it")
def after(ctx: Context, text: Text) -> After:
    mark("after")
    return After(f"{text.text} {ctx.options['word']}")


@stage(weight=1, queue="gpu", label="On the other cluster")
def elsewhere(ctx: Context, after: After) -> Bound:
    mark(f"elsewhere {os.environ.get('Q_CLUSTER_NAME', 'cpu')}")
    return Bound((len(after.text),))


@stage(options=(Option("holds", False, "Holds the interpreter"),), label="In a model")
def deaf(ctx: Context, media: Media) -> Text:
    """Native code that never asks: with the interpreter free, as models run, or held."""
    mark(f"deaf {ctx.attempt}")
    (ctypes.PyDLL if ctx.options["holds"] else ctypes.CDLL)(None).sleep(60)
    mark("deaf done")
    return Text("heard nothing")


@stage(label="In another program")
def child(ctx: Context, media: Media) -> Text:
    program = subprocess.Popen(["sleep", "61"])
    mark(f"child {program.pid}")
    program.wait()
    return Text("done")


@stage(label="Decoding")
def decoding(ctx: Context, media: Media) -> Text:
    """Real decoding, again and again."""
    mark("decoding")
    for _ in range(200):
        audio: Audio = decode.run(_Quiet(ctx), media)
        ctx.progress(0.5)
    return Text(str(audio.duration))


class _Quiet:
    """The context of `decode` inside `decoding`: its options, and this step's folder and wish to stop."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.options = {"trim_start": 0.0, "trim_end": 0.0}
        self.folder: Path = ctx.folder

    def progress(self, fraction: float, note: str = "") -> None:
        self._ctx.check()

    def check(self) -> None:
        self._ctx.check()

    def log(self, message: str) -> None: ...

    def warn(self, message: str) -> None: ...


@stage(label="Wanting memory")
def hungry(ctx: Context, media: Media) -> Text:
    mark(f"hungry {ctx.attempt}")
    if ctx.attempt == 1:
        raise MemoryError
    return Text(f"fed at {ctx.attempt}")


@stage(label="Killed by the system")
def killed(ctx: Context, media: Media) -> Text:
    mark(f"killed {ctx.attempt}")
    if ctx.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return Text(f"alive at {ctx.attempt}")


@stage(options=(Option("bad", True, "Bad"),), label="Refusing")
def refuse(ctx: Context, media: Media) -> Text:
    mark("refuse")
    if ctx.options["bad"]:
        raise StageError("This file has no sound in it.", hint="Bring another.")
    return Text("well")


@stage(options=(Option("pieces", 200, "Pieces"),), label="Taking apart")
def leaves(ctx: Context, media: Media) -> tuple[Leaf, ...]:
    return tuple(Leaf(i) for i in range(int(ctx.options["pieces"])))


@stage(each=True, label="Looking at a piece")
def look(ctx: Context, leaf: Leaf) -> Seen:
    mark(f"look {leaf.number}")
    return Seen(leaf.number)


@stage(label="Binding")
def bind(ctx: Context, seen: tuple[Seen, ...]) -> Bound:
    mark("bind")
    return Bound(tuple(s.number for s in seen))


@stage(each=True, label="Reading a book")
def read_book(ctx: Context, book: Media) -> Text:
    mark(f"read {book.name}")
    return Text(book.name)


@stage(label="Making a set")
def make_set(ctx: Context, books: tuple[Text, ...]) -> After:
    mark("set " + "+".join(book.text for book in books))
    return After("+".join(book.text for book in books))


@stage(label="Piece by piece")
def pieces(ctx: Context, media: Media) -> Text:
    """Four pieces, each filed; the first attempt of all breaks at the third."""
    there = ctx.partials()
    for number in range(4):
        if f"piece {number}" in there:
            continue
        if number == 2 and not there:
            raise StageError("Interrupted.", permanent=False)
        mark(f"piece {number}")
        ctx.partial(f"piece {number}", Text(f"piece {number}"))
    return Text(" ".join(sorted(ctx.partials())))


def recipe(name: str, *stages: object, given: tuple[object, ...] = (Media,)) -> Recipe:
    return Recipe(name, name.capitalize(), given=given, stages=stages, accepts=("audio", "video"))  # type: ignore[arg-type]


RECIPES = (
    recipe("slow", slow, after),
    recipe("elsewhere", slow, after, elsewhere),
    recipe("deaf", deaf),
    recipe("child", child),
    recipe("decoding", decoding),
    recipe("hungry", hungry),
    recipe("killed", killed),
    recipe("refuse", refuse),
    recipe("leaves", leaves, look, bind),
    recipe("books", read_book, make_set, given=(tuple[Media, ...],)),
    recipe("pieces", pieces),
)
