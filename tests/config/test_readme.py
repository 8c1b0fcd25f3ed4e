"""The README names every environment variable that is read, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
INTERNAL = {"COPYIST_TESTING"}


def test_every_variable_is_explained_and_every_explained_one_is_read() -> None:
    source = "".join(path.read_text() for path in (ROOT / "config").glob("*.py"))
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z0-9_]+)"', source)) - INTERNAL
    rows = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `")]
    explained = {name for row in rows for name in re.findall(r"`([A-Z0-9_]+)`", row)}
    assert explained == read


def test_every_folder_of_the_map_is_there() -> None:
    for name in re.findall(r"^    +([a-z]+)/ ", README, re.MULTILINE):
        assert any(path.is_dir() for path in (ROOT / name, ROOT / "notation" / name, ROOT / "media_pipeline" / name)), (
            name
        )


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / path).is_file() for path in pictures)


def test_every_command_exists() -> None:
    commands = {path.stem for path in ROOT.glob("*/management/commands/*.py")} | {"createsuperuser", "check"}
    for name in re.findall(r"manage\.py ([a-z_]+)", README):
        assert name in commands, name
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in re.findall(r"(?:`|^    )make ([a-z]+)", README, re.MULTILINE):
        assert name in targets, name
