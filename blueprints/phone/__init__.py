"""Development only: the phones and mailboxes that the outbox gateways stand for."""

from flask import Blueprint

blueprint = Blueprint("phone", __name__, url_prefix="/dev")

from blueprints.phone import views  # noqa: E402, F401
