"""Settings: every fault told, in words, before anything starts."""

import subprocess
import sys
from pathlib import Path

import pytest

import config
from config import Settings, SettingsError, parse_rate

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "APP_ENV": "production",
    "SECRET_KEY": "s" * 32,
    "PUBLIC_URL": "https://app.example.com",
    "SMS_GATEWAY": "vonage",
    "VONAGE_APPLICATION_ID": "id",
    "VONAGE_PRIVATE_KEY": "key",
    "VONAGE_SENDER": "Brand",
    "MAIL_GATEWAY": "smtp",
    "SMTP_URL": "smtps://mail.example.com",
}


def faults(**changed: str) -> list[str]:
    with pytest.raises(SettingsError) as wrong:
        config.load({**GOOD, **changed})
    return wrong.value.faults


def test_a_whole_production_environment_loads() -> None:
    settings = config.load(GOOD)
    assert settings.is_production
    assert settings.public_host == "app.example.com"


@pytest.mark.asvs("13.2.3", "13.3.1")
def test_production_names_everything_that_is_missing_at_once() -> None:
    with pytest.raises(SettingsError) as wrong:
        config.load({"APP_ENV": "production"})
    named = {fault.partition(":")[0] for fault in wrong.value.faults}
    assert named == {"SECRET_KEY", "PUBLIC_URL", "SMS_GATEWAY", "MAIL_GATEWAY"}


def test_insights_need_the_provider_and_nothing_that_texts_need() -> None:
    development = {"IDENTITY_INSIGHTS": "on", "VONAGE_APPLICATION_ID": "id"}
    with pytest.raises(SettingsError) as wrong:
        config.load(development)
    assert wrong.value.faults == ["VONAGE_PRIVATE_KEY: required with IDENTITY_INSIGHTS=on"]
    loaded = config.load({**development, "VONAGE_PRIVATE_KEY": "key"})
    assert (loaded.identity_insights, loaded.sim_swap_hours) == (True, 72)
    assert not config.load({}).identity_insights


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "s" * 31),
        ("PUBLIC_URL", "http://app.example.com"),
        ("PUBLIC_URL", "https://app.example.com/path"),
        ("PUBLIC_URL", "ftp://app.example.com"),
        ("SMS_GATEWAY", "outbox"),
        ("MAIL_GATEWAY", "outbox"),
        ("CODE_LIFETIME", "601"),
        ("CODE_LIFETIME", "ten"),
        ("CODE_ATTEMPTS", "6"),
        ("STEP_UP_LIFETIME", "-1"),
        ("DEFAULT_REGION", "GBR"),
        ("DEFAULT_REGION", "QQ"),
        ("ALLOWED_REGIONS", "XX"),
        ("VOICE_REGIONS", "XX"),
        ("VOICE_LANGUAGE", "english, please"),
        ("VOICE_CALLS", "perhaps"),
        ("VONAGE_VOICE_NUMBER", "020 7946 0000"),
        ("LIMIT_CALLS_SITE", "lots"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "mysql://x/y"),
        ("VONAGE_API_HOST", "x y"),
        ("MAIL_FROM", "bad"),
        ("ALLOWED_REGIONS", "GB;IE"),
        ("TRUSTED_PROXIES", "many"),
        ("LIMIT_SMS_USER", "lots"),
        ("LIMIT_SMS_USER", "0/hour"),
        ("APP_ENV", "prod"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("BRAND_NAME", "x" * 31),
    ],
)
@pytest.mark.asvs("11.2.3", "12.2.1")
def test_a_wrong_value_is_one_line_that_names_its_setting(name: str, value: str) -> None:
    told = faults(**{name: value})
    assert [line.partition(":")[0] for line in told] == [name]
    # Values may be secrets. These two are names that the explanation has of itself.
    assert (value in told[0]) == (value in {"outbox", "prod"})


def test_the_longest_code_life_loads() -> None:
    assert config.load({**GOOD, "CODE_LIFETIME": "600", "SECRET_KEY": "s" * 32}).code_lifetime == 600


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("f" * 40 + "\n")
    environ = {**GOOD, "SECRET_KEY_FILE": str(path)}
    del environ["SECRET_KEY"]
    assert config.load(environ).secret_key == "f" * 40


def test_a_secret_given_twice_or_in_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("f" * 40)
    assert faults(SECRET_KEY_FILE=str(path)) == [
        "SECRET_KEY: given twice, as SECRET_KEY and as SECRET_KEY_FILE"
    ]
    assert any(
        line.startswith("SMTP_URL_FILE: cannot be read")
        for line in faults(SMTP_URL="", SMTP_URL_FILE="/nowhere")
    )


@pytest.mark.asvs("13.3.2")
def test_secrets_stay_out_of_the_representation() -> None:
    shown = repr(config.load({**GOOD, "SECRET_KEY": "sssecret" * 8, "SMTP_URL": "smtps://u:hushhush@h"}))
    assert "sssecret" not in shown
    assert "hushhush" not in shown


def test_a_process_with_wrong_settings_exits_with_a_clear_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from app import create_app; create_app()"],
        cwd=ROOT, env={"APP_ENV": "production", "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "configuration: SECRET_KEY: required in production" in done.stderr


def test_development_makes_a_key_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    environ = {"INSTANCE_PATH": str(tmp_path)}
    first = config.load(environ)
    assert len(first.secret_key) >= 32
    assert config.load(environ).secret_key == first.secret_key
    assert (tmp_path / "development-secret-key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "rate"),
    [("5/hour", (5, 3600)), ("10/15 minutes", (10, 900)), (" 1 / second ", (1, 1)), ("3/2days", (3, 172800))],
)  # fmt: skip
def test_limits_read_as_people_write_them(text: str, rate: tuple[int, int]) -> None:
    assert parse_rate(text) == rate


def test_the_example_file_names_every_setting_with_its_default() -> None:
    from dotenv import dotenv_values

    example = dotenv_values(ROOT / ".env.example")
    assert set(example) == {name.upper() for name in Settings.model_fields}
    loaded = config.load({name: value for name, value in example.items() if value})
    plain = config.load({})
    assert loaded.model_dump() == plain.model_dump()


def test_a_wrong_value_hides_no_other_fault() -> None:
    told = faults(CODE_LIFETIME="5", VONAGE_SENDER="", LIMIT_SMS_USER="lots", SMTP_URL="")
    assert {line.partition(":")[0] for line in told} == {
        "CODE_LIFETIME", "VONAGE_SENDER", "LIMIT_SMS_USER", "SMTP_URL",
    }  # fmt: skip
    assert "CODE_LIFETIME: must be 60 or more" in told


def test_the_addresses_that_hosts_hand_out_are_understood() -> None:
    for given in ("postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"):
        assert config.load({"DATABASE_URL": given}).database_url == "postgresql+psycopg://u@h/d"


def test_a_place_that_cannot_be_written_is_a_fault() -> None:
    with pytest.raises(SettingsError) as wrong:
        config.load({"INSTANCE_PATH": "/proc/nowhere"})
    assert wrong.value.faults == ["INSTANCE_PATH: cannot be written (FileNotFoundError)"]
