"""Every setting of the site in one typed object, read from the environment and checked at start-up.

A secret may be given as ``NAME`` or, so that it never stands in a process list, as ``NAME_FILE``: a path whose
content is the value. Unknown names are left alone: the environment is shared with others.
"""

import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from flask import current_app
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
INSTANCE = Path(os.environ.get("INSTANCE_PATH") or ROOT / "instance").resolve()
MIN_SECRET_BYTES = 32


_PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def parse_rate(text: str) -> tuple[int, int]:
    """``"5/hour"`` or ``"10/15 minutes"`` -> (how many, seconds). Raises ValueError."""
    match = re.fullmatch(r"(\d{1,7})\s*/\s*(\d{1,4})?\s*(second|minute|hour|day)s?", text.strip())
    if not match or int(match[1]) < 1 or match[2] == "0":
        raise ValueError('must look like "5/hour" or "10/15 minutes"')
    return int(match[1]), int(match[2] or 1) * _PERIODS[match[3]]


class SettingsError(Exception):
    """The environment does not make a usable configuration. ``faults`` holds one plain line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Settings(BaseSettings):
    """What an operator can set. Durations are seconds unless the name says otherwise.

    Field names are the environment names in lower case; ``.env.example`` explains each.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    # --- the process and where it stands
    app_env: Literal["development", "testing", "production"] = "development"
    secret_key: str = Field(default="", repr=False)
    database_url: str = Field(default="", repr=False)
    queue_url: str = Field(default="", repr=False)
    instance_path: Path = INSTANCE
    public_url: str = ""
    port: int = Field(default=5000, ge=1, le=65535)
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    # --- the brand and the world it works in
    brand_name: str = Field(default="Engagement Cloud", min_length=1, max_length=30)
    default_region: str = "GB"
    allowed_regions: str = ""
    time_zone: str = "Europe/London"
    support_mail: str = ""

    # --- sending
    sms_gateway: Literal["outbox", "vonage"] = "outbox"
    sms_outbox: Path = Path("sms-outbox.jsonl")
    mail_gateway: Literal["outbox", "smtp"] = "outbox"
    mail_outbox: Path = Path("mail-outbox.jsonl")
    smtp_url: str = Field(default="", repr=False)
    mail_from: str = "no-reply@countersign.example"
    vonage_application_id: str = ""
    vonage_private_key: str = Field(default="", repr=False)
    vonage_signature_secret: str = Field(default="", repr=False)
    vonage_api_key: str = ""
    vonage_api_host: str = "api.nexmo.com"
    vonage_sender: str = ""

    # --- codes, sessions, trusted browsers
    code_lifetime: int = Field(default=600, ge=60, le=600)
    code_attempts: int = Field(default=5, ge=1, le=5)
    code_sends: int = Field(default=5, ge=1, le=20)
    resend_after: int = Field(default=30, ge=0, le=600)
    step_up_lifetime: int = Field(default=300, ge=30, le=3600)
    trusted_browser_days: int = Field(default=30, ge=1, le=90)
    session_idle: int = Field(default=3600, ge=60)
    session_lifetime: int = Field(default=43200, ge=300)
    show_number_ending: bool = True
    support_disable_delay: int = Field(default=0, ge=0, le=30 * 86400)
    reset_lifetime: int = Field(default=3600, ge=300, le=86400)
    invitation_lifetime: int = Field(default=7 * 86400, ge=3600, le=30 * 86400)

    # --- passwords (argon2id; memory in MiB)
    password_min_length: int = Field(default=15, ge=8, le=64)
    password_max_length: int = Field(default=128, ge=64, le=1024)
    argon2_time_cost: int = Field(default=1, ge=1, le=20)
    argon2_memory_mib: int = Field(default=46, ge=8, le=1024)
    argon2_parallelism: int = Field(default=1, ge=1, le=16)

    # --- limits: "N/period", period one of second, minute, hour, day, or a number before it ("10/15 minutes")
    limit_sign_in_address: str = "60/15 minutes"
    limit_sign_in_user: str = "20/hour"
    limit_sms_user: str = "15/hour"
    limit_sms_number: str = "20/day"
    limit_sms_new_number: str = "10/day"
    limit_sms_account: str = "500/day"
    limit_sms_site: str = "20000/day"
    limit_mail_address: str = "20/hour"
    limit_number_changes_account: str = "50/hour"
    limit_invitations_account: str = "100/hour"
    limit_support_request_address: str = "10/hour"

    # --- contacts
    import_max_mib: int = Field(default=100, ge=1, le=2048)
    export_days: int = Field(default=30, ge=1, le=365)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # load() hands over a complete mapping; nothing is read behind its back.
        return (init_settings,)

    @property
    def is_production(self) -> bool:
        return self.app_env == "production"

    @property
    def public_host(self) -> str:
        """Host of PUBLIC_URL without port: the name on the last line of a text message."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def regions(self) -> frozenset[str]:
        """Regions whose numbers may receive texts (ISO 3166-1 alpha-2); empty means all."""
        return frozenset(part.strip().upper() for part in self.allowed_regions.split(",") if part.strip())

    @field_validator("default_region")
    @classmethod
    def _two_letters(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z]{2}", value):
            raise ValueError("must be a two-letter country code such as GB")
        return value.upper()

    @field_validator("allowed_regions")
    @classmethod
    def _list_of_regions(cls, value: str) -> str:
        wrong = [p for p in value.split(",") if p.strip() and not re.fullmatch(r"[A-Za-z]{2}", p.strip())]
        if wrong:
            raise ValueError("must be two-letter country codes with commas between, such as GB,IE,DE")
        return value

    @field_validator("brand_name")
    @classmethod
    def _plain_brand(cls, value: str) -> str:
        if any(ord(ch) < 32 for ch in value):
            raise ValueError("must not hold control characters")
        return value

    @field_validator("public_url")
    @classmethod
    def _base_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (
            parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment
            or parts.path not in {"", "/"} or parts.username
        ):  # fmt: skip
            raise ValueError("must be scheme and host only, such as https://app.example.com")
        return value.rstrip("/")

    @field_validator("queue_url")
    @classmethod
    def _known_queue(cls, value: str) -> str:
        if value and urlsplit(value).scheme.partition("+")[0] not in {"postgresql", "redis", "rediss"}:
            raise ValueError("must begin with postgresql:// or redis://, or be empty")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        from zoneinfo import available_timezones

        if value not in available_timezones():
            raise ValueError("must be a time zone name such as Europe/London")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        faults = list(self._faults_together())
        if faults:
            raise ValueError("\n".join(faults))
        return self

    def _faults_together(self) -> Iterator[str]:
        """Faults that no single setting shows. Each line begins with the setting to change."""
        for name in type(self).model_fields:
            if name.startswith("limit_"):
                try:
                    parse_rate(getattr(self, name))
                except ValueError as exc:
                    yield f"{name.upper()}: {exc}"
        if self.session_lifetime < self.session_idle:
            yield "SESSION_LIFETIME: must not be shorter than SESSION_IDLE"
        if self.password_max_length < self.password_min_length:
            yield "PASSWORD_MAX_LENGTH: must not be less than PASSWORD_MIN_LENGTH"
        if self.sms_gateway == "vonage":
            for name in ("vonage_application_id", "vonage_private_key", "vonage_sender"):
                if not getattr(self, name):
                    yield f"{name.upper()}: required with SMS_GATEWAY=vonage"
        if self.mail_gateway == "smtp" and not self.smtp_url:
            yield "SMTP_URL: required with MAIL_GATEWAY=smtp"
        if self.is_production:
            yield from self._production_faults()

    def _production_faults(self) -> Iterator[str]:
        if len(self.secret_key.encode()) < MIN_SECRET_BYTES:
            yield f"SECRET_KEY: required in production, {MIN_SECRET_BYTES} bytes or more"
        if not self.public_url.startswith("https://"):
            yield "PUBLIC_URL: required in production, and must begin with https://"
        if self.sms_gateway == "outbox":
            yield "SMS_GATEWAY: outbox is for development; production needs vonage"
        if self.mail_gateway == "outbox":
            yield "MAIL_GATEWAY: outbox is for development; production needs smtp"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``environ`` (default: the process, with ``.env`` beneath it outside production).

    Raises SettingsError with every fault at once, so that an operator mends them in one go.
    """
    given = dict(os.environ if environ is None else environ)
    if environ is None and given.get("APP_ENV") != "production":
        from dotenv import dotenv_values

        given = {k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None} | given
    values: dict[str, str] = {}
    faults: list[str] = []
    for name in Settings.model_fields:
        env = name.upper()
        value = given.get(env, "")
        path = given.get(f"{env}_FILE", "")
        if path:
            if value:
                faults.append(f"{env}: given twice, as {env} and as {env}_FILE")
            try:
                value = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as exc:
                faults.append(f"{env}_FILE: cannot be read ({type(exc).__name__})")
        if value.strip():
            values[name] = value.strip()
    try:
        settings = Settings(**_with_defaults(values))  # type: ignore[arg-type]  # pydantic turns text into types
    except ValidationError as exc:
        raise SettingsError(faults + list(_plain(exc))) from None
    if faults:
        raise SettingsError(faults)
    return settings


