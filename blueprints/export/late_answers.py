"""A right that was lost while its request was on the way: the answer that the door would give to the next one."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from blueprints.access import me
from blueprints.errors import with_handlers
from blueprints.export import blueprint
from blueprints.own_path import path_and_query
from services.exports import rights


@blueprint.app_errorhandler(rights.NotAllowed)
@with_handlers
def not_allowed(_: rights.NotAllowed) -> tuple[str, int]:
    rights.refused(me())
    return render_template("errors/403.html"), 403


@blueprint.app_errorhandler(rights.SessionOver)
def session_over(_: rights.SessionOver) -> Response:
    """Once more to the door, which asks for a sign-in."""
    return redirect(path_and_query() or url_for("home.start"), 303)
