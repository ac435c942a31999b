"""Where a signed-in person starts."""

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from blueprints.access import me

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def start() -> Response:
    return redirect(url_for("support.index" if me().user.is_support else "contacts.index"), 303)
