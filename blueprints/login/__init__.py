"""Sign-in, its code page, sign-out, forgotten password, invitations."""

from flask import Blueprint

blueprint = Blueprint("login", __name__)

from blueprints.login import code_views, password_views, views  # noqa: E402, F401  # they bind their routes
