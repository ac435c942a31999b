"""HTTP only: a view checks who asks, fills a form, calls one service function, and redirects."""

from flask import Flask


def register(app: Flask) -> None:
    """Bind every page group to the application; the step-up's is there already."""
    from blueprints import (
        contacts,
        export,
        health,
        help,
        home,
        login,
        phone,
        reports,
        settings,
        support,
        webhooks,
    )

    groups = (
        home,
        login,
        settings,
        contacts,
        export,
        support,
        help,
        webhooks,
        phone,
        health,
        reports,
    )
    for group in groups:
        app.register_blueprint(group.blueprint)
