"""Processes that add revisions to one score at the same time never share a number and lose none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SETUP = """
import django; django.setup()
from accounts.services import make_person
from notation.services import create_score
from projects.services import create_project
ada = make_person("ada@example.org", password="correct horse", name="Ada")
print(create_score(create_project(ada, title="P"), title="S", document=b"<a/>", reason="Made").pk)
"""
WRITE = """
import sys, django; django.setup()
from notation.models import Score
from notation.services import add_revision
score = Score.objects.get(pk=int(sys.argv[1]))
for i in range(10):
    add_revision(score, document=f"<{sys.argv[2]}{i}/>".encode(), reason="Raced")
"""
READ = """
import sys, django; django.setup()
from notation.models import Revision
print(*Revision.objects.filter(score=int(sys.argv[1])).order_by("number").values_list("number", flat=True))
"""


def test_four_writers_of_ten_revisions_each(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    env = clean | {"DJANGO_SETTINGS_MODULE": "config.settings", "COPYIST_DATA": str(tmp_path), "LOG_LEVEL": "ERROR"}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=env, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    run("manage.py", "migrate", "-v0")
    score = run("-c", SETUP).splitlines()[-1]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITE, score, name], cwd=ROOT, env=env, stderr=subprocess.PIPE)
        for name in ("a", "b", "c", "d")
    ]
    for writer in writers:
        _, error = writer.communicate(timeout=120)
        assert writer.returncode == 0, error.decode()
    assert [int(n) for n in run("-c", READ, score).split()] == list(range(1, 42))
