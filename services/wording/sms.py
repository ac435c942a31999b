"""The words of every text: one GSM-7 part of 160 characters, whatever a brand or a list is called."""

from collections.abc import Callable
from typing import Any

from config import Settings, settings
from models.challenge import Challenge
from services import codes, gsm7
from services.language import gettext as _
from services.wording import approvals, times


def render(template: str, params: dict[str, Any], challenge: Challenge | None, zone: str) -> str:
    """The text of a message, with times as in ``zone`` (IANA name). Raises KeyError for an unknown template."""
    return _TEXTS[template](settings(), params, challenge, zone)


def _code(config: Settings, params: dict[str, Any], challenge: Challenge | None, zone: str) -> str:
    """Code first, so that a locked screen shows it; what it is for, so that a relayed one is noticed; and the
    origin-bound last line that browsers fill in from: ``@host #code``, nothing before or after it."""
    if challenge is None:
        raise ValueError("a code without a challenge")
    words = _(
        "%(code)s is your %(brand)s authentication code to %(purpose)s. Never share it.",
        code="{code}",
        brand="{brand}",
        purpose="{purpose}",
    )
    return gsm7.fit(
        words + "\n\n@{host} #{code}",
        shorten="purpose",
        code=codes.code_for(challenge),
        brand=config.brand_name,
        purpose=purpose_of(challenge, params),
        host=config.public_host,
    )


def purpose_of(challenge: Challenge, params: dict[str, Any]) -> str:
    """What a code is for, in the language spoken now: completes "your code to …"."""
    if challenge.purpose == codes.LOGIN:
        return _("sign in")
    if challenge.purpose == codes.CONFIRM_MOBILE:
        return _("confirm your mobile number")
    return approvals.said(str(params.get("wording") or "")) or _("continue")


def _number_changed(config: Settings, *given: Any) -> str:
    return _notice(
        config,
        _("Your mobile number was changed. Codes no longer come to this one. Not you? Contact support now"),
    )


def _two_factor_on(config: Settings, *given: Any) -> str:
    return _notice(
        config,
        _("Two-factor authentication is on. We will text a code here when you sign in from a new browser"),
    )


def _two_factor_off(config: Settings, *given: Any) -> str:
    return _notice(
        config,
        _("Support turned two-factor authentication off for your account. Did nobody ask? Contact support"),
    )


def _two_factor_off_scheduled(
    config: Settings, params: dict[str, Any], challenge: Challenge | None, zone: str
) -> str:
    return _notice(
        config,
        _(
            "Support will turn two-factor authentication off on %(due)s. Your owner can stop it by mail",
            due=times.in_short(params["due"], zone),
        ),
    )


def _trial(config: Settings, *given: Any) -> str:
    words = _("This is a test of %(brand)s. There is nothing to do.", brand="{brand}")
    return gsm7.fit(words, shorten="brand", brand=config.brand_name)


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
