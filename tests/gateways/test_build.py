"""Which gateway the settings choose, and what choosing one costs the others."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import config
import settings_schema
from services.gateways import GatewayMisconfigured, OutgoingMail
from services.gateways.build import SMS_BUILDERS, build_mail_gateway, build_sms_gateways
from services.gateways.outbox import OutboxMailGateway
from services.gateways.smtp import SmtpMailGateway
from services.gateways.vonage import VonageSmsGateway
from tests.gateways.conftest import text
from tests.support.vonage_standin import VonageStandin


def settings(tmp_path: Path, **given: str) -> config.Settings:
    environment = {"APP_ENV": "testing", "INSTANCE_PATH": str(tmp_path)}
    return config.load(environment | {name.upper(): value for name, value in given.items()})


def test_the_development_gateways_write_where_the_settings_say(tmp_path: Path) -> None:
    chosen = settings(
        tmp_path, brand_name="Acme & Söhne Marketing", sms_outbox="texts.jsonl", mail_outbox="mails.jsonl"
    )

    build_sms_gateways(chosen)[0].send(text())
    mail_gateway = build_mail_gateway(chosen)
    mail_gateway.send(OutgoingMail("m-2", "ana@acme.example", "Subject", "Text"))

    assert isinstance(mail_gateway, OutboxMailGateway)
    assert json.loads((tmp_path / "texts.jsonl").read_text())["from"] == "AcmeShneMar"
    assert json.loads((tmp_path / "mails.jsonl").read_text())["to"] == "ana@acme.example"


@pytest.mark.parametrize(
    ("public_url", "webhook"),
    [
        ("https://app.example.com", "https://app.example.com/webhooks/vonage/status"),
        ("http://127.0.0.1:5000", None),
    ],
)
def test_the_real_gateway_uses_the_settings(
    public_url: str, webhook: str | None, tmp_path: Path, vonage: VonageStandin, pkcs8: str
) -> None:
    chosen = settings(
        tmp_path,
        sms_gateway="vonage",
        vonage_application_id="78d335fa-323d-0114-9c3d-d6f0d48968cf",
        vonage_private_key=pkcs8.replace("\n", "\\n"),
        vonage_api_host=vonage.host,
        vonage_sender="GB=AcmeUK,*=Acme",
        public_url=public_url,
    )
    (gateway,) = build_sms_gateways(chosen)
    gateway.send(text())

    assert isinstance(gateway, VonageSmsGateway)
    assert vonage.requests[0].body["from"] == "AcmeUK"
    assert vonage.requests[0].body.get("webhook_url") == webhook


def test_a_real_gateway_that_cannot_work_is_a_plain_line(tmp_path: Path) -> None:
    chosen = settings(
        tmp_path,
        sms_gateway="vonage",
        vonage_application_id="an-id",
        vonage_private_key=str(tmp_path / "missing.key"),
        vonage_sender="Acme",
    )
    with pytest.raises(GatewayMisconfigured) as raised:
        build_sms_gateways(chosen)
    assert str(raised.value) == (
        "VONAGE_PRIVATE_KEY: is neither a PEM private key nor the path of a file that can be read"
    )


def test_mail_goes_by_smtp_where_the_settings_say_so(tmp_path: Path) -> None:
    chosen = settings(tmp_path, mail_gateway="smtp", smtp_url="smtps://user:secret@mail.example")

    assert isinstance(build_mail_gateway(chosen), SmtpMailGateway)


def test_the_providers_sdk_is_not_loaded_until_it_is_chosen(tmp_path: Path) -> None:
    """It costs a third of a second and ten megabytes, which only a worker that uses it should pay."""
    script = (
        "import sys, config\n"
        "from services.gateways.build import build_sms_gateways, build_mail_gateway\n"
        f"chosen = config.load({{'APP_ENV': 'testing', 'INSTANCE_PATH': {str(tmp_path)!r}}})\n"
        "build_sms_gateways(chosen), build_mail_gateway(chosen)\n"
        "print([name for name in sys.modules if name.startswith(('vonage', 'requests', 'smtplib'))])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "[]"


def test_every_provider_that_the_settings_know_can_be_built() -> None:
    assert set(SMS_BUILDERS) == settings_schema.SMS_GATEWAYS


@pytest.mark.parametrize("value", ["pigeon", "vonage,", "vonage,pigeon", "vonage,vonage", "outbox,vonage"])
def test_a_list_of_providers_that_cannot_be_is_found_at_start(value: str, tmp_path: Path) -> None:
    given = {"vonage_application_id": "an-id", "vonage_private_key": "x", "vonage_sender": "Acme"}
    with pytest.raises(config.SettingsError, match="SMS_GATEWAY"):
        settings(tmp_path, sms_gateway=value, **given)
