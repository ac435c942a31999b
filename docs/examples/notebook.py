"""A notebook whose one dangerous button asks for a code by SMS: Countersign's step-up in another Flask site.

From the root of this repository; docs/step-up.md tells what happens:

    .venv/bin/flask --app docs/examples/notebook.py run --port 5001
"""

import os

from flask import Blueprint, Flask, redirect, render_template_string
from flask_login import current_user, login_user
from flask_migrate import upgrade

import config
from app import create_base
from blueprints.step_up import step_up_required
from extensions import db, login_manager
from models import Account, Role, User
from services import delivery, sessions
from services.clock import now
from services.unit_of_work import write

PAGE = """{% extends "layouts/code.html" %}{% set heading = "Notebook" %}
{% from "macros/forms.html" import post_form, submit %}{% block content %}<p>{{ notes|length }} notes</p>
{% call post_form("/notes/burn") %}{{ submit("Burn them all", "danger") }}{% endcall %}
{% for text in phone %}<p>On your phone: {{ text }}</p>{% endfor %}{% endblock %}"""
NOTES = ["milk", "eggs", "the code of the safe"]
home = Blueprint("home", __name__)


@home.get("/")
def start() -> str:
    delivery.send_due()  # a bigger site runs `flask worker` for this
    outbox = config.settings().sms_outbox
    return render_template_string(
        PAGE, notes=NOTES, phone=outbox.read_text().splitlines() if outbox.exists() else []
    )


@home.post("/notes/burn")
@step_up_required("notes.burn", scope=lambda: "all of them", wording="burn all notes")
def burn() -> object:
    NOTES.clear()
    return redirect("/", 303)


@home.before_app_request
def let_dana_in() -> None:  # your own sign-in goes here; at its end it starts a session like this
    if not current_user.is_authenticated:
        login_user(sessions.start(db.session.query(User).one(), second_step="code"))


def create_app() -> Flask:
    app = create_base(
        config.load({"BRAND_NAME": "Notebook", "INSTANCE_PATH": "instance/notebook", **os.environ})
    )
    app.register_blueprint(home)
    login_manager.init_app(app)
    login_manager.user_loader(sessions.load)
    with app.app_context():
        upgrade()  # the tables of challenges, sessions and messages
    with app.app_context(), write() as session:
        if not db.session.query(User).count():
            dana = {
                "email": "dana@example.com",
                "name": "Dana",
                "role": Role.OWNER,
                "mobile_number": "+447400123456",
            }
            site = Account(name="Notebook", region="GB", time_zone="UTC", created_at=now())
            site.two_factor_enabled_at, site.two_factor_enabled_by = now(), "Dana"
            session.add(User(**dana, account=site, created_at=now()))
    return app
