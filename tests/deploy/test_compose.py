"""compose.yaml: its settings exist, no secret stands in it, and its database and the site fit together."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask_migrate import upgrade

import config
from app import create_app
from deploy import make_secrets
from extensions import db
from services import readiness, self_trials
from settings_schema import Settings
from tests.support.postgres import LocalServer

ROOT = Path(__file__).resolve().parents[2]
OURS = ("migrate", "web", "worker")
SETTINGS = {name.upper() for name in Settings.model_fields}
#: Of the programs in the images.
OF_OTHERS = {"WEB_CONCURRENCY"}
#: What whoever copies site.env.example has to fill in.
FILLED = {
    "PUBLIC_URL": "https://app.example.com", "VONAGE_APPLICATION_ID": "an-id", "VONAGE_SENDER": "Acme",
    "MAIL_FROM": "no-reply@example.com",
}  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of secrets, all of them filled."""
    made = tmp_path / "secrets"
    command: list[str | os.PathLike[str]] = [sys.executable, ROOT / "deploy/make_secrets.py", made]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.count("to be filled by you") == len(make_secrets.OTHERS)
    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (made / "vonage_private_key").write_bytes(pem)
    (made / "vonage_signature_secret").write_text("s" * 32)
    (made / "smtp_url").write_text("smtps://relay:pass@mail.example.com")
    return made


def site_env() -> dict[str, str]:
    lines = (ROOT / "deploy/site.env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def environment(compose: dict[str, Any], service: str, folder: Path) -> dict[str, str]:
    """What the container's process sees, with the files of ``folder`` where its secrets lie."""
    told = compose["services"][service]
    given = site_env() | FILLED | {name: str(value) for name, value in told["environment"].items()}
    for name, value in given.items():
        if name.endswith("_FILE"):
            secret = value.removeprefix("/run/secrets/")
            assert secret in told["secrets"], f"{service} has no secret {secret}"
            given[name] = str(folder / secret)
    return given | {"INSTANCE_PATH": str(folder.parent / "instance"), "ARGON2_MEMORY_MIB": "8"}


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


def test_database_migration_and_site_fit_together(
    compose: dict[str, Any], folder: Path, own_postgres: LocalServer
) -> None:
    for name in ("database_url", "database_owner_url", "queue_url"):
        path = folder / name
        path.write_text(
            path.read_text().replace(
                f"?host={make_secrets.SOCKET}",
                f"?host={own_postgres.socket_folder}&port={own_postgres.port}",
            )
        )
    user, database = (
        compose["services"]["db"]["environment"][one] for one in ("POSTGRES_USER", "POSTGRES_DB")
    )
    own_postgres._execute(f"CREATE ROLE {user} LOGIN SUPERUSER")
    own_postgres._execute(f"CREATE DATABASE {database} OWNER {user}")
    # As the image does it, when it starts with an empty folder.
    subprocess.run(
        [
            own_postgres.binaries / "psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1",
            "--host=127.0.0.1", f"--port={own_postgres.port}", f"--username={user}", f"--dbname={database}",
            f"--file={ROOT / 'deploy/postgres/site-role.sql'}",
        ],
        env={"SITE_PASSWORD_FILE": str(folder / "database_site_password"), "PATH": "/usr/bin:/bin"},
        check=True,
    )  # fmt: skip

    migrating = create_app(config.load(environment(compose, "migrate", folder)))
    with migrating.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
    for service in ("web", "worker"):
        app = create_app(config.load(environment(compose, service, folder)))
        with app.app_context():
            assert db.session.scalar(db.text("SELECT current_user")) == "countersign_site"
            assert readiness.faults() == []
            here = [one for one in self_trials.trials() if one.name in {"database", "queue", "storage"}]
            assert (len(here), self_trials.run(here, 30)) == (3, [])
            app.extensions["background"].huey.storage.close()
            db.session.remove()
            db.engine.dispose()
