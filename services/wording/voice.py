"""The words of every call, as marks for a voice (SSML without its root). The gateway has them said twice."""

from html import escape
from typing import Any

from config import settings
from models.challenge import Challenge
from services import codes, language
from services.language import gettext as _
from services.wording.sms import purpose_of

#: Characters of what a code is for: longer ones are for the eye. With brand, code and marks far below what a call may
#: have (1,500).
_PURPOSE = 200
_PAUSE = '<break time="700ms"/>'
#: The provider's names of voices, for languages that VOICE_LANGUAGE is not of.
_VOICES = {"en": "en-GB", "de": "de-DE"}


def spoken() -> str:
    """The voice for the language spoken now. VOICE_LANGUAGE, where it is of that language: en-US, or de-AT."""
    mine, chosen = language.current(), settings().voice_language
    return chosen if chosen.partition("-")[0] == mine else _VOICES[mine]


def render(template: str, params: dict[str, Any], challenge: Challenge | None) -> str:
    """Raises KeyError for an unknown template."""
    return {"code": _code}[template](params, challenge)


def _code(params: dict[str, Any], challenge: Challenge | None) -> str:
    """What it is for comes before the code: whoever hears something else than they are doing can hang up."""
    if challenge is None:
        raise ValueError("a code without a challenge")
    purpose = purpose_of(challenge, params)[:_PURPOSE]
    # One by one: a voice reads "804152" as eight hundred thousand.
    digits = f", {_PAUSE}".join(codes.code_for(challenge))
    announced = _(
        "Hello. This is %(brand)s. Your authentication code to %(purpose)s is:",
        brand=_said(settings().brand_name),
        purpose=_said(purpose),
    )
    warning = _("Never tell it to anyone.")
    return f'{announced} {_PAUSE}<prosody rate="slow">{digits}.</prosody>{_PAUSE} {warning} {_PAUSE}'


def _said(text: str) -> str:
    """Text as text: a name is no mark, and what cannot be said is left out."""
    return escape("".join(ch for ch in text if ch.isprintable()), quote=False)
