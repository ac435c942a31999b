"""Letting codes be sent to a person again, after too many wrong ones stopped them."""

from flask import abort, flash, redirect, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, support_required
from blueprints.support import blueprint
from blueprints.support.accounts import find_account
from services import accounts, number_binding
from services.language import gettext as _
from services.number_binding import NotStopped


@blueprint.post("/accounts/<account_id>/people/<user_id>/bind-number")
@support_required
def bind_number(account_id: str, user_id: str) -> Response:
    account = find_account(account_id)
    person = accounts.find_member(account, user_id) or abort(404)
    try:
        number_binding.by_support(me(), account, person)
    except NotStopped:
        flash(_("Codes are sent to this person. Nothing was changed."), "info")
    else:
        flash(
            _(
                "Codes are sent to %(name)s again. They were told by mail, and signed out.",
                name=person.name,
            )
        )
    return redirect(url_for("support.account", account_id=account.public_id), 303)
