"""A site on Flask-Security as its own documents have it: sign-in with argon2, pages behind a sign-in that is fresh.

Run by gunicorn in the peers' environment, with DATABASE_URL. ``/fresh`` answers as the site's own guarded page does,
``/rows`` with the same template of 25 rows.
"""

import os

from flask import Flask, render_template
from flask_security import Security, SQLAlchemyUserDatastore, auth_required, hash_password
from flask_security.models import fsqla_v3 as fsqla
from flask_sqlalchemy import SQLAlchemy
from rows_template import PEOPLE, ROWS

app = Flask(__name__)
app.config.update(
    SECRET_KEY="a key for benchmarks, 32 bytes or more",
    SECURITY_PASSWORD_SALT="a salt for benchmarks",
    SECURITY_PASSWORD_HASH="argon2",
    SECURITY_PASSWORD_SCHEMES=["argon2"],
    SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
    SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
    SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"],
    SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True},
    WTF_CSRF_ENABLED=False,
)
db = SQLAlchemy(app)
fsqla.FsModels.set_db_info(db)


class Role(db.Model, fsqla.FsRoleMixin):
    pass


class User(db.Model, fsqla.FsUserMixin):
    pass


app.security = Security(app, SQLAlchemyUserDatastore(db, User, Role))
WITHIN = 60  # minutes
TEMPLATE = app.jinja_env.from_string(ROWS)


@app.get("/alive")
def alive():
    return "yes"


@app.get("/in")
@auth_required("session")
def signed_in():
    return "hello"


@app.get("/fresh")
@auth_required("session", within=WITHIN)
def fresh():
    return "hello"


@app.get("/rows")
@auth_required("session", within=WITHIN)
def rows():
    return render_template(TEMPLATE, people=PEOPLE)


with app.app_context():
    db.create_all()
    if not app.security.datastore.find_user(email="owner@acme.example"):
        app.security.datastore.create_user(
            email="owner@acme.example", password=hash_password("a password of four words")
        )
        db.session.commit()
