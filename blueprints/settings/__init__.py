"""Account settings, users, ownership, one's own profile, browsers, and the activity log."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from blueprints.errors import with_handlers
from services.accounts import NotAMember, NotTheOwner
from services.step_up import StepUpFirst

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.errorhandler(StepUpFirst)
@with_handlers
def ask_for_code(first: StepUpFirst) -> Response:
    """A rule that showed once the rows were locked: nothing was changed, and the form waits on the server."""
    from blueprints.step_up import ask_first

    answer = ask_first(first.action, first.scope, first.wording)
    assert answer is not None  # noqa: S101  # for the type checker: it was raised because no grant fits
    return answer


@blueprint.errorhandler(NotAMember)
@blueprint.errorhandler(NotTheOwner)
def not_any_more(_: NotAMember | NotTheOwner) -> tuple[str, int]:
    return render_template("errors/403.html"), 403


from blueprints.settings import (  # noqa: E402, F401  # they bind their routes
    account,
    activity,
    browsers,
    confirm,
    keep,
    numbers,
    ownership,
    password,
    profile,
    users,
)
