"""The two applications of ours that benchmarks/pages.py serves: a bare one, and the site with three pages more.

``benchmarks.pages_sites:hello()`` and ``benchmarks.pages_sites:site()``, for gunicorn.
"""

import sys
from pathlib import Path

from flask import Blueprint, Flask, render_template

sys.path.insert(0, str(Path(__file__).parent / "peers" / "flask_security_site"))
from rows_template import PEOPLE, ROWS  # type: ignore[import-not-found]

from app import create_app
from blueprints.step_up import step_up_required

ACTION, SCOPE = "benchmark", "all"


def hello() -> Flask:
    app = Flask("hello")

    @app.get("/healthz")
    @app.get("/")
    def page() -> str:
        return "hello"

    return app


def site() -> Flask:
    """The whole site. The pages are behind its door as every other: one asks for the sign-in alone, two for a code."""
    app = create_app()
    pages = Blueprint("benchmark", __name__, url_prefix="/benchmark")
    guarded = step_up_required(ACTION, scope=lambda: SCOPE, wording="measure")
    template = app.jinja_env.from_string(ROWS)

    @pages.get("/in")
    def signed_in() -> str:
        return "hello"

    @pages.get("/guarded")
    @guarded
    def page() -> str:
        return "hello"

    @pages.get("/rows")
    @guarded
    def rows() -> str:
        return render_template(template, people=PEOPLE)

    app.register_blueprint(pages)
    return app
