"""A derived part that is made again: what the rule makes now is a revision, and with her changes in it the next one.

made_again(score, document=…, options=…, …)     as long as the rule makes the same, the part stays as it is
as_made(revision), derived_revision(score)      which revisions are a rule's
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from notation import services
from notation.facts import facts
from notation.models import Revision, Score
from notation.musicxml import NotationError, tree
from notation.musicxml.read import read
from notation.score.merge import Lost, Merged, merge
from notation.words import bars_named

AGAIN, KEPT = "Derived again", "Your changes kept"


def as_made(revision: Revision) -> bool:
    """Whether a rule made just this document. Options go with what is changed later, so they alone do not say."""
    told = revision.options.get("derived")
    return isinstance(told, Mapping) and told.get("document") == revision.sha256


def derived_revision(score: Score) -> Revision | None:
    """What a rule made that the newest state came from; where that does not say, the newest that a rule made."""
    known = score.revisions.filter(options__has_key="derived").defer("reading", "sync").order_by("-number")
    made = [revision for revision in known if as_made(revision)]
    latest = score.latest
    digest = (latest.options.get("derived") or {}).get("document") if latest is not None else None
    return next((revision for revision in made if revision.sha256 == digest), made[0] if made else None)


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
        notices=[] if kept else notices,
    )  # fmt: skip
    if merged is None or not kept:
        return
    guessed = {bar for bar, (how, *_) in enumerate(options["derived"]["origins"]) if how == "guessed"}
    services.add_revision(
        score, document=tree.to_bytes(merged.root), reason=_kept(merged), author=author, options=options,
        summary={**facts(merged.root), "doubtful": len(guessed | set(merged.both))}, notices=notices,
    )  # fmt: skip


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
