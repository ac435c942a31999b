"""The page that asks for the code sent to a new number, for the account page and for one's own profile alike."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_user
from werkzeug.wrappers import Response

from blueprints import code_page
from blueprints.access import me, member_required, owner_required
from blueprints.code_page import CodeForm, Explained
from blueprints.settings import blueprint
from blueprints.settings.account import account_page, saved_or_missing
from blueprints.settings.forms import AccountForm, wanted_of_kept
from blueprints.settings.profile import profile_page_of, told
from config import settings
from models.number_confirmation import NumberConfirmation
from services import account_save, codes, number_confirmations, profiles
from services.account_save import Overtaken
from services.codes import Verdict
from services.limits import LimitExceeded
from services.number_confirmations import ACCOUNT, PROFILE

Page = tuple[str, int, dict[str, str]]
Answer = Response | Page
OVERTAKEN = "Two-factor authentication was turned on meanwhile. Save again to change your mobile number"

#: Where the save of each kind began, and the endpoint of its code page.
_PAGES = {ACCOUNT: "settings.account", PROFILE: "settings.profile"}
_CONFIRM = {ACCOUNT: "settings.confirm_mobile", PROFILE: "settings.confirm_own_mobile"}


@blueprint.route("/account/confirm-mobile", methods=["GET", "POST"])
@owner_required
def confirm_mobile() -> Answer:
    return _code_page(ACCOUNT, _finish_account)


@blueprint.post("/account/confirm-mobile/resend")
@owner_required
def confirm_mobile_resend() -> Answer:
    return _resend(ACCOUNT)


@blueprint.post("/account/confirm-mobile/cancel")
@owner_required
def confirm_mobile_cancel() -> Response:
    return _cancel(ACCOUNT)


@blueprint.route("/profile/confirm-mobile", methods=["GET", "POST"])
@member_required
def confirm_own_mobile() -> Answer:
    return _code_page(PROFILE, _finish_profile)


@blueprint.post("/profile/confirm-mobile/resend")
@member_required
def confirm_own_mobile_resend() -> Answer:
    return _resend(PROFILE)


@blueprint.post("/profile/confirm-mobile/cancel")
@member_required
def confirm_own_mobile_cancel() -> Response:
    return _cancel(PROFILE)


def _code_page(
    kind: str, finish: Callable[[NumberConfirmation, str], tuple[Verdict, Answer | None]]
) -> Answer:
    waiting = _waiting(kind)
    if waiting is None:
        return _nothing_waits(kind)
    form = CodeForm()
    if not form.validate_on_submit():
        return _page(waiting, form)
    entered = form.code.data or ""
    try:
        verdict, answer = finish(waiting, entered)
    except LimitExceeded as limit:
        return _refused(waiting, code_page.too_soon(limit.retry_after))
    if answer is not None:
        return answer
    explained = code_page.explain(verdict, entered, number_confirmations.challenge_of(waiting))
    form.code.errors = [explained.message]
    return _page(waiting, form, explained)


def _finish_account(waiting: NumberConfirmation, entered: str) -> tuple[Verdict, Answer | None]:
    fields = number_confirmations.kept_fields(waiting)
    wanted = wanted_of_kept(fields, number_confirmations.number_of(waiting))
    if wanted is None:
        return Verdict(codes.Outcome.DEAD), None
    verdict, outcome, renewed = account_save.finish(me(), waiting, entered, wanted)
    if outcome is None:
        return verdict, None
    login_user(renewed)  # the session's new token
    form = AccountForm.kept(me().account, fields)
    if isinstance(outcome, Overtaken):
        form.form_errors.append(OVERTAKEN)
        return verdict, account_page(form)
    return verdict, saved_or_missing(form, outcome)


def _finish_profile(waiting: NumberConfirmation, entered: str) -> tuple[Verdict, Answer | None]:
    fields = number_confirmations.kept_fields(waiting)
    name = fields.get("name", [me().user.name])[0]
    verdict, outcome, renewed = profiles.finish(me(), waiting, entered, name)
    if outcome is None:
        return verdict, None
    login_user(renewed)
    if isinstance(outcome, Overtaken):
        return verdict, profile_page_of(fields, OVERTAKEN)
    return verdict, told(outcome)


def _resend(kind: str) -> Answer:
    waiting = _waiting(kind)
    if waiting is None:
        return _nothing_waits(kind)
    try:
        number_confirmations.resend(me(), waiting)
    except (codes.TooSoon, LimitExceeded) as wait:
        return _refused(waiting, code_page.too_soon(wait.retry_after))
    except codes.NoMoreTexts:
        return _refused(
            waiting, Explained("We have sent this code as often as we can. Cancel and save again", 429, 60)
        )
    flash("We have sent the text message again.")
    return redirect(url_for(_CONFIRM[kind], on=waiting.public_id), 303)


def _cancel(kind: str) -> Response:
    waiting = _waiting(kind)
    if waiting is None:
        return _nothing_waits(kind)
    number_confirmations.cancel(waiting)
    flash("Nothing was saved. What you typed is still in the form.", "info")
    return redirect(url_for(_PAGES[kind], draft=waiting.public_id), 303)


def _waiting(kind: str) -> NumberConfirmation | None:
    return number_confirmations.find(me(), kind, request.args.get("on"))


def _nothing_waits(kind: str) -> Response:
    flash("There is nothing to confirm any more.", "info")
    return redirect(url_for(_PAGES[kind]), 303)


def _refused(waiting: NumberConfirmation, explained: Explained) -> Page:
    form = CodeForm(formdata=None)
    form.form_errors.append(explained.message)
    return _page(waiting, form, explained)


def _page(waiting: NumberConfirmation, form: CodeForm, explained: Explained | None = None) -> Page:
    challenge = number_confirmations.challenge_of(waiting)
    page = render_template(
        "settings/confirm_mobile.html",
        form=form,
        code_url=url_for(_CONFIRM[waiting.kind], on=waiting.public_id),
        resend_url=url_for(f"{_CONFIRM[waiting.kind]}_resend", on=waiting.public_id),
        cancel_url=url_for(f"{_CONFIRM[waiting.kind]}_cancel", on=waiting.public_id),
        sending=code_page.sending(challenge),
        number=code_page.masked_number(challenge, show_ending=settings().show_number_ending),
        resend_in=codes.seconds_until_resend(challenge) if challenge else 0,
        turning_on="two_factor_enabled" in number_confirmations.kept_fields(waiting)
        and not me().two_factor_on,
    )
    return (page, explained.status, explained.headers) if explained else (page, 200, {})
