"""A code that turns out to be needed once rows are locked: nothing was changed, and what was asked for waits."""

from flask import redirect, url_for
from werkzeug.wrappers import Response

from blueprints.errors import with_handlers
from blueprints.own_path import path_and_query
from blueprints.step_up import blueprint
from blueprints.step_up.decorator import ask_first
from services.step_up import StepUpFirst


@blueprint.app_errorhandler(StepUpFirst)
@with_handlers
def code_first(first: StepUpFirst) -> Response:
    """To the code page; or once more to where this was going, when the code was entered in another tab meanwhile."""
    again = path_and_query() or url_for("home.start")
    return ask_first(first.action, first.scope, first.wording) or redirect(again, 303)
