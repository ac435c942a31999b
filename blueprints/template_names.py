"""Names that every template knows: the brand, versioned addresses of static files, the present."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, url_for

from config import Settings
from services.clock import now


def register(app: Flask, settings: Settings) -> None:
    folder = Path(app.static_folder or "static")

    @lru_cache(maxsize=256)
    def version(path: str, modified: int) -> str:
        return hashlib.sha256((folder / path).read_bytes()).hexdigest()[:12]

    def asset(path: str) -> str:
        """The address of a static file; it changes when the content does, so that it can be cached for a year."""
        return url_for("static", filename=path, v=version(path, (folder / path).stat().st_mtime_ns))

    app.jinja_env.globals.update(
        brand_name=settings.brand_name,
        support_mail=settings.support_mail,
        asset=asset,
        now=now,
    )
