"""The words of every text: one GSM-7 part of 160 characters, whatever a brand or a list is called."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config import Settings, settings
from models.challenge import Challenge
from services import codes, gsm7


def render(template: str, params: dict[str, Any], challenge: Challenge | None, zone: str) -> str:
    """The text of a message, with times as in ``zone`` (IANA name). Raises KeyError for an unknown template."""
    return _TEXTS[template](settings(), params, challenge, zone)


def _code(config: Settings, params: dict[str, Any], challenge: Challenge | None, _: str) -> str:
    """Code first, so that a locked screen shows it; what it is for, so that a relayed one is noticed; and the
    origin-bound last line that browsers fill in from: ``@host #code``, nothing before or after it."""
    if challenge is None:
        raise ValueError("a code without a challenge")
    return gsm7.fit(
        "{code} is your {brand} authentication code to {purpose}. Never share it.\n\n@{host} #{code}",
        shorten="purpose",
        code=codes.code_for(challenge),
        brand=config.brand_name,
        purpose=purpose_of(challenge, params),
        host=config.public_host,
    )


def purpose_of(challenge: Challenge, params: dict[str, Any]) -> str:
    """What a code is for: completes "your code to …"."""
    if challenge.purpose == codes.LOGIN:
        return "sign in"
    if challenge.purpose == codes.CONFIRM_MOBILE:
        return "confirm your mobile number"
    return str(params.get("wording") or "continue")


def _number_changed(config: Settings, *_: Any) -> str:
    return _notice(
        config,
        "Your mobile number was changed. Codes no longer come to this one. Not you? Contact support now",
    )


def _two_factor_on(config: Settings, *_: Any) -> str:
    return _notice(
        config,
        "Two-factor authentication is on. We will text a code here when you sign in from a new browser",
    )


def _two_factor_off(config: Settings, *_: Any) -> str:
    return _notice(
        config,
        "Support turned two-factor authentication off for your account. Did nobody ask? Contact support",
    )


def _two_factor_off_scheduled(config: Settings, params: dict[str, Any], _: Any, zone: str) -> str:
    due = datetime.fromisoformat(params["due"]).astimezone(ZoneInfo(zone)).strftime("%d %b %H:%M")
    return _notice(
        config, f"Support will turn two-factor authentication off on {due}. Your owner can stop it by mail"
    )


def _trial(config: Settings, *_: Any) -> str:
    return gsm7.fit(
        "This is a test of {brand}. There is nothing to do.", shorten="brand", brand=config.brand_name
    )


def _notice(config: Settings, text: str) -> str:
    return gsm7.fit("{brand}: {text}.", shorten="text", brand=config.brand_name, text=text)


_TEXTS: dict[str, Callable[[Settings, dict[str, Any], Challenge | None, str], str]] = {
    "code": _code,
    "trial": _trial,
    "number_changed": _number_changed,
    "two_factor_on": _two_factor_on,
    "two_factor_off": _two_factor_off,
    "two_factor_off_scheduled": _two_factor_off_scheduled,
}
