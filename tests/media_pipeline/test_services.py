"""Jobs from start to end, with a worker that is a call."""

from __future__ import annotations

import errno
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.quota import limits
from media_pipeline import services, store, sweep
from media_pipeline.errors import JobError
from media_pipeline.models import Artifact, Job, Speed, Step, Worker
from projects.models import Project, Source
from tests.cast import Cast, bring, pdf, wav
from tests.media_pipeline.conftest import Start, Work

QUICK = {"slow.seconds": 0.01}


def again(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def test_a_job_runs_to_its_end(start: Start, work: Work) -> None:
    job = start("slow", QUICK)
    assert work() == 2
    assert again(job).state == "done"
    assert again(job).finished_at is not None


def test_starting_rings_once_the_transaction_has_ended(start: Start, no_bells: list[str]) -> None:
    start("slow", QUICK)
    assert no_bells == ["cpu"]


def test_the_same_again_is_done_at_once(start: Start, work: Work, source: Source, people: Cast) -> None:
    def begin() -> Job:
        return services.start_job(
            people.ada, project=source.project, recipe="slow", sources=[source], options={**QUICK}
        )

    begin()
    work()
    second = begin()
    assert again(second).state == "done"
    assert all(step.cached for step in second.steps.all())


def test_somebody_elses_results_are_not_mine(start: Start, work: Work, people: Cast) -> None:
    data = wav(0.3)
    for who in (people.ada, people.ben):
        project = Project.objects.create(owner=who, title="Same")
        same = bring(project, name="same.wav", data=data)
        job = services.start_job(who, project=project, recipe="slow", sources=[same], options=QUICK)
        assert not any(step.cached for step in job.steps.all())
        work()


@pytest.mark.parametrize(
    ("recipe", "options", "says"),
    [
        ("nothing", {}, "no job of the kind"),
        ("slow", {"slow.colour": 1}, "no option"),
        ("slow", {"slow.seconds": 1e9}, "at most 600"),
    ],
)
def test_what_cannot_start_is_refused_in_words(
    source: Source, people: Cast, recipe: str, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(JobError, match=says):
        services.start_job(people.ada, project=source.project, recipe=recipe, sources=[source], options=options)
    assert not Job.objects.exists()


def test_a_recipe_takes_what_it_accepts(project: Project, people: Cast) -> None:
    paper = bring(project, name="page.pdf", data=pdf(1))
    with pytest.raises(JobError, match=r"cannot be made from “page\.pdf”"):
        services.start_job(people.ada, project=project, recipe="slow", sources=[paper])


def test_a_file_of_another_project_is_refused(source: Source, people: Cast) -> None:
    other = Project.objects.create(owner=people.ada, title="Other")
    with pytest.raises(JobError, match="another project"):
        services.start_job(people.ada, project=other, recipe="slow", sources=[source])


def test_too_many_waiting_are_refused_until_some_have_ended(start: Start, people: Cast, source: Source) -> None:
    Job.objects.bulk_create(
        Job(owner=people.ada, project=source.project, recipe="slow") for _ in range(limits(people.ada).jobs_waiting)
    )
    with pytest.raises(JobError, match="are waiting already"):
        start("slow")


def test_a_failure_has_a_sentence_and_harms_nothing_else(start: Start, work: Work) -> None:
    job = start("refuse")
    work()
    failed = again(job)
    assert (failed.state, failed.problem, failed.hint) == ("failed", "This file has no sound in it.", "Bring another.")
    assert failed.permanent
    assert Source.objects.filter(jobs=job).exists()


def test_a_bug_is_not_the_users_fault(start: Start, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("media_pipeline.runner.call", broken)
    job = start("refuse")
    work()
    failed = again(job)
    assert "it is not your fault" in failed.problem
    assert not failed.permanent
    assert "ZeroDivisionError" in Step.objects.get(job=job).error


def test_out_of_memory_three_times_is_named(start: Start, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(*_: Any, **__: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("media_pipeline.runner.call", hungry)
    job = start("refuse")
    assert work() == 3
    assert "more memory than there is" in again(job).problem


def test_a_full_disk_is_named_and_leaves_nothing_behind(
    start: Start, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    job = start("slow", QUICK)
    with monkeypatch.context() as patched:
        patched.setattr("media_pipeline.codec.write", full)
        work()
    failed = again(job)
    assert "no room left" in failed.problem
    assert not failed.permanent
    assert not Artifact.objects.exists()
    services.retry_job(failed)
    work()
    assert again(job).state == "done"


def test_cancel_before_it_began(start: Start, work: Work) -> None:
    job = services.cancel_job(start("slow"))
    assert job.state == "cancelled"
    assert work() == 0


def test_cancel_twice_is_as_good_as_once(start: Start) -> None:
    job = services.cancel_job(start("slow"))
    assert services.cancel_job(job).state == "cancelled"


def test_a_running_job_cannot_be_retried(start: Start) -> None:
    with pytest.raises(JobError, match="failed or was cancelled"):
        services.retry_job(start("slow"))


def test_a_lost_lease_is_taken_back_and_given_up_after_three(start: Start, work: Work) -> None:
    job = start("slow")
    for _ in range(3):
        step = Step.claim(["cpu"], worker="gone:1:1")
        assert step is not None
        assert sweep.sweep() == 0, "its lease still runs"
        Step.objects.filter(pk=step.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert sweep.sweep() == 1
    failed = again(job)
    assert failed.state == "failed"
    assert "interrupted 3 times at “Working slowly”" in failed.problem
    assert not failed.permanent


def test_an_unheard_bell_is_rung_again(start: Start, no_bells: list[str]) -> None:
    job = start("slow")
    no_bells.clear()
    sweep.sweep()
    assert no_bells == []
    Step.objects.filter(job=job, state="ready").update(ready_at=timezone.now() - timedelta(seconds=10))
    sweep.sweep()
    assert no_bells == ["cpu"]


def test_every_visible_change_is_a_new_version(start: Start, work: Work) -> None:
    job = start("slow", QUICK)
    versions = [again(job).version]
    for _ in range(2):
        work(most=1)
        versions.append(again(job).version)
    assert versions == sorted(set(versions))


def test_how_long_stages_take_is_learnt(start: Start, work: Work) -> None:
    start("slow", {"slow.seconds": 0.2})
    work()
    speed = Speed.objects.get(stage="slow")
    assert speed.runs == 1
    assert speed.seconds_per_second > 0


def test_old_artefacts_go_but_never_those_of_work_under_way(start: Start, work: Work) -> None:
    kept, gone = start("slow", QUICK), start("slow", QUICK)
    work(most=2)
    work(most=100)
    Job.objects.filter(pk=kept.pk).update(state="running")
    Artifact.objects.update(used_at=timezone.now() - timedelta(days=40))
    files = {a.key: store.disk_root() / store.place_of(a.owner_id, a.key) for a in Artifact.objects.all()}  # type: ignore[operator]
    assert sweep.clean_up() == 2
    left = set(Artifact.objects.values_list("key", flat=True))
    assert left == {step.key for step in kept.steps.all()}
    assert {key for key, folder in files.items() if folder.exists()} == left
    assert gone.pk


def test_a_worker_that_is_gone_is_forgotten(people: Cast) -> None:
    Worker.objects.create(name="old:1", queues="cpu", seen_at=timezone.now() - timedelta(hours=1))
    Worker.objects.create(name="new:1", queues="cpu", seen_at=timezone.now())
    sweep.clean_up()
    assert list(Worker.objects.values_list("name", flat=True)) == ["new:1"]


def test_a_trashed_project_stops_its_jobs(start: Start) -> None:
    from projects.services import trash_project

    job = start("slow")
    trash_project(job.project)
    assert again(job).state == "cancelled"


def test_a_purged_project_takes_its_artefacts_along_but_not_anothers(source: Source, work: Work, people: Cast) -> None:
    from projects.services import purge_project

    other = Project.objects.create(owner=people.ada, title="Other")
    same = bring(other, name=source.name, data=wav(0.5))
    alone = bring(source.project, name="alone.wav", data=wav(0.7))
    for row in (source, same, alone):
        services.start_job(people.ada, project=row.project, recipe="slow", sources=[row], options=QUICK)
    work()
    assert Artifact.objects.count() == 4
    purge_project(source.project)
    assert set(Artifact.objects.values_list("key", flat=True)) == set(Step.objects.values_list("key", flat=True))
    assert Artifact.objects.count() == 2


def test_an_account_takes_its_artefacts_along(start: Start, work: Work, people: Cast) -> None:
    from accounts.services import delete_person

    start("slow", QUICK)
    work()
    folders = [store.disk_root() / store.place_of(a.owner_id, a.key) for a in Artifact.objects.all()]  # type: ignore[operator]
    assert all(folder.exists() for folder in folders)
    delete_person(people.ada)
    assert not Job.objects.exists()
    assert not any(folder.exists() for folder in folders)


@pytest.mark.parametrize(("wants", "minutes", "letters"), [(True, 5, 1), (True, 0, 0), (False, 5, 0)])
def test_a_long_job_is_told_by_mail_to_who_wants_it(
    start: Start, work: Work, people: Cast, mailoutbox: list[Any], wants: bool, minutes: int, letters: int
) -> None:
    from accounts.models import Preferences

    Preferences.objects.update_or_create(user=people.ada, defaults={"email_notices": wants})
    job = start("slow", QUICK)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=minutes))
    work()
    assert len(mailoutbox) == letters
    if letters:
        assert "is ready" in mailoutbox[0].subject
        assert mailoutbox[0].to == [people.ada.email]
