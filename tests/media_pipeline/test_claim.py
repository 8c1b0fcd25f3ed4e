"""Who gets which step: priority, then turns between people, then age; never two for one, never more than allowed."""

from __future__ import annotations

from accounts.quota import limits
from media_pipeline.models import Job, Step
from tests.cast import Cast
from tests.media_pipeline.conftest import Start


def claim() -> Step:
    step = Step.claim(["cpu"], worker="here:1:1")
    assert step is not None
    return step


def test_nothing_ready_is_none(people: Cast) -> None:
    assert Step.claim(["cpu"], worker="here:1:1") is None


def test_the_oldest_first(start: Start) -> None:
    first, second = start("slow"), start("slow")
    assert [claim().job_id, claim().job_id] == [first.pk, second.pk]


def test_priority_before_age(start: Start) -> None:
    start("slow")
    urgent = start("slow")
    Step.objects.filter(job=urgent).update(priority=5)
    assert claim().job_id == urgent.pk


def test_whoever_has_less_running_is_next(start: Start, people: Cast) -> None:
    start("slow")
    start("slow")
    bens = start("slow", who=people.ben)
    claim()
    assert claim().job_id == bens.pk


def test_only_its_own_queues(start: Start) -> None:
    start("slow")
    assert Step.claim(["gpu"], worker="here:1:1") is None


def test_no_more_jobs_at_once_than_the_role_allows(start: Start, people: Cast) -> None:
    most = limits(people.ada).jobs_at_once
    for _ in range(most + 2):
        start("slow")
    for _ in range(most):
        claim()
    assert Step.claim(["cpu"], worker="here:1:1") is None
    bens = start("slow", who=people.ben)
    assert claim().job_id == bens.pk, "others are not held up"


def test_a_running_job_may_go_on_while_its_owner_has_enough(start: Start, people: Cast) -> None:
    jobs = [start("books", sources=2) for _ in range(limits(people.ada).jobs_at_once + 1)]
    taken = [claim().job_id for _ in range(2 * limits(people.ada).jobs_at_once)]
    assert set(taken) == {job.pk for job in jobs[:-1]}


def test_a_step_is_had_once(start: Start) -> None:
    start("slow")
    step = claim()
    assert Step.claim(["cpu"], worker="here:1:2") is None
    assert (step.state, step.attempts) == ("running", 1)


def test_a_claim_begins_the_job_and_rings(start: Start) -> None:
    job = start("slow")
    before = Job.objects.get(pk=job.pk).version
    claim()
    job.refresh_from_db()
    assert job.state == "running"
    assert job.started_at is not None
    assert job.version > before


def test_a_cancelled_job_is_passed_over(start: Start) -> None:
    from media_pipeline.services import cancel_job

    cancel_job(start("slow"))
    assert Step.claim(["cpu"], worker="here:1:1") is None


def test_who_lost_the_lease_moves_nothing(start: Start) -> None:
    start("slow")
    step = claim()
    Step.objects.filter(pk=step.pk).update(holder="somebody else")
    assert not Step.move(step.pk, ["running"], "done", held_by=step.holder)
    assert Step.objects.get(pk=step.pk).state == "running"
