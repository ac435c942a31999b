"""The page between the right password and the right code, and the buttons beside its form."""

from flask import flash, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from blueprints import code_page
from blueprints.answers import Page
from blueprints.browser_cookie import read_browser_cookie
from blueprints.code_page import CodePage, SignInCodeForm
from blueprints.gate import PENDING_KEY, pending_sign_in
from blueprints.login import blueprint
from blueprints.login.views import complete
from config import settings
from models.login_session import PendingSignIn
from services import second_step
from services.codes import Verdict
from services.completing import Completed
from services.language import gettext as _


@blueprint.route("/login/code", methods=["GET", "POST"])
def code() -> Response | Page:
    pending = pending_sign_in()
    if pending is None:
        return _start_again()

    def judge(form: SignInCodeForm) -> Verdict | Response:
        outcome = second_step.enter_code(
            pending,
            form.entered,
            shared_computer=bool(form.shared_computer.data),
            browser_cookie=read_browser_cookie(),
        )
        return complete(outcome) if isinstance(outcome, Completed) else outcome

    return _page_of(pending).ask(judge)


@blueprint.get("/login/code/status")
def code_status() -> Response:
    pending = pending_sign_in()
    return _page_of(pending).status() if pending is not None else code_page.over()


@blueprint.post("/login/code/resend")
def code_resend() -> Response | Page:
    pending = pending_sign_in()
    if pending is None:
        return _start_again()
    return _page_of(pending).resend(lambda: second_step.resend(pending))


@blueprint.post("/login/code/call")
def code_call() -> Response | Page:
    pending = pending_sign_in()
    if pending is None:
        return _start_again()
    return _page_of(pending).call(lambda: second_step.call(pending))


@blueprint.post("/login/code/cancel")
def code_cancel() -> Response:
    pending = pending_sign_in()
    if pending is not None:
        second_step.cancel(pending)
    session.pop(PENDING_KEY, None)
    if request.form.get("to") == "support":
        return redirect(url_for("help.contact_support"), 303)
    return redirect(url_for("login.sign_in"), 303)


def _page_of(pending: PendingSignIn) -> CodePage[SignInCodeForm]:
    return CodePage(
        "login/code.html",
        SignInCodeForm,
        code_url=url_for("login.code"),
        resend_url=url_for("login.code_resend"),
        call_url=url_for("login.code_call"),
        cancel_url=url_for("login.code_cancel"),
        status_url=url_for("login.code_status"),
        challenge=lambda: second_step.challenge_of(pending),
        user=pending.user,
        destination=pending.user.mobile_number,
        start_over=_("Cancel and sign in again"),
        more={
            "has_number": pending.user.mobile_number is not None,
            "days": settings().trusted_browser_days,
        },
    )


def _start_again() -> Response:
    session.pop(PENDING_KEY, None)
    if current_user.is_authenticated:
        return redirect(url_for("home.start"), 303)
    flash(_("Your sign-in took too long or was ended. Start again."), "info")
    return redirect(url_for("login.sign_in"), 303)
