"""Turning two-factor authentication off, and keeping it on after all."""

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, support_required
from blueprints.answers import Page
from blueprints.step_up import ask_first
from blueprints.support import blueprint
from blueprints.support.accounts import find_account, show
from blueprints.support.forms import DisableForm
from models.account import Account
from services import scheduled_disables, support, support_requests
from services.disabling import Disabling, Operator
from services.language import N_
from services.language import gettext as _
from services.scheduled_disables import AlreadyScheduled
from services.support import ACTION, AlreadyOff, CodeUsedUp
from services.wording import approvals

_IS_OFF = N_("Two-factor authentication is off already for this account.")
_IS_SCHEDULED = N_("This is scheduled already. Nothing was changed.")
_IS_STOPPED = N_("There is nothing to stop: it was stopped or done already.")


@blueprint.route("/accounts/<account_id>/two-factor/disable", methods=["GET", "POST"])
@support_required
def disable_two_factor(account_id: str) -> Response | Page:
    """The form is judged before a code is asked for, so that no code is spent on a form that is refused."""
    account = find_account(account_id)
    form = DisableForm.for_account(account)
    if not form.is_submitted():  # somebody reloads, or comes back from the code page
        return _to(account)
    if not account.two_factor_on:
        return _nothing_to_do(account, _IS_OFF)
    if scheduled_disables.waiting_for(account) is not None:
        return _nothing_to_do(account, _IS_SCHEDULED)
    if not form.validate():
        return show(account, form), 422
    return _ask(account) or _disable(account, form)


@blueprint.post("/accounts/<account_id>/two-factor/keep")
@support_required
def stop_disable(account_id: str) -> Response:
    account = find_account(account_id)
    waiting = scheduled_disables.waiting_for(account)
    if waiting is not None and scheduled_disables.stop(waiting, operator=Operator.person(me().user)):
        flash(_("Stopped. Two-factor authentication stays on, and everyone in the account is told."))
        return _to(account)
    return _nothing_to_do(account, _IS_STOPPED)


def _ask(account: Account) -> Response | None:
    return ask_first(ACTION, account.public_id, approvals.turn_off(account.name))


def _disable(account: Account, form: DisableForm) -> Response:
    chosen = form.request_id.data
    wanted = Disabling(
        account=account,
        operator=Operator.person(me().user),
        reason=form.reason.data or "",
        evidence=form.evidence.data,
        request=support_requests.find(chosen) if chosen else None,
    )
    try:
        scheduled = support.disable_with_code(me(), wanted)
    except CodeUsedUp:
        return _ask(account) or _to(account)
    except AlreadyOff:
        return _nothing_to_do(account, _IS_OFF)
    except AlreadyScheduled:
        return _nothing_to_do(account, _IS_SCHEDULED)
    if scheduled is None:
        flash(_("Two-factor authentication is off. Everyone in the account is told, and signed out."))
    else:  # when, and how it is stopped, stands on the page that comes now
        flash(_("Scheduled. Everyone in the account is told."))
    return _to(account)


def _nothing_to_do(account: Account, why: str) -> Response:
    flash(_(why), "info")
    return _to(account)


def _to(account: Account) -> Response:
    return redirect(url_for("support.account", account_id=account.public_id), 303)
