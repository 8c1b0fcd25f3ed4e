"""Scores to test with: Ada's project, and a document of two staves whose notes are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.notation.documents import guitar

if TYPE_CHECKING:
    from notation.models import Score
    from projects.models import Project
    from tests.cast import Cast


@pytest.fixture
def project(cast: Cast) -> Project:
    from projects.services import create_project

    return create_project(cast.ada, title="Studies")


@pytest.fixture
def score(project: Project) -> Score:
    from notation.services import create_score

    return create_score(
        project,
        title="Study in C",
        document=guitar(bars=4),
        reason="Transcribed",
        kind="guitar-tab",
        author=project.owner,
        options={"tab.capo": 0},
        sync=[(0, 0, 0.5), (0, 1, 1.0)],
        summary={"key": "C major", "metre": "4/4", "tempo": 96},
        notices=["A draft of everything pitched."],
    )
