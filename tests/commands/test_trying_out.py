"""`flask check-config` asks the provider and the mail server, as they really are: over TLS, and sending nothing."""

import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import config
from app import create_app
from extensions import db
from tests.conftest import FAST
from tests.gateways.conftest import pkcs8, rsa_key, trust, vonage  # noqa: F401
from tests.gateways.test_smtp import trust as trust_mail
from tests.support.site import Site
from tests.support.smtp_server import SmtpServer
from tests.support.vonage_standin import VonageStandin

PASSWORD = "a secret of the mail server"
Check = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    with SmtpServer(password=PASSWORD) as server:
        trust_mail(server, tmp_path, monkeypatch)
        yield server


@pytest.fixture
def check(
    vonage: VonageStandin,  # noqa: F811
    pkcs8: str,  # noqa: F811
    mail: SmtpServer,
    migrated_sqlite: Path,
    tmp_path: Path,
) -> Iterator[Check]:
    """``check("--timeout", "5", SMTP_URL=…)``: the exit status and the lines told."""
    shutil.copy(migrated_sqlite, tmp_path / "site.sqlite3")
    good = {
        **FAST, "INSTANCE_PATH": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'site.sqlite3'}",
        "SMS_GATEWAY": "vonage", "VONAGE_APPLICATION_ID": "an-application", "VONAGE_PRIVATE_KEY": pkcs8,
        "VONAGE_SENDER": "Acme", "VONAGE_API_HOST": vonage.host, "VONAGE_SIGNATURE_SECRET": "s" * 32,
        "IDENTITY_INSIGHTS": "on", "VONAGE_INSIGHTS_HOST": vonage.host,
        "MAIL_GATEWAY": "smtp", "SMTP_URL": f"smtp://relay:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{mail.port}",
    }  # fmt: skip
    sites: list[Site] = []

    def run(*options: str, **changed: str) -> tuple[int, list[str]]:
        site = Site(create_app(config.load(good | changed)))
        sites.append(site)
        done = site.app.test_cli_runner().invoke(args=["check-config", *options])
        assert "Traceback" not in done.output
        assert PASSWORD not in done.output
        assert "PRIVATE KEY-" not in done.output
        return done.exit_code, done.output.splitlines()

    yield run
    for site in sites:
        with site.context():
            db.engine.dispose()


@pytest.mark.asvs("13.2.2")
def test_everything_that_the_settings_name_is_tried_and_nothing_is_sent(
    check: Check,
    vonage: VonageStandin,  # noqa: F811
    mail: SmtpServer,
) -> None:
    assert check() == (
        0,
        ["Settings are fine. Tried: database, queue, storage, texts by vonage, calls, mail, insights."],
    )
    assert {request.path.partition("?")[0] for request in vonage.requests} == {"/v1/calls"}
    assert all(request.authorization.startswith("Bearer ") for request in vonage.requests)
    assert all(request.body == {} for request in vonage.requests)
    assert mail.signed_in == ["relay"]
    assert mail.received == []


def test_offline_nobody_is_asked(check: Check, vonage: VonageStandin, mail: SmtpServer) -> None:  # noqa: F811
    assert check("--offline") == (0, ["Settings are fine."])
    assert (vonage.connections, mail.sessions) == (0, 0)


@pytest.mark.parametrize(
    ("answer", "calls", "told"),
    [
        ("401", "on", "configuration: VONAGE_APPLICATION_ID: the provider knows no such application"),
        ("403", "on", "configuration: VOICE_CALLS: the application may not make calls (HTTP 403)"),
        ("403", "off", ""),
        ("402", "off", "configuration: VONAGE_APPLICATION_ID: the account has no credit"),
        ("503", "on", "configuration: VONAGE_API_HOST: the provider cannot be asked now (HTTP 503)"),
        ("html", "off", "configuration: VONAGE_API_HOST: what answers there is not the provider"),
        ("close", "off", "configuration: VONAGE_API_HOST: no usable answer (ConnectionError)"),
    ],
)
def test_what_the_provider_does_not_like_is_one_line(
    answer: str,
    calls: str,
    told: str,
    check: Check,
    vonage: VonageStandin,  # noqa: F811
) -> None:
    vonage.default = answer
    status, lines = check(VOICE_CALLS=calls, IDENTITY_INSIGHTS="off")
    assert (status, len(lines)) == (int(bool(told)), 1)
    assert told in lines[0]


@pytest.mark.asvs("12.3.2")
def test_a_certificate_that_nobody_vouches_for_is_told_of_every_host(
    check: Check,
    vonage: VonageStandin,  # noqa: F811
) -> None:
    vonage.tls = "untrusted"
    status, lines = check()
    assert status == 1
    assert lines == [
        "configuration: VONAGE_API_HOST: no usable answer (SSLError)",
        "configuration: VONAGE_INSIGHTS_HOST: cannot be reached (SSLError)",
    ]


def test_a_wrong_password_of_the_mail_server_is_told_without_it(check: Check, mail: SmtpServer) -> None:
    wrong = f"smtp://relay:not-the-one@127.0.0.1:{mail.port}"
    assert check(SMTP_URL=wrong) == (1, ["configuration: SMTP_URL: sign-in: SMTP 535"])


def test_a_mail_server_without_encryption_gets_no_password(check: Check) -> None:
    with SmtpServer("none", password=PASSWORD) as open_line:
        url = f"smtp://relay:pass@127.0.0.1:{open_line.port}?starttls=yes"
        status, lines = check(SMTP_URL=url)
        assert (status, open_line.signed_in) == (1, [])
    assert lines == ["configuration: SMTP_URL: the server offers no encryption (STARTTLS)"]


def test_who_does_not_answer_is_waited_for_so_long_and_everybody_else_is_told(check: Check) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        status, lines = check("--timeout", "1.5", SMTP_URL=url, QUEUE_URL="redis://127.0.0.1:1/0")
    assert (status, len(lines)) == (1, 2)
    assert "QUEUE_URL: the queue cannot be reached" in lines[0]
    assert lines[1] == "configuration: mail: no answer within 1.5 s"
