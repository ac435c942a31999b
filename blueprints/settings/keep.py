"""The owner's answer to a turn-off that support has scheduled: no, keep it on."""

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, owner_required
from blueprints.settings import blueprint
from services import scheduled_disables
from services.language import gettext as _


@blueprint.post("/account/keep-two-factor")
@owner_required
def keep_two_factor() -> Response:
    if scheduled_disables.stop_as_owner(me()):
        flash(_("Two-factor authentication stays on. Everyone in the account was told."))
    else:
        flash(_("Nothing is scheduled any more."), "info")
    return redirect(url_for("settings.account"), 303)
