"""The page that asks for the code sent to a new number, for the account page and for one's own profile alike."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask_login import login_user
from werkzeug.wrappers import Response

from blueprints import code_page, code_words
from blueprints.access import me, member_required, owner_required
from blueprints.answers import Page
from blueprints.code_page import CodeForm, CodePage
from blueprints.settings import blueprint
from blueprints.settings.account import account_page, saved_or_missing
from blueprints.settings.forms import AccountForm, wanted_of_kept
from blueprints.settings.profile import profile_page_of, told
from models.number_confirmation import NumberConfirmation
from services import account_save, number_confirmations, profiles
from services.account_save import Overtaken
from services.codes import Outcome, Verdict
from services.language import N_
from services.language import gettext as _
from services.limits import LimitExceeded
from services.number_confirmations import ACCOUNT, PROFILE

Answer = Response | Page
OVERTAKEN = N_("Two-factor authentication was turned on meanwhile. Save again to change your mobile number")

#: Where the save of each kind began, and the endpoint of its code page.
_PAGES = {ACCOUNT: "settings.account", PROFILE: "settings.profile"}
_CONFIRM = {ACCOUNT: "settings.confirm_mobile", PROFILE: "settings.confirm_own_mobile"}


@blueprint.route("/account/confirm-mobile", methods=["GET", "POST"])
@owner_required
def confirm_mobile() -> Answer:
    return _code_page(ACCOUNT, _finish_account)


@blueprint.get("/account/confirm-mobile/status")
@owner_required
def confirm_mobile_status() -> Response:
    return _status(ACCOUNT)


@blueprint.post("/account/confirm-mobile/resend")
@owner_required
def confirm_mobile_resend() -> Answer:
    return _resend(ACCOUNT)


@blueprint.post("/account/confirm-mobile/call")
@owner_required
def confirm_mobile_call() -> Answer:
    return _call(ACCOUNT)


@blueprint.post("/account/confirm-mobile/cancel")
@owner_required
def confirm_mobile_cancel() -> Response:
    return _cancel(ACCOUNT)


@blueprint.route("/profile/confirm-mobile", methods=["GET", "POST"])
@member_required
def confirm_own_mobile() -> Answer:
    return _code_page(PROFILE, _finish_profile)


@blueprint.get("/profile/confirm-mobile/status")
@member_required
def confirm_own_mobile_status() -> Response:
    return _status(PROFILE)


@blueprint.post("/profile/confirm-mobile/resend")
@member_required
def confirm_own_mobile_resend() -> Answer:
    return _resend(PROFILE)


@blueprint.post("/profile/confirm-mobile/call")
@member_required
def confirm_own_mobile_call() -> Answer:
    return _call(PROFILE)


@blueprint.post("/profile/confirm-mobile/cancel")
@member_required
def confirm_own_mobile_cancel() -> Response:
    return _cancel(PROFILE)


def _code_page(kind: str, finish: Callable[[NumberConfirmation, str], Verdict | Answer]) -> Answer:
    waiting = _waiting(kind)
    if waiting is None:
        return _nothing_waits(kind)
    page = _page_of(waiting)
    try:
        return page.ask(lambda form: finish(waiting, form.entered))
    except LimitExceeded as limit:
        return page.refuse(code_words.over_limit(limit, me().user))


def _status(kind: str) -> Response:
    waiting = _waiting(kind)
    return _page_of(waiting).status() if waiting is not None else code_page.over()


def _finish_account(waiting: NumberConfirmation, entered: str) -> Verdict | Answer:
    fields = number_confirmations.kept_fields(waiting)
    wanted = wanted_of_kept(fields, number_confirmations.number_of(waiting))
    if wanted is None:
        return Verdict(Outcome.DEAD)
    verdict, outcome, renewed = account_save.finish(me(), waiting, entered, wanted)
    if outcome is None:
        return verdict
    login_user(renewed)  # the session's new token
    form = AccountForm.kept(me().account, fields)
    if isinstance(outcome, Overtaken):
        form.form_errors.append(_(OVERTAKEN))
        return account_page(form)
    return saved_or_missing(form, outcome)


def _finish_profile(waiting: NumberConfirmation, entered: str) -> Verdict | Answer:
    fields = number_confirmations.kept_fields(waiting)
    name = fields.get("name", [me().user.name])[0]
    language = fields.get("language", [None])[0]
    verdict, outcome, renewed = profiles.finish(me(), waiting, entered, name, language)
    if outcome is None:
        return verdict
    login_user(renewed)
    if isinstance(outcome, Overtaken):
        return profile_page_of(fields, _(OVERTAKEN))
    return told(outcome)


def _resend(kind: str) -> Answer:
    waiting = _waiting(kind)
    if waiting is None:
        return _nothing_waits(kind)
    return _page_of(waiting).resend(lambda: number_confirmations.resend(me(), waiting))


def _call(kind: str) -> Answer:
    waiting = _waiting(kind)
    if waiting is None:
        return _nothing_waits(kind)
    return _page_of(waiting).call(lambda: number_confirmations.call(me(), waiting))


def _cancel(kind: str) -> Response:
    waiting = _waiting(kind)
    if waiting is None:
        return _nothing_waits(kind)
    number_confirmations.cancel(waiting)
    flash(_("Nothing was saved. What you typed is still in the form."), "info")
    return redirect(url_for(_PAGES[kind], draft=waiting.public_id), 303)


def _waiting(kind: str) -> NumberConfirmation | None:
    return number_confirmations.find(me(), kind, request.values.get("on"))


def _nothing_waits(kind: str) -> Response:
    flash(_("There is nothing to confirm any more."), "info")
    return redirect(url_for(_PAGES[kind]), 303)


def _page_of(waiting: NumberConfirmation) -> CodePage[CodeForm]:
    endpoint, on = _CONFIRM[waiting.kind], waiting.public_id
    return CodePage(
        "settings/confirm_mobile.html",
        CodeForm,
        code_url=url_for(endpoint, on=on),
        resend_url=url_for(f"{endpoint}_resend"),
        call_url=url_for(f"{endpoint}_call"),
        cancel_url=url_for(f"{endpoint}_cancel"),
        status_url=url_for(f"{endpoint}_status", on=on),
        challenge=lambda: number_confirmations.challenge_of(waiting),
        user=me().user,
        destination=waiting.number,
        start_over=_("Cancel and save again"),
        on=on,
        more={"turning_on": _turns_on(waiting)},
    )


def _turns_on(waiting: NumberConfirmation) -> bool:
    return "two_factor_enabled" in number_confirmations.kept_fields(waiting) and not me().two_factor_on
