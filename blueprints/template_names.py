"""Names that every template knows: the brand, versioned addresses of static files, the present."""

from functools import lru_cache

from flask import Flask, request, url_for

from blueprints import assets
from config import Settings
from services.clock import now


def register(app: Flask, settings: Settings) -> None:
    assets.register(app)

    @lru_cache(maxsize=512)
    def address(path: str, version: str, _below: str) -> str:
        return url_for("static", filename=path, v=version)

    def asset(path: str) -> str:
        """The address of a static file."""
        return address(path, assets.version(path), request.script_root)  # a page has ten

    app.jinja_env.globals.update(
        brand_name=settings.brand_name,
        support_mail=settings.support_mail,
        asset=asset,
        now=now,
    )
