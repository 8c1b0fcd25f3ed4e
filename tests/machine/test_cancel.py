"""Cancel stops a job within two seconds, whatever it is doing; the source and everything finished are kept."""

from __future__ import annotations

import pytest

from tests.machine.room import Room, alive
from tests.patience import crowded, until

LIMIT = 2.0  # seconds


def stopped_within(room: Room, pk: int) -> float:
    asked = room.ask("cancel", pk=pk)
    ended = room.ended(pk)
    assert ended["state"] == "cancelled"
    seconds: float = ended["ended"] - asked
    assert seconds < LIMIT * crowded()
    return seconds


def test_a_stage_that_asks(room: Room) -> None:
    room.crew()
    pk = room.start("slow")
    room.running(pk, "slow")
    stopped_within(room, pk)
    assert room.marks("slow done") == []
    assert room.step(pk, "after")["state"] == "cancelled"


def test_while_decoding(room: Room) -> None:
    room.crew()
    pk = room.start("decoding")
    until(lambda: room.step(pk, "decoding")["progress"], seconds=20)
    stopped_within(room, pk)


@pytest.mark.parametrize("holds", [False, True], ids=["interpreter free", "interpreter held"])
def test_in_a_model(room: Room, holds: bool) -> None:
    room.crew()
    pk = room.start("deaf", options={"deaf.holds": holds})
    until(lambda: room.marks("deaf"), seconds=20)
    pid = room.running(pk, "deaf")["pid"]
    stopped_within(room, pk)
    until(lambda: not alive(pid), seconds=2)
    assert room.marks("deaf") == ["deaf 1"]


def test_in_a_child_process(room: Room) -> None:
    room.crew()
    pk = room.start("child")
    mark = until(lambda: room.marks("child"), seconds=20)[0]
    program = int(mark.split()[1])
    assert alive(program)
    stopped_within(room, pk)
    until(lambda: not alive(program), seconds=2)


def test_before_it_began(room: Room) -> None:
    room.dismiss()
    pk = room.start("slow")
    stopped_within(room, pk)
    room.crew()
    other = room.start("refuse", options={"refuse.bad": False})
    room.ended(other)
    assert room.marks("slow") == []


def test_the_cluster_goes_on_after_a_deaf_stage(room: Room) -> None:
    room.crew()
    pk = room.start("deaf")
    until(lambda: room.marks("deaf"), seconds=20)
    stopped_within(room, pk)
    after = room.start("refuse", options={"refuse.bad": False})
    assert room.ended(after)["state"] == "done"
