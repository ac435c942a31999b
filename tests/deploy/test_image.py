"""The image, as far as it can be tried without a builder: its steps read, its files put together, its commands run."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.dockerfile import Stage, command, context, stages
from tests.support.live_site import free_port
from tests.support.worker_process import process_environment, wait_until

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "APP_ENV": "production", "SECRET_KEY": "k" * 40, "PUBLIC_URL": "https://app.example.com", "SMS_GATEWAY": "vonage",
    "VONAGE_APPLICATION_ID": "an-id", "VONAGE_PRIVATE_KEY": "read by the worker only", "VONAGE_SENDER": "Acme",
    "MAIL_GATEWAY": "smtp", "SMTP_URL": "smtps://relay:pass@mail.example.com",
}  # fmt: skip


@pytest.fixture(scope="module")
def built() -> list[Stage]:
    return stages((ROOT / "Dockerfile").read_text())


def test_what_is_only_needed_to_build_stays_in_a_stage_of_its_own(built: list[Stage]) -> None:
    packages, site = built
    assert site.name == "site"
    assert not any("pip" in step for step in site.of("RUN"))
    (install,) = [step for step in packages.of("RUN") if '"install"' in step]
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(command(install))


@pytest.mark.asvs("13.2.2")
def test_the_process_is_not_root_and_its_code_is_not_its_own(built: list[Stage]) -> None:
    site = built[-1]
    names = [name for name, _ in site.steps]
    (user,) = site.of("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert names.index("USER") < names.index("CMD")
    assert "COPY" not in names[names.index("USER") :]
    assert not any("--chown" in step for step in site.of("COPY"))
    assert site.of("ADD") == []


def test_no_shell_reads_any_step(built: list[Stage]) -> None:
    steps = [rest for stage in built for name, rest in stage.steps if name in {"RUN", "CMD", "HEALTHCHECK"}]
    assert all(command(rest) for rest in steps)
    with pytest.raises(ValueError, match="substring not found"):
        command("python -m gunicorn")


@pytest.mark.asvs("13.3.1")
def test_no_setting_of_a_site_is_baked_in(built: list[Stage]) -> None:
    said = " ".join(step for stage in built for step in stage.of("ENV") + stage.of("ARG"))
    names = set(re.findall(r"([A-Z_]+)=", said))
    assert names <= {
        "APP_ENV", "INSTANCE_PATH", "PATH", "PYTHON", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE",
        "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_CACHE_DIR", "PIP_ROOT_USER_ACTION",
    }  # fmt: skip


@contextmanager
def web(folder: Path, instance: Path, built: list[Stage]) -> Iterator[dict[str, str]]:
    """The image's CMD, in the image's files, on a port of this test."""
    port = free_port()
    program, *arguments = command(built[-1].of("CMD")[0])
    assert "--bind=0.0.0.0:8000" in arguments
    arguments = [one.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for one in arguments]
    seen = process_environment(
        PRODUCTION
        | {"INSTANCE_PATH": str(instance), "PYTHONDONTWRITEBYTECODE": "1", "HEALTH_PORT": str(port)}
    )
    with (instance.parent / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", program, *arguments], cwd=folder, env=seen, stdout=log, stderr=log
        )
    try:
        yield seen
    finally:
        process.terminate()
        process.wait(30)


def test_its_files_are_all_that_the_site_needs_and_nothing_is_written_beside_them(
    built: list[Stage], tmp_path: Path
) -> None:
    folder, instance = tmp_path / "srv", tmp_path / "instance"
    sent = context((ROOT / ".dockerignore").read_text(), folder)
    tops = {path.split("/")[0] for path in sent}
    assert {"app.py", "templates", "migrations", "requirements.txt"} <= tops
    assert tops.isdisjoint({"tests", "docs", "benchmarks", "scripts", "Makefile", ".env.example", ".git"})
    compiled = [one for one in map(command, built[-1].of("RUN")) if "compileall" in one]
    subprocess.run([sys.executable, *compiled[0][1:]], cwd=folder, check=True)
    before = sorted(path.as_posix() for path in folder.rglob("*"))

    health = [sys.executable, *command(built[-1].of("HEALTHCHECK")[0])[1:]]
    with web(folder, instance, built) as seen:

        def ask(*path: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [*health, *path], cwd=folder, env=seen, capture_output=True, text=True, check=False
            )

        assert ask().returncode == 1  # nobody listens yet
        wait_until(lambda: ask().returncode == 0, 60)
        assert "alive" in ask().stdout
        ready = ask("/readyz")
        assert (ready.returncode, "run: flask db upgrade" in ready.stdout) == (1, True)
    assert sorted(path.as_posix() for path in folder.rglob("*")) == before
