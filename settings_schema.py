"""What can be set, of which type, within which bounds. Loading it is config.py's business."""

import os
import re
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
INSTANCE = Path(os.environ.get("INSTANCE_PATH") or ROOT / "instance").resolve()
MIN_SECRET_BYTES = 32
#: Names that SMS_GATEWAY may hold; services/gateways/build.py builds each.
SMS_GATEWAYS = frozenset({"outbox", "vonage"})

_PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def parse_rate(text: str) -> tuple[int, int]:
    """``"5/hour"`` or ``"10/15 minutes"`` -> (how many, seconds). Raises ValueError."""
    match = re.fullmatch(r"(\d{1,7})\s*/\s*(\d{1,4})?\s*(second|minute|hour|day)s?", text.strip())
    if not match or int(match[1]) < 1 or match[2] == "0":
        raise ValueError('must look like "5/hour" or "10/15 minutes"')
    return int(match[1]), int(match[2] or 1) * _PERIODS[match[3]]


def _on_this_machine(host: str) -> bool:
    """Loopback, a socket in the file system, or no host at all (a file)."""
    if host in {"", "localhost"} or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def _time_zones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def parse_growth(text: str) -> tuple[int, int]:
    """``"1 second to 15 minutes"`` -> (first wait, longest wait), in seconds. Raises ValueError."""
    one = r"(\d{1,4}) (second|minute|hour|day)s?"
    match = re.fullmatch(f"{one} to {one}", text.strip())
    if match:
        first, longest = int(match[1]) * _PERIODS[match[2]], int(match[3]) * _PERIODS[match[4]]
        if 0 < first <= longest:
            return first, longest
    raise ValueError('must look like "1 second to 15 minutes", the shorter first')


