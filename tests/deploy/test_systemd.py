"""The units of systemd: hardened alike, and naming what there is."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from settings_schema import Settings

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy/systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
ANALYZE = shutil.which("systemd-analyze")

#: What each service must say, since a process of the site needs none of what these take away.
HARDENED = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes",
    "PrivateDevices": "yes", "CapabilityBoundingSet": "", "MemoryDenyWriteExecute": "yes", "UMask": "0077",
    "SystemCallFilter": "~@privileged @resources", "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes", "ProtectProc": "invisible", "StateDirectoryMode": "0700", "User": "countersign",
}  # fmt: skip


def told(name: str) -> dict[str, str]:
    """Each directive with its last value."""
    return dict(re.findall(r"^(\w+)=(.*)$", (UNITS / name).read_text(), re.MULTILINE))


def test_there_are_units_for_web_worker_and_cleaning() -> None:
    assert SERVICES == ["countersign-purge.service", "countersign-web.service", "countersign-worker.service"]
    assert "OnCalendar" in told("countersign-purge.timer")


@pytest.mark.asvs("13.2.2")
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_nothing_that_it_needs_not(name: str) -> None:
    said = told(name)
    assert {directive: said.get(directive) for directive in HARDENED} == HARDENED


@pytest.mark.asvs("13.3.1")
def test_secrets_are_named_by_file_and_the_files_are_of_settings_that_exist() -> None:
    lines = (UNITS / "secrets.env").read_text().splitlines()
    names = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert all(name.endswith("_FILE") for name in names)
    known = {name.upper() for name in Settings.model_fields}
    assert {name.removesuffix("_FILE") for name in names} <= known
    for name in SERVICES:
        assert "LoadCredential" not in told(name)
        assert re.findall(r"^EnvironmentFile=(.*)$", (UNITS / name).read_text(), re.MULTILINE) == [
            "/etc/countersign/site.env", "/etc/countersign/secrets.env",
        ]  # fmt: skip


def test_each_service_is_stopped_no_sooner_than_it_ends_by_itself() -> None:
    for name in ("countersign-web.service", "countersign-worker.service"):
        assert int(told(name)["TimeoutStopSec"]) > 30  # gunicorn's graceful time-out; a worker takes 25


def test_commands_are_run_as_the_site_and_the_schema_is_changed_as_its_owner(tmp_path: Path) -> None:
    """What the script would have systemd run, by a program that prints it."""
    (tmp_path / "systemd-run").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "systemd-run").chmod(0o755)

    def run(*arguments: str) -> list[str]:
        done = subprocess.run(
            ["sh", UNITS / "countersign", *arguments],
            env={"PATH": f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    asked = run("create-owner", "--account", "Acme & Sons")
    assert asked[-3:] == ["create-owner", "--account", "Acme & Sons"]
    assert {"--pipe", "--property=User=countersign"} <= set(asked)
    owner = "--property=EnvironmentFile=-/etc/countersign/owner.env"
    assert owner not in asked
    assert owner in run("db", "upgrade")


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze here")
def test_systemd_takes_the_units_and_finds_little_that_they_could_give_up() -> None:
    assert ANALYZE
    verified = subprocess.run(
        [ANALYZE, "verify", *sorted(UNITS.glob("*.service")), *sorted(UNITS.glob("*.timer"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    faults = [line for line in verified.stderr.splitlines() if "is not executable" not in line]
    assert faults == []  # the programs are not installed where tests run
    for name in SERVICES:
        said = subprocess.run(
            [ANALYZE, "security", "--offline=true", UNITS / name], capture_output=True, text=True, check=False
        ).stdout
        exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
        assert float(exposure[1]) < 2.0
