"""beats: where the pulse lies, which beats begin a bar, and how else one might hear it."""

from __future__ import annotations

from media_pipeline.artifacts import Audio, Beats
from media_pipeline.context import Context
from media_pipeline.engines import choose
from media_pipeline.graph import Option, stage


@stage(
    weight=1.0,
    label="Listening for the beat",
    options=(
        Option(
            "engine", "", "Beat tracker", "Which engine finds the beat; normally the best one here.",
            choices=(("", "best available"), ("pulse", "built in"), ("librosa", "librosa")),
        ),
    ),
)  # fmt: skip
def beats(ctx: Context, audio: Audio) -> Beats:
    """The best reading of the pulse first, then the other tempo octaves and bar lengths."""
    engine = choose("beats", wanted=str(ctx.options.get("engine", "")))
    ctx.engine(f"{engine.name} {engine.version}")
    found: Beats = engine.run(audio.samples, rate=audio.rate, start=audio.start, tick=ctx.progress)
    ctx.log(f"{found.best.bpm:.0f} beats a minute, {found.best.beats_per_bar} to the bar")
    return found