class Settings(BaseSettings):
    """What an operator can set. Durations are seconds unless the name says otherwise.

    Field names are the environment names in lower case; ``.env.example`` explains each.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    # --- the process and where it stands
    app_env: Literal["development", "testing", "production"] = "development"
    secret_key: str = Field(default="", repr=False)
    secret_key_fallbacks: str = Field(default="", repr=False)
    database_url: str = Field(default="", repr=False)
    database_app_role: str = ""
    export_database_url: str = Field(default="", repr=False)
    queue_url: str = Field(default="", repr=False)
    instance_path: Path = INSTANCE
    storage_url: str = ""
    public_url: str = ""
    port: int = Field(default=5000, ge=1, le=65535)
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    # --- the brand and the world it works in
    brand_name: str = Field(default="Engagement Cloud", min_length=1, max_length=30)
    default_region: str = "GB"
    allowed_regions: str = ""
    time_zone: str = "Europe/London"
    #: Where neither the person nor the browser says one: "en" or "de".
    default_language: Literal["en", "de"] = "en"
    support_mail: str = ""
    operator_mail: str = ""

    # --- sending
    sms_gateway: str = "outbox"
    sms_outbox: Path = Path("sms-outbox.jsonl")
    voice_calls: bool = True
    voice_outbox: Path = Path("voice-outbox.jsonl")
    voice_language: str = "en-GB"
    voice_regions: str = ""
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
    vonage_voice_number: str = ""
    vonage_rate: int = Field(default=30, ge=0, le=1000)
    vonage_voice_rate: int = Field(default=3, ge=0, le=100)
    worker_threads: int = Field(default=32, ge=1, le=200)

    # --- figures for Prometheus (0: none)
    metrics_port: int = Field(default=0, ge=0, le=65535)
    metrics_host: str = "127.0.0.1"

    # --- what the provider's Identity Insights say of a number before a code goes to it (seconds)
    identity_insights: bool = False
    sim_swap_hours: int = Field(default=72, ge=1, le=2400)
    vonage_insights_host: str = "api-eu.vonage.com"
    insights_sim_kept: int = Field(default=600, ge=0, le=3600)
    insights_carrier_kept: int = Field(default=7 * 86400, ge=0, le=30 * 86400)

    # --- when few of the codes that are sent to new numbers come back (percent; seconds)
    sms_pause_after: str = "20/3 hours"
    sms_pause_country_after: str = "100/3 hours"
    sms_pause_below: int = Field(default=10, ge=0, le=100)
    sms_pause_base: int = Field(default=40, ge=0, le=100)
    sms_pause_for: int = Field(default=21600, ge=600, le=7 * 86400)

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
    password_hashes_at_once: int = Field(default=0, ge=0, le=256)
    passwords_in_hand: int = Field(default=8, ge=4, le=1000)

    # --- guessing: waits double from the first to the longest
    sign_in_delay: str = "1 second to 15 minutes"
    sign_in_failures: int = Field(default=100, ge=10, le=100)
    code_pause: str = "30 seconds to 1 hour"
    code_failures_before_pause: int = Field(default=10, ge=1, le=50)
    code_failures: int = Field(default=100, ge=10, le=100)

    # --- limits: "N/period", period one of second, minute, hour, day, or a number before it ("10/15 minutes")
    limit_sign_in_address: str = "60/15 minutes"
    limit_sign_in_user: str = "5/day"
    limit_sign_in_site: str = "2000/hour"
    limit_wrong_codes_address: str = "60/hour"
    limit_wrong_codes_account: str = "100/hour"
    limit_wrong_codes_site: str = "1000/hour"
    limit_sms_user: str = "15/hour"
    limit_sms_user_day: str = "40/day"
    limit_sms_number: str = "20/day"
    limit_sms_number_rescue: str = "5/day"
    limit_sms_new_number: str = "10/day"
    limit_sms_new_number_burst: str = "5/10 minutes"
    limit_sms_new_user: str = "10/day"
    limit_sms_new_account: str = "1000/day"
    limit_sms_prefix: str = "1000/day"
    limit_sms_account: str = "2000/day"
    limit_sms_address: str = "1000/hour"
    limit_sms_country: str = "5000/day"
    limit_sms_site: str = "20000/day"
    limit_sms_notices_number: str = "6/day"
    limit_sms_notices_account: str = "2000/day"
    limit_calls_user: str = "5/day"
    limit_calls_number: str = "5/day"
    limit_calls_new_number: str = "2/day"
    limit_calls_rescue: str = "2/day"
    limit_calls_account: str = "100/day"
    limit_calls_site: str = "500/day"
    limit_mail_address: str = "20/hour"
    limit_number_changes_account: str = "50/hour"
    limit_invitations_account: str = "100/hour"
    limit_support_request_address: str = "10/hour"
    limit_help_answers_address: str = "20/hour"
    limit_help_answers_site: str = "500/hour"
    limit_csp_reports_address: str = "30/hour"
    limit_imports_account: str = "50/day"
    limit_exports_user: str = "60/hour"
    limit_contacts_opened_user: str = "300/hour"

    # --- contacts
    import_max_mib: int = Field(default=100, ge=1, le=2048)
    export_days: int = Field(default=30, ge=1, le=365)
    export_long_rows: int = Field(default=1_000_000, ge=0, le=1_000_000_000)
    export_stored_max_mib: int = Field(default=20_480, ge=1, le=10_000_000)

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
    def old_secret_keys(self) -> list[str]:
        """Former values of SECRET_KEY, newest first."""
        return self.secret_key_fallbacks.split()

    @property
    def regions(self) -> frozenset[str]:
        """Regions whose numbers may receive texts (ISO 3166-1 alpha-2); empty means all."""
        return frozenset(part.strip().upper() for part in self.allowed_regions.split(",") if part.strip())

    @property
    def can_call(self) -> bool:
        """Whether phones are called with codes: wished, and by a provider that can."""
        return self.voice_calls and not {"vonage", "outbox"}.isdisjoint(self.sms_gateways)

    @property
    def sms_gateways(self) -> tuple[str, ...]:
        """Who carries texts, the first choice first."""
        return tuple(self.sms_gateway.split(","))

    @property
    def call_regions(self) -> frozenset[str]:
        """Regions whose numbers may be called; never empty."""
        named = frozenset(part.strip().upper() for part in self.voice_regions.split(",") if part.strip())
        return named or frozenset({self.default_region})

    @field_validator("default_region", "allowed_regions", "voice_regions")
    @classmethod
    def _countries(cls, value: str, about: ValidationInfo) -> str:
        from phonenumbers import SUPPORTED_REGIONS

        named = [part.strip().upper() for part in value.split(",") if part.strip()]
        if about.field_name == "default_region" and (len(named) != 1 or named[0] not in SUPPORTED_REGIONS):
            raise ValueError("must be a two-letter country code such as GB")
        if not SUPPORTED_REGIONS.issuperset(named):
            raise ValueError("must be two-letter country codes with commas between, such as GB,IE,DE")
        return ",".join(named)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        # Hosts hand out both of these for what SQLAlchemy calls postgresql+psycopg.
        value = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", value)
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql+psycopg://")
        return value

    @field_validator("export_database_url")
    @classmethod
    def _known_replica(cls, value: str) -> str:
        value = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", value)
        if value and not value.startswith("postgresql+psycopg://"):
            raise ValueError("must begin with postgresql+psycopg://, or be empty")
        return value

    @field_validator("vonage_api_host", "vonage_insights_host")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?", value):
            raise ValueError("must be a host, or host:port")
        return value

    @field_validator("vonage_voice_number")
    @classmethod
    def _number(cls, value: str) -> str:
        if value and not re.fullmatch(r"\+[1-9][0-9]{6,14}", value, re.ASCII):
            raise ValueError("must be a number of the provider's, such as +442079460000, or be empty")
        return value

    @field_validator("voice_language")
    @classmethod
    def _language(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z]{2,4}){0,2}", value, re.ASCII):
            raise ValueError("must be a language of the provider's voices, such as en-GB")
        return value

    @field_validator("sms_gateway")
    @classmethod
    def _known_gateways(cls, value: str) -> str:
        names = [name.strip() for name in value.split(",")]
        if not SMS_GATEWAYS.issuperset(names):
            raise ValueError(
                f"must be names with commas between, each of {', '.join(sorted(SMS_GATEWAYS))}, the first choice first"
            )
        if len(names) != len(set(names)):
            raise ValueError("names a provider twice")
        if "outbox" in names and len(names) > 1:
            raise ValueError("outbox stands alone: it takes every text")
        return ",".join(names)

    @field_validator("mail_from")
    @classmethod
    def _address(cls, value: str) -> str:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
            raise ValueError("must be a mail address")
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

    @field_validator("storage_url")
    @classmethod
    def _known_storage(cls, value: str) -> str:
        parts = urlsplit(value)
        folder = parts.scheme == "file" and not parts.netloc and len(parts.path) > 1
        bucket = parts.scheme == "s3" and parts.hostname and not (parts.username or parts.port)
        if value and (not (folder or bucket) or parts.query or parts.fragment or ".." in parts.path):
            raise ValueError("must look like file:///a/folder or s3://bucket/prefix, or be empty")
        return value

    @field_validator("database_app_role")
    @classmethod
    def _role(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,62}", value):
            raise ValueError("must be the name of a PostgreSQL role")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _time_zones():
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
            if name.startswith("limit_") or name in {"sms_pause_after", "sms_pause_country_after"}:
                try:
                    parse_rate(getattr(self, name))
                except ValueError as exc:
                    yield f"{name.upper()}: {exc}"
        for name in ("sign_in_delay", "code_pause"):
            try:
                parse_growth(getattr(self, name))
            except ValueError as exc:
                yield f"{name.upper()}: {exc}"
        if self.code_failures <= self.code_failures_before_pause:
            yield "CODE_FAILURES: must be more than CODE_FAILURES_BEFORE_PAUSE"
        if self.session_lifetime < self.session_idle:
            yield "SESSION_LIFETIME: must not be shorter than SESSION_IDLE"
        if self.password_max_length < self.password_min_length:
            yield "PASSWORD_MAX_LENGTH: must not be less than PASSWORD_MIN_LENGTH"
        if "vonage" in self.sms_gateways:
            for name in ("vonage_application_id", "vonage_private_key", "vonage_sender"):
                if not getattr(self, name):
                    yield f"{name.upper()}: required with SMS_GATEWAY=vonage"
        if self.identity_insights:
            for name in ("vonage_application_id", "vonage_private_key"):
                if not getattr(self, name):
                    yield f"{name.upper()}: required with IDENTITY_INSIGHTS=on"
        if self.export_database_url and not self.database_url.startswith("postgresql"):
            yield "EXPORT_DATABASE_URL: a replica of DATABASE_URL, which must be PostgreSQL too"
        if self.mail_gateway == "smtp" and not self.smtp_url:
            yield "SMTP_URL: required with MAIL_GATEWAY=smtp"
        if self.is_production:
            yield from self._production_faults()

    def _production_faults(self) -> Iterator[str]:
        if len(self.secret_key.encode()) < MIN_SECRET_BYTES:
            yield f"SECRET_KEY: required in production, {MIN_SECRET_BYTES} bytes or more"
        if any(len(old.encode()) < MIN_SECRET_BYTES for old in self.old_secret_keys):
            yield f"SECRET_KEY_FALLBACKS: keys with spaces between, each of {MIN_SECRET_BYTES} bytes or more"
        if not self.public_url.startswith("https://"):
            yield "PUBLIC_URL: required in production, and must begin with https://"
        if "outbox" in self.sms_gateways:
            yield "SMS_GATEWAY: outbox is for development; production needs vonage"
        if self.mail_gateway == "outbox":
            yield "MAIL_GATEWAY: outbox is for development; production needs smtp"
        yield from self._open_lines()

    def _open_lines(self) -> Iterator[str]:
        """Connections to other machines that could be read or answered by whoever stands between (ASVS 12.3)."""
        for name in ("database_url", "export_database_url", "queue_url"):
            url = getattr(self, name)
            parts, options = urlsplit(url), parse_qs(urlsplit(url).query)
            if _on_this_machine(parts.hostname or options.get("host", [""])[0]):
                continue
            if parts.scheme.startswith("postgresql") and options.get("sslmode") != ["verify-full"]:
                yield f"{name.upper()}: needs sslmode=verify-full for a server on another machine"
            if parts.scheme.startswith("redis") and (
                parts.scheme != "rediss" or {"ssl_cert_reqs", "ssl_check_hostname"} & options.keys()
            ):
                yield f"{name.upper()}: needs rediss://, with certificates checked, for a server on another machine"
        smtp = urlsplit(self.smtp_url)
        if parse_qs(smtp.query).get("starttls") == ["no"] and not _on_this_machine(smtp.hostname or ""):
            yield "SMTP_URL: mail leaves this machine encrypted in production; remove ?starttls=no"
