"""The image and the compose file, as far as they can be checked without a Docker engine."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("copyist:")}
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
ENTRYPOINT = (DOCKER / "entrypoint.sh").read_text()
BIN = Path(sys.executable).parent


def output(*command: str) -> str:
    run = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert run.returncode == 0, run.stdout
    return run.stdout


# --- linters ----------------------------------------------------------------------------------------------------------


def test_shell_scripts_pass_shellcheck() -> None:
    output("shellcheck", *map(str, DOCKER.glob("*.sh")), ".ci/run")


def test_yaml_passes_yamllint() -> None:
    output(str(BIN / "yamllint"), "--strict", "docker")


def test_the_dockerfile_passes_hadolint() -> None:
    output(str(BIN / "hadolint"), "docker/Dockerfile")


# --- one set of files for container and laptop ------------------------------------------------------------------------


def test_make_run_uses_the_files_of_the_image() -> None:
    planned = output("make", "--dry-run", "--always-make", "run")
    for name in ("entrypoint.sh serve", "install-system-packages.sh run", "install-python-packages.sh"):
        assert f"docker/{name}" in planned
    assert 'ENTRYPOINT ["docker/entrypoint.sh"]' in DOCKERFILE
    assert "docker/install-system-packages.sh run" in DOCKERFILE
    assert "docker/install-python-packages.sh" in DOCKERFILE


def test_whatever_the_image_copies_is_there_and_let_in() -> None:
    let_in = {line[1:] for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"}
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert name == "." or name.split("/")[0] in let_in, name
    packages = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert packages | {"templates", "static", "manage.py", "docker"} <= let_in


def test_secrets_stay_out_of_the_image_and_the_repository() -> None:
    assert "docker/.env" in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    assert output("git", "check-ignore", "docker/.env").strip() == "docker/.env"


def test_locked_versions_are_allowed_and_complete() -> None:
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [line for line in (DOCKER / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    locked = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower(): line.split("==")[1] for line in lines}
    for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        wanted = Requirement(line)
        version = locked[re.sub(r"[-_.]+", "-", wanted.name).lower()]
        assert wanted.specifier.contains(version), line


# --- the image --------------------------------------------------------------------------------------------------------


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
    assert users
    assert users[-1] not in {"root", "0"}


def test_base_images_are_pinned() -> None:
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        assert re.search(r":\d", image), image


# --- compose ----------------------------------------------------------------------------------------------------------


def test_images_are_pinned() -> None:
    for name, service in SERVICES.items():
        assert re.search(r":v?\d+\.\d+", service["image"]), name


def test_every_lasting_part_has_a_probe() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"migrate"}


def test_parts_and_probes_are_known_to_the_entry_point() -> None:
    known = set(re.findall(r"^([a-z]+)\)", ENTRYPOINT, re.MULTILINE))
    for name, service in OURS.items():
        assert service["command"][0] in known, name
        if "healthcheck" in service:
            kind, script, question = service["healthcheck"]["test"]
            assert (kind, script) == ("CMD", "docker/entrypoint.sh")
            assert question in known, name


def test_variables_are_ones_we_read() -> None:
    source = "".join(path.read_text() for path in (ROOT / "config").glob("*.py")) + ENTRYPOINT
    for service in OURS.values():
        for name in service["environment"]:
            assert re.search(rf'"{name}"|\$\{{{name}\b', source), f"nobody reads {name}"


def test_secrets_have_no_default() -> None:
    text = (DOCKER / "compose.yaml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "S3_ACCESS_KEY", "S3_SECRET_KEY"):
        assert not re.search(rf"\$\{{{name}:?-", text)
        assert f"${{{name}:?" in text
        assert re.search(rf"^{name}=$", (DOCKER / "example.env").read_text(), re.MULTILINE)


def test_every_cluster_has_a_worker() -> None:
    queues = OURS["web"]["environment"]["QUEUES"]
    clusters = {pair.split("=")[1] for pair in queues.split(",")}
    served = {service["command"][2] for service in OURS.values() if service["command"][0] == "worker"}
    assert served == clusters


def test_nothing_but_web_listens_outside_and_only_here() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])


def test_data_lies_in_named_volumes() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert used == set(COMPOSE["volumes"])


# --- installing system packages, with a package manager that only notes what it is asked ------------------------------


@pytest.fixture
def fake_apt(tmp_path: Path) -> Path:
    """A PATH in which only poppler-utils is installed and apt-get writes its arguments to `asked`."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "grep", "tr", "id", "mktemp", "rm", "tail", "cat"):
        found = next(Path(folder, name) for folder in ("/usr/bin", "/bin") if Path(folder, name).exists())
        (tools / name).symlink_to(found)
    script(tools / "dpkg-query", 'case "$*" in *poppler-utils*) echo ii;; *) exit 1;; esac')
    script(tools / "id", "echo 0")
    script(tools / "apt-get", f'echo "$@" >>"{tmp_path}/asked"')
    return tools


def script(path: Path, body: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def install(tools: Path, *purposes: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(DOCKER / "install-system-packages.sh"), *purposes],
        env={"PATH": str(tools), **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_only_what_is_missing_is_installed(fake_apt: Path) -> None:
    assert install(fake_apt, "run").returncode == 0
    asked = (fake_apt.parent / "asked").read_text()
    assert "librsvg2-bin" in asked
    assert "poppler-utils" not in asked
    assert "chromium" not in asked


def test_nothing_is_asked_when_nothing_is_missing(fake_apt: Path) -> None:
    script(fake_apt / "dpkg-query", "echo ii")
    run = install(fake_apt, "run", "test")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert not (fake_apt.parent / "asked").exists()


def test_without_the_right_to_install_one_sentence_says_what_will_not_work(fake_apt: Path) -> None:
    script(fake_apt / "id", "echo 1000")
    run = install(fake_apt, "run")
    assert run.returncode == 0
    assert "librsvg2-bin" in run.stderr
    assert "no PDF can be made" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_an_image_without_its_packages_is_not_built(fake_apt: Path) -> None:
    script(fake_apt / "apt-get", "exit 100")
    assert install(fake_apt, "run", MUST="1").returncode == 1


# --- the entry point --------------------------------------------------------------------------------------------------


def test_an_unknown_part_is_explained() -> None:
    run = subprocess.run(["docker/entrypoint.sh", "dance"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "serve [option ...]" in run.stderr
