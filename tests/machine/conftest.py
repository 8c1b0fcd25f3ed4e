"""Both shapes of deployment, each set up once; every test here runs in both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.machine.room import Room, many_machines, missing_services, one_machine


@pytest.fixture(scope="session", params=["one", "many"])
def deployment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp(f"machine-{request.param}")
    if request.param == "many":
        if why := missing_services():
            pytest.skip(f"PostgreSQL + Redis + S3 are NOT tested here: {why}")
        with many_machines(folder) as room:
            yield room
    else:
        with one_machine(folder) as room:
            yield room


@pytest.fixture
def room(deployment: Room) -> Iterator[Room]:
    """The deployment with empty marks. What a test leaves running is told to stop."""
    deployment.forget_marks()
    yield deployment
    if deployment.driver.poll() is not None:
        pytest.fail(f"the driver died\n{deployment.logs()}")
