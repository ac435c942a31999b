"""What an operator is told before the first visitor."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.gateway_setup import Gateways
from services.gateways import GatewayMisconfigured, VoiceGateway
from tests.commands.conftest import Run
from tests.support.site import Site
from tests.support.worker_process import flask


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    return {"APP_ENV": "testing", "SECRET_KEY": "k" * 32, "INSTANCE_PATH": str(tmp_path / "instance")}


def test_good_settings_are_fine(run: Run) -> None:
    done = run("check-config")
    assert (done.exit_code, done.output) == (0, "Settings are fine. Tried: database, queue, storage.\n")


def test_every_wrong_value_is_told_at_once_a_line_each(nowhere: dict[str, str]) -> None:
    done = flask(
        {**nowhere, "APP_ENV": "production", "SECRET_KEY": "short", "DEFAULT_REGION": "GBR", "LIMIT_SMS_USER": "many"},
        "check-config",
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[0].startswith("configuration: DEFAULT_REGION: ")
    assert "short" not in done.stderr


def test_a_gateway_that_cannot_work_is_told(nowhere: dict[str, str]) -> None:
    wrong = {
        "SMS_GATEWAY": "vonage", "VONAGE_APPLICATION_ID": "a", "VONAGE_PRIVATE_KEY": "/no/such/key",
        "VONAGE_SENDER": "Acme", "MAIL_GATEWAY": "smtp", "SMTP_URL": "http://mail.example.com",
    }  # fmt: skip
    done = flask({**nowhere, **wrong}, "check-config", "--offline")
    assert done.returncode == 1
    told = [line.split(": ")[1] for line in done.stderr.splitlines()]
    assert told == ["VONAGE_PRIVATE_KEY", "SMTP_URL"]
    assert "/no/such/key" not in done.stderr


@pytest.mark.parametrize(("calls", "told"), [("on", True), ("off", False)])
def test_the_gateway_of_calls_is_built_where_there_are_calls(
    make_site: Callable[..., Site], run: Run, calls: str, told: bool
) -> None:
    class NoVoice(Gateways):
        @property
        def voice(self) -> VoiceGateway:
            raise GatewayMisconfigured("VONAGE_VOICE_NUMBER", "is nobody's")

    site = make_site(VOICE_CALLS=calls)
    site.app.extensions["gateways"] = NoVoice(site.settings)
    done = run("check-config", "--offline", app=site)
    assert ("VONAGE_VOICE_NUMBER" in done.output, done.exit_code) == (told, int(told))


def test_offline_asks_no_database(nowhere: dict[str, str]) -> None:
    dead = {**nowhere, "DATABASE_URL": "postgresql+psycopg://nobody:hush@127.0.0.1:1/nothing"}
    assert flask(dead, "check-config", "--offline").returncode == 0
    online = flask(dead, "check-config")
    assert online.returncode == 1
    assert "configuration: DATABASE_URL: database: cannot be reached" in online.stderr
    assert "hush" not in online.stderr


def test_a_database_that_was_never_migrated_is_told(nowhere: dict[str, str]) -> None:
    done = flask(nowhere, "check-config")
    assert done.returncode == 1
    assert "run: flask db upgrade" in done.stderr


def test_a_queue_that_cannot_be_reached_is_told(make_site: object, site: Site, run: Run) -> None:
    lost = make_site(QUEUE_URL="redis://127.0.0.1:1/0")  # type: ignore[operator]
    done = run("check-config", app=lost)
    assert done.exit_code == 1
    assert "QUEUE_URL: the queue cannot be reached" in done.output


def test_receipts_that_would_not_be_taken_are_remarked(nowhere: dict[str, str]) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    vonage = {
        "SMS_GATEWAY": "vonage", "VONAGE_APPLICATION_ID": "a", "VONAGE_PRIVATE_KEY": pem, "VONAGE_SENDER": "Acme",
    }  # fmt: skip
    done = flask({**nowhere, **vonage}, "check-config", "--offline")
    assert (done.returncode, done.stderr) == (0, "")
    assert "note: VONAGE_SIGNATURE_SECRET is empty" in done.stdout


@pytest.mark.parametrize("command", [["seed-demo"], ["purge-expired"], ["audit", "verify"]])
def test_a_command_without_its_database_says_so_in_a_line(
    nowhere: dict[str, str], command: list[str]
) -> None:
    done = flask(nowhere, *command)
    assert done.returncode == 1
    assert done.stderr.startswith("schema: is at nothing")
    assert len(done.stderr.splitlines()) == 1
