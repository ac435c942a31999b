"""The cookie of trusted browsers. It says "a code was entered here", and signs nobody in."""

from flask import request
from werkzeug.wrappers import Response

from config import settings


def read_browser_cookie() -> str:
    return request.cookies.get(_name(), "")


def set_browser_cookie(response: Response, value: str) -> None:
    response.set_cookie(
        _name(),
        value,
        max_age=settings().trusted_browser_days * 86400,
        path="/",
        secure=_secure(),
        httponly=True,
        samesite="Lax",
    )


def _secure() -> bool:
    return settings().public_url.startswith("https://")


def _name() -> str:
    return "__Host-browser" if _secure() else "browser"
