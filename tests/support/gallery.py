"""A small site of nothing but the shell: every macro and module on pages of its own, under the real headers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask, redirect, render_template, request
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.serving import make_server
from wtforms import (
    BooleanField,
    Form,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length

from blueprints import headers, languages, template_names, templating
from config import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("window", "parts", "code")


class Everything(Form):
    company_name = StringField("Company name", [InputRequired("Enter the company name")])
    two_factor_enabled = BooleanField("Two-factor authentication")
    ana = TelField("Mobile number")
    ben = TelField("Mobile number")
    list = SelectField("List", choices={"": "All contacts", "n": "Newsletter"}, validate_choice=False)
    status = RadioField("Status", [InputRequired("Choose a status")], choices={"a": "All", "s": "Subscribed"})
    columns = SelectMultipleField(
        "Columns", [InputRequired("Choose a column")], choices={"E": "Email", "M": "Mobile"}
    )
    note = TextAreaField("Note")
    code = StringField("Authentication code", [Length(6, 6, "The code must be 6 numbers")])


def create_gallery() -> Flask:
    """GET shows a page, POST the same page rejected. `app.posts` keeps (path, wants JSON) of each POST."""
    app = Flask(__name__, static_folder=str(ROOT / "static"))
    folders = [ROOT / "templates", ROOT / "tests/templates/gallery"]
    app.jinja_loader = ChoiceLoader([FileSystemLoader(folder) for folder in folders])
    app.secret_key = "only for the gallery"
    settings = Settings()
    app.extensions["settings"] = settings
    templating.register(app)
    languages.register(app)
    template_names.register(app, settings)
    headers.register(app, settings)
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    app.url_build_error_handlers.append(lambda _error, endpoint, _values: f"/{endpoint}")
    posts: list[tuple[str, bool]] = []
    app.extensions["posts"] = posts
    progress = iter([40, 80])

    @app.context_processor
    def names() -> dict[str, Any]:
        user = SimpleNamespace(
            name="Dana Okafor", email="dana@example.com", is_owner=True, is_support=False, may_export=True
        )
        return {"signed_in": SimpleNamespace(user=user, account=SimpleNamespace(name="Example Ltd"))}

    @app.route("/<any(window, parts, code):name>", methods=["GET", "POST"])
    def page(name: str) -> tuple[str, int]:
        form = Everything(request.form)
        if request.method == "POST":
            form.validate()
        return render_template(f"{name}.html", form=form, polling=_polled(request.args.get("poll"))), 200

    @app.post("/numbers")
    def numbers() -> tuple[Any, int]:
        posts.append((request.path, "json" in request.headers["Accept"]))
        if request.form["ben"] == "teapot":
            return "<title>As a page</title>", 418
        if not request.form["ben"]:
            return {"errors": {"ben": "Enter a mobile number for <b>Ben</b>"}}, 422
        return {"message": "Mobile numbers saved."}, 200

    @app.get("/over.json")
    def over_json() -> Any:
        return redirect("/parts", 303)

    @app.get("/progress.json")
    def progress_json() -> dict[str, Any]:
        done = next(progress, 100)
        return {"done": done, "total": 100, "status": f"{done} rows read", "finished": done == 100}

    return app


def _polled(name: str | None) -> str:
    return "" if name is None else f"/{name or 'progress'}.json"


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of `app`, served from a thread while the context lasts."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
