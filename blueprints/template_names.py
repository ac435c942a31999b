"""Names that every template knows: the brand, versioned addresses of static files, the present."""

from flask import Flask, url_for

from blueprints import assets
from config import Settings
from services.clock import now


def register(app: Flask, settings: Settings) -> None:
    assets.register(app)

    def asset(path: str) -> str:
        """The address of a static file."""
        return url_for("static", filename=path, v=assets.version(path))

    app.jinja_env.globals.update(
        brand_name=settings.brand_name,
        support_mail=settings.support_mail,
        asset=asset,
        now=now,
    )
