"""Ending every session of an account, when it asks for that or an attack is seen."""

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, support_required
from blueprints.answers import Page
from blueprints.support import blueprint
from blueprints.support.accounts import find_account, show
from blueprints.support.forms import DisableForm, SignOutForm
from services import signing_out
from services.language import gettext as _


@blueprint.post("/accounts/<account_id>/sign-out")
@support_required
def sign_out_account(account_id: str) -> Response | Page:
    account = find_account(account_id)
    form = SignOutForm()
    if not form.validate():
        return show(account, DisableForm.for_account(account, formdata=None), form), 422
    signing_out.by_support(me(), account, form.why.data or "")
    flash(_("Everyone of %(account)s is signed out and was told by mail.", account=account.name))
    return redirect(url_for("support.account", account_id=account.public_id), 303)
