"""Signed receipts of the SMS provider."""

from flask import Blueprint

from extensions import csrf

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")
# The signature over the body is what shows who calls; no browser does.
csrf.exempt(blueprint)

from blueprints.webhooks import views  # noqa: E402, F401
