"""For machines: is the process alive, is the site ready, whom to tell of a hole."""

from flask import Blueprint

blueprint = Blueprint("health", __name__)

from blueprints.health import views  # noqa: E402, F401
