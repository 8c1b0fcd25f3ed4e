"""Steps follow each other: one per item, kept pieces, only what is downstream, made again where damaged."""

from __future__ import annotations

import pytest

from tests.machine.room import Room


def test_a_stage_for_each_source_makes_a_step_for_each(room: Room) -> None:
    room.crew()
    pk = room.start("books", sources=3)
    ended = room.ended(pk)
    assert ended["state"] == "done"
    assert [(s["stage"], s["index"]) for s in ended["steps"]] == [
        ("read_book", 0), ("read_book", 1), ("read_book", 2), ("make_set", 0)
    ]  # fmt: skip
    names = [mark.split()[1] for mark in sorted(room.marks("read"))]
    assert len(names) == 3
    assert room.marks("set") == ["set " + "+".join(names)], "in the order of the sources"


@pytest.mark.parametrize("pieces", [0, 1, 5])
def test_a_stage_for_each_piece_waits_for_their_number(room: Room, pieces: int) -> None:
    room.crew()
    pk = room.start("leaves", options={"leaves.pieces": pieces})
    ended = room.ended(pk)
    assert ended["state"] == "done"
    assert sum(s["stage"] == "look" for s in ended["steps"]) == pieces
    numbers = ", ".join(map(str, range(pieces))) + ("," if pieces == 1 else "")
    assert room.ask("value", pk=pk, stage="bind") == f"Bound(numbers=({numbers}))"


def test_partial_results_are_there_at_once_and_kept_by_a_retry(room: Room) -> None:
    room.crew()
    pk = room.start("pieces")
    assert room.ended(pk)["state"] == "failed"
    assert room.ask("partials", pk=pk, stage="pieces") == ["piece 0", "piece 1"]
    assert room.ask("retry", pk=pk) == ""
    assert room.ended(pk)["state"] == "done"
    assert room.marks("piece") == ["piece 0", "piece 1", "piece 2", "piece 3"], "none was made twice"


def test_a_changed_option_runs_only_what_lies_downstream(room: Room) -> None:
    room.crew()
    pk = room.start("slow", options={"slow.seconds": 0.1})
    room.ended(pk)
    again = room.ask("change", pk=pk, options={"after.word": "later"})
    ended = room.ended(again)
    assert [(s["stage"], s["cached"]) for s in ended["steps"]] == [("slow", True), ("after", False)]
    assert room.marks("slow done") == ["slow done"]
    assert "later" in room.ask("value", pk=again, stage="after")


def test_a_permanent_failure_is_retried_only_with_another_option(room: Room) -> None:
    room.crew()
    pk = room.start("refuse")
    ended = room.ended(pk)
    assert (ended["state"], ended["problem"]) == ("failed", "This file has no sound in it.")
    assert "would fail again" in room.ask("retry", pk=pk)
    assert room.ask("retry", pk=pk, options={"refuse.bad": False}) == ""
    assert room.ended(pk)["state"] == "done"


def test_a_damaged_artefact_is_made_again(room: Room) -> None:
    room.crew()
    pk = room.start("slow", options={"slow.seconds": 0.1})
    room.ended(pk)
    room.ask("damage", pk=pk, stage="slow")
    again = room.ask("change", pk=pk, options={"after.word": "again"})
    ended = room.ended(again)
    assert ended["state"] == "done"
    assert len(room.marks("slow done")) == 2
    assert "An earlier result was damaged and is made again" in ended["log"]


def test_every_queue_has_its_cluster(room: Room) -> None:
    room.crew()
    pk = room.start("elsewhere", options={"slow.seconds": 0.1})
    assert room.ended(pk)["state"] == "done"
    assert room.marks("elsewhere") == [f"elsewhere {room.clusters[-1]}"]


def test_retry_after_cancel_keeps_what_was_finished(room: Room) -> None:
    room.crew()
    pk = room.start("elsewhere", options={"slow.seconds": 0.3})
    room.running(pk, "slow")
    room.ask("cancel", pk=pk)
    assert room.ended(pk)["state"] == "cancelled"
    assert room.ask("retry", pk=pk) == ""
    assert room.ended(pk)["state"] == "done"
