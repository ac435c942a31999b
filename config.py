"""Every setting of the site in one typed object, read from the environment and checked at start-up.

A secret may be given as ``NAME`` or, so that it never stands in a process list, as ``NAME_FILE``: a path whose
content is the value. Unknown names are left alone: the environment is shared with others.
"""

import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from flask import current_app
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from settings_schema import INSTANCE, ROOT, Settings, parse_growth, parse_rate

__all__ = [
    "ROOT",
    "Settings",
    "SettingsError",
    "load",
    "load_or_exit",
    "parse_growth",
    "parse_rate",
    "settings",
]


class SettingsError(Exception):
    """The environment does not make a usable configuration. ``faults`` holds one plain line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


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
        values = _with_defaults(values)
    except OSError as exc:
        raise SettingsError([*faults, f"INSTANCE_PATH: cannot be written ({type(exc).__name__})"]) from None
    settings, wrong = _judge(values)
    if settings is None or faults or wrong:
        raise SettingsError(faults + wrong)
    return settings


def _judge(values: dict[str, str]) -> tuple[Settings | None, list[str]]:
    """The settings, and every fault: of single values first, then what shows only when those are left out."""
    try:
        return Settings(**values), []  # type: ignore[arg-type]  # pydantic turns text into types
    except ValidationError as exc:
        faults = list(_plain(exc))
        singly = {str(error["loc"][0]) for error in exc.errors() if error["loc"]}
    if singly:
        _, more = _judge({name: value for name, value in values.items() if name not in singly})
        named = {name.upper() for name in singly}
        faults += [fault for fault in more if fault.partition(":")[0] not in named]
    return None, faults


def _with_defaults(values: dict[str, str]) -> dict[str, str]:
    """Fill what depends on other settings: places under the instance folder, the development address."""
    instance = Path(values.get("instance_path") or INSTANCE).resolve()
    values["instance_path"] = str(instance)
    values.setdefault("database_url", f"sqlite:///{instance / 'countersign.sqlite3'}")
    instance.mkdir(parents=True, exist_ok=True)
    for name in ("sms_outbox", "voice_outbox", "mail_outbox"):
        values[name] = str(instance / values.get(name, Settings.model_fields[name].default))
    if values.get("app_env", "development") != "production":
        values.setdefault("public_url", f"http://127.0.0.1:{values.get('port', '5000')}")
        if "secret_key" not in values:
            values["secret_key"] = _development_secret(instance)
    return values


def _development_secret(instance: Path) -> str:
    """A random key kept in the instance folder, so that restarting the development server ends no session."""
    path = instance / "development-secret-key"
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        try:
            with open(path, "x", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                file.write(secrets.token_hex(32))
        except FileExistsError:  # the worker, started beside us, was first
            pass
        return path.read_text(encoding="ascii")


def _plain(exc: ValidationError) -> Iterator[str]:
    """One line a fault, with the setting's name and never its value."""
    for error in exc.errors(include_input=False, include_url=False):
        message = _in_words(error)
        if error["loc"]:
            yield f"{str(error['loc'][0]).upper()}: {message[0].lower()}{message[1:]}"
        else:
            yield from message.splitlines()


def _in_words(error: ErrorDetails) -> str:
    limits = error.get("ctx", {})
    return {
        "greater_than_equal": f"must be {limits.get('ge')} or more",
        "less_than_equal": f"must be {limits.get('le')} or less",
        "int_parsing": "must be a whole number",
        "bool_parsing": "must be true or false",
        "literal_error": f"must be {limits.get('expected')}",
        "string_too_long": f"must have {limits.get('max_length')} characters or fewer",
    }.get(error["type"], error["msg"].removeprefix("Value error, "))


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
