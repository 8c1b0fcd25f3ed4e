"""A derived part that is made again: what the rule makes now is a revision, and with her changes in it the next one.

made_again(score, document=…, options=…, …)     as long as the rule makes the same, the part stays as it is
as_made(revision), derived_revision(score)      which revisions are a rule's
to_look_at(options)                             the bars of a derived part that are to be looked at, as a reading
as_derived(revision, bar)                       the document with a bar's notes as the rule makes them now
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from lxml import etree

from accounts.models import User
from notation import reading as readings
from notation import services
from notation.facts import facts
from notation.models import Revision, Score
from notation.musicxml import NotationError, tree
from notation.musicxml.read import read
from notation.score.beside import prints
from notation.score.merge import Lost, Merged, merge
from notation.words import bars_named

AGAIN, KEPT = "Derived again", "Your changes kept"
GUESSED = "guessed: notes were moved one by one, or filled in"
BOTH = "changed by you and in the source; what you wrote was kept"


def as_made(revision: Revision) -> bool:
    """Whether a rule made just this document. Options go with what is changed later, so they alone do not say."""
    told = revision.options.get("derived")
    return isinstance(told, Mapping) and told.get("document") == revision.sha256


def derived_revision(score: Score) -> Revision | None:
    """What a rule made that the newest state came from; where that does not say, the newest that a rule made."""
    made = _made(score)
    latest = score.latest
    digest = (latest.options.get("derived") or {}).get("document") if latest is not None else None
    return next((revision for revision in made if revision.sha256 == digest), made[0] if made else None)


def _made(score: Score) -> list[Revision]:
    """All that rules made of it, newest first."""
    known = score.revisions.filter(options__has_key="derived").defer("reading", "sync").order_by("-number")
    return [revision for revision in known if as_made(revision)]


def to_look_at(options: Mapping[str, Any]) -> dict[str, Any]:
    """options: {"derived": …}"""
    return readings.of_no_page(dict.fromkeys(_guessed(options), GUESSED))


def _guessed(options: Mapping[str, Any]) -> list[int]:
    return [bar for bar, (how, *_) in enumerate(options["derived"]["origins"]) if how == "guessed"]


def as_derived(revision: Revision, *, bar: int) -> etree._Element:
    """The document of a newest revision, but for this bar, whose notes are as they are derived now. NotationError."""
    made = _made(revision.score)
    now = derived_revision(revision.score)
    older = (one for one in made if now is not None and one.number < now.number and one.sha256 != now.sha256)
    before = next(older, None)
    hers = read(revision.musicxml())
    if now is not None and before is not None:
        merged = merge(read(before.musicxml()), hers, read(now.musicxml()), given_up=[bar])
        old, new = prints(hers, merged.root)
        if len(old) == len(new) and 0 <= bar < len(new) and old[bar] != new[bar]:
            return merged.root
    raise NotationError("This bar has the notes of the source, or the source has no such bar.")


def made_again(
    score: Score, *, document: bytes, options: Mapping[str, Any], summary: Mapping[str, Any], reason: str,
    author: User | None,
) -> None:  # fmt: skip
    """options: {"derived": …} as notation/score/derived.py has it."""
    latest = score.latest
    hers = latest if latest is not None and not as_made(latest) else None
    made = derived_revision(score) if hers is not None else None
    if made is not None and made.options["derived"] == options["derived"]:
        return
    merged: Merged | None = None
    notices: list[str] = []
    if hers is not None:
        merged = _merged(made, hers, document)
        notices = _told(merged, hers) if merged is not None else [_in_history(hers)]
    kept = merged is not None and merged.has_hers
    services.add_revision(
        score, document=document, reason=f"{AGAIN} {reason}", author=author, options=options, summary=summary,
        notices=[] if kept else notices, reading=to_look_at(options),
    )  # fmt: skip
    if merged is None or not kept or hers is None:
        return
    reading = _to_look_at(merged, hers, guessed=_guessed(options))
    services.add_revision(
        score, document=tree.to_bytes(merged.root), reason=_kept(merged), author=author, options=options,
        summary={**facts(merged.root), "doubtful": len(reading["bars"])}, notices=notices, reading=reading,
    )  # fmt: skip


def _to_look_at(merged: Merged, hers: Revision, *, guessed: Collection[int]) -> dict[str, Any]:
    """Bars that both changed, also before, as long as nobody has looked at them; and what is derived by guessing."""
    before = {doubt.measure for doubt in readings.doubts(hers.reading) if BOTH in doubt.reasons}
    said: dict[int, str] = {}
    for bar, (mine, now) in enumerate(merged.of):
        if bar in merged.both or (bar in merged.kept and mine in before):
            said[bar] = BOTH
        elif now in guessed and bar not in merged.kept:
            said[bar] = GUESSED
    return readings.of_no_page(said)


def _merged(made: Revision | None, hers: Revision, document: bytes) -> Merged | None:
    """None where they cannot be laid beside each other."""
    if made is None:
        return None
    try:
        return merge(read(made.musicxml()), read(hers.musicxml()), read(document))
    except NotationError:
        return None


# --- in words -------------------------------------------------------------------------------------------------------


def _kept(merged: Merged) -> str:
    """ "Your changes kept: bars 3, 7"."""
    said = [bars_named(merged.kept)] if merged.kept else []
    if merged.out:
        said.append(f"bars taken out before {bars_named(merged.out)}")
    return f"{KEPT}: {'; '.join(said)}"


def _in_history(hers: Revision) -> str:
    return f"This part was derived again. As you had changed it before, it is revision {hers.number}."


def _told(merged: Merged, hers: Revision) -> list[str]:
    """What needs a look, and what is only in the history."""
    said = []
    if merged.both:
        bars = bars_named(merged.both)
        said.append(f"Changed by you and in the source: look at {bars}. What you wrote was kept there.")
    return said + [_lost(one, hers) for one in merged.lost]


def _lost(one: Lost, hers: Revision) -> str:
    where = bars_named(range(one.first, one.first + one.count)) if one.count else ""
    if not one.instead:
        return f"Where you changed {where}, the source has no bar any more. As you had it is in revision {hers.number}."
    now = bars_named(range(one.at, one.at + one.instead))
    yours = f", {where}" if where else ""
    return (
        f"In {now} the source has other bars now, so what you changed there was left out. "
        f"As you had it is in revision {hers.number}{yours}."
    )
