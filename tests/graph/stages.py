"""Small artefacts and stages that the tests of recipes share."""

from __future__ import annotations

from dataclasses import dataclass

from media_pipeline.context import Context
from media_pipeline.graph import Option, stage


@dataclass(frozen=True)
class File:
    name: str


@dataclass(frozen=True)
class Sound:
    text: str


@dataclass(frozen=True)
class Stems:
    text: str


@dataclass(frozen=True)
class Pulse:
    text: str


@dataclass(frozen=True)
class Chart:
    text: str


@dataclass(frozen=True)
class Page:
    number: int


@dataclass(frozen=True)
class Read:
    text: str


@dataclass(frozen=True)
class Book:
    text: str


@stage(weight=1)
def decode(ctx: Context, file: File) -> Sound:
    return Sound(file.name)


@stage(weight=30, queue="gpu", options=(Option("model", "small", "Model", choices=(("small", "s"), ("big", "b"))),))
def separate(ctx: Context, sound: Sound) -> Stems:
    return Stems(f"{ctx.options['model']} stems of {sound.text}")


@stage(weight=4, options=(Option("factor", 1.0, "Tempo", minimum=0.5, maximum=2),))
def pulse(ctx: Context, sound: Sound) -> Pulse:
    return Pulse(f"pulse of {sound.text}")


@stage(weight=5, version=2)
def chart(ctx: Context, stems: Stems, pulse: Pulse) -> Chart:
    return Chart(f"{stems.text}, {pulse.text}")


@stage(weight=1, options=(Option("pages", 3, "Pages"),))
def pages(ctx: Context, file: File) -> tuple[Page, ...]:
    return tuple(Page(i) for i in range(int(ctx.options["pages"])))


@stage(weight=2, each=True)
def read(ctx: Context, page: Page, file: File) -> Read:
    return Read(f"{file.name}:{page.number}")


@stage(weight=1)
def book(ctx: Context, reads: tuple[Read, ...]) -> Book:
    return Book(" ".join(r.text for r in reads))


@stage(weight=1, each=True)
def read_file(ctx: Context, file: File) -> Read:
    return Read(file.name)
