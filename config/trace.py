"""What the lines of the log are about: the trace id of a request or job, and its job, step and user.

    with about(trace=job.trace.hex, job=job.pk, step=step.pk, user=job.owner_id):
        log.info("decode started")            # …  job=7 step=31 user=2 trace=4b1c…

Follows the code into threads of asgiref and into coroutines. Like config/env.py it knows nothing of ours, and any app
may import it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Value = str | int | None | Callable[[], str | int | None]  # a function is asked when a line is written

NAMES = ("job", "step", "user", "trace")
_about: ContextVar[dict[str, Value]] = ContextVar("about", default={})  # noqa: B039 - never changed in place


@contextmanager
def about(**values: Value) -> Iterator[None]:
    """Add to what the lines inside are about. Unknown names are a TypeError."""
    if unknown := values.keys() - set(NAMES):
        raise TypeError(f"Not one of {NAMES}: {unknown}")
    token = _about.set({**_about.get(), **values})
    try:
        yield
    finally:
        _about.reset(token)


def facts() -> dict[str, str | int]:
    """What is known here and now, in the order of NAMES, without what is empty."""
    known = _about.get()
    values = {name: value() if callable(value := known.get(name)) else value for name in NAMES}
    return {name: value for name, value in values.items() if value not in (None, "")}