def _with_defaults(values: dict[str, str]) -> dict[str, str]:
    """Fill what depends on other settings: places under the instance folder, the development address."""
    instance = Path(values.get("instance_path") or INSTANCE).resolve()
    values["instance_path"] = str(instance)
    values.setdefault("database_url", f"sqlite:///{instance / 'countersign.sqlite3'}")
    for name in ("sms_outbox", "mail_outbox"):
        values[name] = str(instance / values.get(name, Settings.model_fields[name].default))
    if values.get("app_env", "development") != "production":
        values.setdefault("public_url", f"http://127.0.0.1:{values.get('port', '5000')}")
        values.setdefault("secret_key", _development_secret(instance))
    return values


def _development_secret(instance: Path) -> str:
    """A random key kept in the instance folder, so that restarting the development server ends no session."""
    path = instance / "development-secret-key"
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        instance.mkdir(parents=True, exist_ok=True)
        try:
            with open(path, "x", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                file.write(secrets.token_hex(32))
        except FileExistsError:  # the worker, started beside us, was first
            pass
        return path.read_text(encoding="ascii")


def _plain(exc: ValidationError) -> Iterator[str]:
    """One line a fault, with the setting's name and never its value."""
    for error in exc.errors(include_input=False, include_url=False):
        message = error["msg"].removeprefix("Value error, ")
        if error["loc"]:
            yield f"{str(error['loc'][0]).upper()}: {message[0].lower()}{message[1:]}"
        else:
            yield from message.splitlines()


def load_or_exit() -> Settings:
    """For processes: print the faults, one a line, and leave with status 1 in place of a stack trace."""
    try:
        return load()
    except SettingsError as exc:
        for fault in exc.faults:
            print(f"configuration: {fault}", file=sys.stderr)
        raise SystemExit(1) from None


def settings() -> Settings:
    """The settings of the running application."""
    found = current_app.extensions["settings"]
    assert isinstance(found, Settings)  # noqa: S101  # for the type checker; create_app put it there
    return found
