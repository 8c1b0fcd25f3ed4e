"""A machine room in this process: recipes of the machine tests, a project of Ada's, and a worker that is a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from media_pipeline.recipes import RECIPES
from tests.cast import Cast, bring, wav

if TYPE_CHECKING:  # this file is read before Django is set up
    from accounts.models import User
    from media_pipeline.models import Job
    from projects.models import Project, Source

Work = Callable[..., int]
Start = Callable[..., "Job"]


@pytest.fixture(autouse=True)
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "marks.txt"
    path.touch()
    monkeypatch.setenv("COPYIST_MARKS", str(path))
    return path


@pytest.fixture(autouse=True)
def _nobody_is_deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages run in this very process, and a heart must not end it where the machine is slow."""
    monkeypatch.setattr("media_pipeline.heart.CANCEL_GRACE", 600.0)


@pytest.fixture(autouse=True)
def _recipes() -> Iterator[None]:
    from tests.machine import recipes

    before = dict(RECIPES)
    RECIPES.update({recipe.name: recipe for recipe in recipes.RECIPES})
    yield
    RECIPES.clear()
    RECIPES.update(before)


@pytest.fixture
def no_bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Rings are counted, not sent."""
    rung: list[str] = []
    monkeypatch.setattr("media_pipeline.tasks.ring_cluster", rung.append)
    return rung


@pytest.fixture
def people(transactional_db: None, no_bells: list[str]) -> Cast:
    from tests.cast import make_cast

    return make_cast()


@pytest.fixture
def project(people: Cast) -> Project:
    from projects.models import Project

    return Project.objects.create(owner=people.ada, title="Songs")


@pytest.fixture
def source(project: Project) -> Source:
    made: Source = bring(project, name="song.wav", data=wav(0.5))
    return made


@pytest.fixture
def start(people: Cast) -> Start:
    """start("slow", {"slow.seconds": 0}) -> a job of Ada's, or of `who`, about a new recording."""
    from media_pipeline.services import start_job
    from projects.models import Project

    count = iter(range(1000))

    def start(recipe: str, options: dict[str, Any] | None = None, *, who: User | None = None, sources: int = 1) -> Job:
        owner = who or people.ada
        project, _ = Project.objects.get_or_create(owner=owner, title="Songs")
        rows = [
            bring(project, name=f"song {next(count)}.wav", data=wav(0.1 + next(count) / 100)) for _ in range(sources)
        ]
        return start_job(owner, project=project, recipe=recipe, sources=rows, options=options or {})

    return start


@pytest.fixture
def work() -> Work:
    """Do what a worker does until nothing is ready; how many steps were run."""
    from media_pipeline.models import Step
    from media_pipeline.runner import run_step

    def work(*queues: str, most: int = 100) -> int:
        for done in range(most):
            step = Step.claim(queues or ("cpu", "gpu", "export"), worker="here:1:1")
            if step is None:
                return done
            run_step(step)
        return most

    return work
