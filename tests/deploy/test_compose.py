"""compose.yaml: its settings exist, no secret stands in it, and nothing may do more than it needs."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import config
from settings_schema import Settings
from tests.deploy.compose_file import OURS, ROOT, environment, site_env

SETTINGS = {name.upper() for name in Settings.model_fields}
#: Of the programs in the images.
OF_OTHERS = {"WEB_CONCURRENCY"}


def test_every_setting_of_the_operators_files_exists(compose: dict[str, Any]) -> None:
    named = set(site_env())
    for service in OURS:
        named |= {name.removesuffix("_FILE") for name in compose["services"][service]["environment"]}
    assert named - SETTINGS == OF_OTHERS


@pytest.mark.asvs("13.3.1")
def test_every_secret_is_a_file_that_is_made_and_none_has_a_default(
    compose: dict[str, Any], folder: Path
) -> None:
    files = {Path(one["file"]).name for one in compose["secrets"].values()}
    assert files == set(compose["secrets"]) == {path.name for path in folder.iterdir()}
    used = {name for service in compose["services"].values() for name in service.get("secrets", [])}
    assert used == files
    words = re.compile(r"PASSWORD|SECRET|_KEY\b|DATABASE_URL|QUEUE_URL|SMTP_URL")
    for service in compose["services"].values():
        in_clear = [name for name in service.get("environment", {}) if words.search(name)]
        assert [name for name in in_clear if not name.endswith("_FILE")] == []


def test_secrets_are_made_once_and_for_their_owner_only(folder: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_text() for path in folder.iterdir()}
    subprocess.run([sys.executable, ROOT / "deploy/make_secrets.py", folder], check=True, capture_output=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(set(before.values())) == len(before)


@pytest.mark.asvs("13.2.2")
def test_our_containers_may_do_nothing_that_they_need_not(compose: dict[str, Any]) -> None:
    for name in OURS:
        told = compose["services"][name]
        assert told["read_only"] is True
        assert told["cap_drop"] == ["ALL"]
        assert told["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in told


def test_nothing_but_the_proxy_is_reached_from_another_machine(compose: dict[str, Any]) -> None:
    ports = {name: told["ports"] for name, told in compose["services"].items() if "ports" in told}
    assert ports.keys() == {"web", "proxy"}
    assert all(port.startswith("127.0.0.1:") for port in ports["web"])
    assert compose["services"]["db"]["network_mode"] == "none"
    assert compose["services"]["proxy"]["profiles"] == ["proxy"]  # only when asked for


def test_visitors_and_messages_wait_for_the_schema(compose: dict[str, Any]) -> None:
    for name in ("web", "worker"):
        waits = compose["services"][name]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}
        assert waits["db"] == {"condition": "service_healthy"}
    assert compose["services"]["migrate"]["restart"] == "no"


def test_the_site_does_not_start_before_its_secrets_are_filled_in(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    command: list[str | os.PathLike[str]] = [
        sys.executable,
        ROOT / "deploy/make_secrets.py",
        tmp_path / "secrets",
    ]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(config.SettingsError) as refusal:
        config.load(environment(compose, "web", tmp_path / "secrets"))
    told = {fault.partition(":")[0] for fault in refusal.value.faults}
    assert told == {"VONAGE_PRIVATE_KEY", "SMTP_URL"}
