"""Production talks to other machines over encrypted, checked connections, or does not start."""

import pytest

import config
from config import SettingsError
from tests.config.test_settings import GOOD, faults

OPEN = [
    ("DATABASE_URL", "postgresql://u:p@db.example.com/site"),
    ("DATABASE_URL", "postgresql://u:p@db.example.com/site?sslmode=prefer"),
    ("DATABASE_URL", "postgresql://u:p@10.0.0.5/site?sslmode=require"),
    ("DATABASE_URL", "postgresql+psycopg:///site?host=db.example.com"),
    ("QUEUE_URL", "postgresql://u:p@db.example.com/site"),
    ("QUEUE_URL", "redis://:p@cache.example.com/0"),
    ("QUEUE_URL", "rediss://:p@cache.example.com/0?ssl_cert_reqs=none"),
    ("SMTP_URL", "smtp://mail.example.com?starttls=no"),
]
CLOSED = [
    ("DATABASE_URL", "postgresql://u:p@db.example.com/site?sslmode=verify-full"),
    ("DATABASE_URL", "postgresql://u:p@127.0.0.1/site"),
    ("DATABASE_URL", "postgresql://u:p@[::1]/site"),
    ("DATABASE_URL", "postgresql+psycopg:///site?host=/run/postgresql"),
    ("DATABASE_URL", "sqlite:////var/lib/site.sqlite3"),
    ("QUEUE_URL", "rediss://:p@cache.example.com/0"),
    ("QUEUE_URL", "redis://localhost/0"),
    ("SMTP_URL", "smtp://localhost:25"),
    ("SMTP_URL", "smtp://u:p@mail.example.com:587"),
]


@pytest.mark.asvs("12.3.1", "12.3.2")
@pytest.mark.parametrize(("name", "value"), OPEN)
def test_production_refuses_a_line_that_could_be_read(name: str, value: str) -> None:
    assert [fault.partition(":")[0] for fault in faults(**{name: value})] == [name]


@pytest.mark.parametrize(("name", "value"), CLOSED)
def test_an_encrypted_line_and_this_machine_are_fine(name: str, value: str) -> None:
    config.load({**GOOD, name: value})


@pytest.mark.parametrize(("name", "value"), OPEN)
def test_development_does_as_it_likes(name: str, value: str) -> None:
    config.load({"APP_ENV": "testing", name: value})


@pytest.mark.asvs("12.3.1")
def test_no_setting_makes_the_provider_be_called_in_clear() -> None:
    with pytest.raises(SettingsError):
        config.load({**GOOD, "VONAGE_API_HOST": "http://api.nexmo.com"})


@pytest.mark.asvs("13.2.3", "13.3.1", "11.2.3")
def test_production_does_not_start_with_the_example_values() -> None:
    example = {}
    for line in (config.ROOT / ".env.example").read_text().splitlines():
        name, found, value = line.partition("=")
        if found and not line.startswith("#"):
            example[name] = value.partition(" #")[0].strip().strip('"')
    with pytest.raises(SettingsError) as wrong:
        config.load({**example, "APP_ENV": "production"})
    assert {fault.partition(":")[0] for fault in wrong.value.faults} >= {
        "SECRET_KEY", "PUBLIC_URL", "SMS_GATEWAY", "MAIL_GATEWAY",
    }  # fmt: skip
