"""Account settings, users, ownership, one's own profile, browsers, and the activity log."""

from flask import Blueprint, render_template

from services.accounts import NotAMember, NotTheOwner

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


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
