"""Workers die, stop and race; jobs do not notice, but for a line in their log."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter

from tests.machine.room import Room, alive
from tests.patience import crowded, until


def test_a_worker_killed_in_mid_step_and_the_job_still_finishes_once(room: Room) -> None:
    room.crew()
    pk = room.start("slow")
    step = room.running(pk, "slow")
    until(lambda: room.step(pk, "slow")["progress"] > 0.01, seconds=20)
    os.kill(step["pid"], signal.SIGKILL)
    room.let_it_end()
    ended = room.ended(pk)
    assert ended["state"] == "done"
    assert room.marks("slow") == ["slow 1", "slow 2", "slow done"]
    assert room.marks("after") == ["after"]
    assert room.step(pk, "slow")["attempts"] == 2
    assert "Its worker process died; another goes on" in ended["log"]


def test_a_whole_machine_lost_and_another_takes_over_when_its_lease_ends(room: Room) -> None:
    room.crew()
    pk = room.start("slow", options={"slow.seconds": 60.0})
    room.running(pk, "slow")
    until(lambda: room.marks("slow"), seconds=10)
    for process in room.crew():
        process.kill_tree()
    pid = room.step(pk, "slow")["pid"]
    until(lambda: not alive(pid), seconds=3)
    room.let_it_end()
    room.crew()  # another machine
    ended = room.ended(pk, seconds=40)
    assert ended["state"] == "done"
    assert room.marks("slow") == ["slow 1", "slow 2", "slow done"]
    assert "Its worker was lost; another goes on" in ended["log"]


def test_told_to_stop_a_step_is_back_in_its_queue_within_a_second(room: Room) -> None:
    crew = room.crew()
    pk = room.start("slow", options={"slow.seconds": 60.0})
    pid = room.running(pk, "slow")["pid"]
    until(lambda: room.marks("slow"), seconds=10)
    told = time.time()
    for process in crew:
        process.tell_to_stop()
    back = until(lambda: (s := room.step(pk, "slow"))["state"] == "ready" and s, seconds=10)
    assert back["ready"] - told < 1.0 * crowded()
    assert back["attempts"] == 0, "a drained attempt does not count"
    for process in crew:
        assert process.stop() == 0
    assert not alive(pid)
    room.let_it_end()
    room.crew()
    assert room.ended(pk)["state"] == "done"


def test_told_to_stop_over_and_over_a_worker_still_ends_well(room: Room) -> None:
    room.dismiss()
    worker = room.worker(room.clusters[-1])
    limit = time.monotonic() + 15 * crowded()
    while not worker.gone and time.monotonic() < limit:
        worker.tell_to_stop()
        time.sleep(0.002)
    assert worker.stop() == 0


def test_told_to_stop_a_deaf_step_is_back_within_a_second_too(room: Room) -> None:
    crew = room.crew()
    pk = room.start("deaf")
    until(lambda: room.marks("deaf"), seconds=20)
    pid = room.running(pk, "deaf")["pid"]
    told = time.time()
    for process in crew:
        process.tell_to_stop()
    back = until(lambda: (s := room.step(pk, "deaf"))["state"] == "ready" and s, seconds=10)
    assert back["ready"] - told < 1.0 * crowded()
    for process in crew:
        process.stop()
    assert not alive(pid)
    room.ask("cancel", pk=pk)


def test_two_workers_race_for_200_steps_and_none_runs_twice(room: Room) -> None:
    room.crew()
    second = room.worker("cpu")
    pk = room.start("leaves")
    ended = room.done(pk, seconds=90)
    ran = Counter(room.marks("look"))
    assert len(ran) == 200
    assert set(ran.values()) == {1}
    assert room.marks("bind") == ["bind"]
    rooms = {step["worker"].rpartition(":")[0] for step in ended["steps"] if step["stage"] == "look"}
    assert len(rooms) == 2, "both workers took part"
    second.stop()


def test_out_of_memory_is_tried_again_in_smaller_pieces(room: Room) -> None:
    room.crew()
    pk = room.start("hungry")
    ended = room.ended(pk)
    assert ended["state"] == "done"
    assert room.marks() == ["hungry 1", "hungry 2"]
    assert "Out of memory; trying again in smaller pieces" in ended["log"]


def test_killed_by_the_system_is_tried_again_as_a_second_attempt(room: Room) -> None:
    room.crew()
    pk = room.start("killed")
    assert room.ended(pk)["state"] == "done"
    assert room.ask("value", pk=pk, stage="killed") == "Text(text='alive at 2')"


def test_two_people_take_turns(room: Room) -> None:
    """Ben's one job does not wait for all of Ann's."""
    room.dismiss()
    ann, ben = room.person(), room.person()
    hers = [room.start("slow", who=ann, options={"slow.seconds": 0.5 + i / 10}) for i in range(4)]
    his = room.start("slow", who=ben, options={"slow.seconds": 0.5})
    room.crew()
    ends = sorted(room.ended(pk)["ended"] for pk in hers)
    assert room.ended(his)["ended"] < ends[2]
