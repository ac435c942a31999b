"""Paths that lead back into this site, and nowhere else."""

import re
from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException

_MAX = 2000
# One slash, then no second slash or backslash: browsers read "//" and "/\" as another host.
_OWN = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", re.ASCII)


def own_path(value: str | None) -> str:
    """``value`` if it is a path of this site (with its query), else ""."""
    if not value or len(value) > _MAX or not _OWN.fullmatch(value):
        return ""
    parts = urlsplit(value)
    return value if not parts.scheme and not parts.netloc else ""


def endpoint_at(path: str) -> str:
    """The endpoint that a GET of ``path`` would reach, "" for none."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(path, method="GET")
    except HTTPException:
        return ""
    return str(endpoint)


def path_and_query() -> str:
    """Where this request was going, as an own path; "" when it cannot be written as one."""
    path = request.full_path if request.query_string else request.path
    return own_path(path)


def referring_path(default: str) -> str:
    """The own page that led here, or ``default``."""
    parts = urlsplit(request.referrer or "")
    if parts.netloc != request.host:
        return default
    return own_path(parts.path + (f"?{parts.query}" if parts.query else "")) or default
