"""The page between the right password and the right code, and the buttons beside its form."""

from flask import flash, jsonify, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from blueprints import code_page
from blueprints.browser_cookie import read_browser_cookie
from blueprints.code_page import Explained, SignInCodeForm
from blueprints.gate import PENDING_KEY, pending_sign_in
from blueprints.login import blueprint
from blueprints.login.views import complete
from config import settings
from models.login_session import PendingSignIn
from services import codes, sign_in
from services.limits import LimitExceeded
from services.sign_in import Completed

Page = tuple[str, int, dict[str, str]]


@blueprint.route("/login/code", methods=["GET", "POST"])
def code() -> Response | Page:
    pending = pending_sign_in()
    if pending is None:
        return _start_again()
    form = SignInCodeForm()
    if not form.validate_on_submit():
        return _page(pending, form)
    entered = form.code.data or ""
    outcome = sign_in.enter_code(
        pending,
        entered,
        shared_computer=bool(form.shared_computer.data),
        browser_cookie=read_browser_cookie(),
    )
    if isinstance(outcome, Completed):
        return complete(outcome)
    explained = code_page.explain(outcome, entered, sign_in.challenge_of(pending))
    form.code.errors = [explained.message]
    return _page(pending, form, explained)


@blueprint.get("/login/code/status")
def code_status() -> Response:
    """How the text is doing, for the page's script: the same words as on the page."""
    pending = pending_sign_in()
    challenge = sign_in.challenge_of(pending) if pending else None
    told = code_page.sending(challenge) if pending else None
    return jsonify({"status": f"{told.title}. {told.text}" if told else "", "finished": False})


@blueprint.post("/login/code/resend")
def code_resend() -> Response | Page:
    pending = pending_sign_in()
    if pending is None:
        return _start_again()
    try:
        sign_in.resend(pending)
    except (codes.TooSoon, LimitExceeded) as wait:
        return _refused(pending, code_page.too_soon(wait.retry_after))
    except codes.NoMoreTexts:
        return _refused(
            pending, Explained("We have sent this code as often as we can. Cancel and sign in again", 429, 60)
        )
    flash("We have sent the text message again.")
    return redirect(url_for("login.code"), 303)


@blueprint.post("/login/code/cancel")
def code_cancel() -> Response:
    pending = pending_sign_in()
    if pending is not None:
        sign_in.cancel(pending)
    session.pop(PENDING_KEY, None)
    if request.form.get("to") == "support":
        return redirect(url_for("help.contact_support"), 303)
    return redirect(url_for("login.sign_in"), 303)


def _refused(pending: PendingSignIn, explained: Explained) -> Page:
    form = SignInCodeForm(formdata=None)
    form.form_errors.append(explained.message)
    return _page(pending, form, explained)


def _page(pending: PendingSignIn, form: SignInCodeForm, explained: Explained | None = None) -> Page:
    challenge = sign_in.challenge_of(pending)
    has_number = pending.user.mobile_number is not None
    page = render_template(
        "login/code.html",
        form=form,
        has_number=has_number,
        sending=code_page.sending(challenge),
        number=code_page.masked_number(challenge, show_ending=settings().show_number_ending),
        resend_in=codes.seconds_until_resend(challenge) if challenge else 0,
        is_support=pending.user.is_support,
        days=settings().trusted_browser_days,
    )
    return (page, explained.status, explained.headers) if explained else (page, 200, {})


def _start_again() -> Response:
    session.pop(PENDING_KEY, None)
    if current_user.is_authenticated:
        return redirect(url_for("home.start"), 303)
    flash("Your sign-in took too long or was ended. Start again.", "info")
    return redirect(url_for("login.sign_in"), 303)
