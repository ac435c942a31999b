"""Sign in and sign out."""

from flask import flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response

from blueprints.access import me
from blueprints.answers import Page, busy, limited
from blueprints.browser_cookie import read_browser_cookie, set_browser_cookie
from blueprints.gate import PENDING_KEY
from blueprints.languages import forget_session
from blueprints.login import blueprint
from blueprints.login.forms import SignInForm
from blueprints.own_path import own_path
from services import sign_in
from services.completing import Completed
from services.hashing import Busy
from services.language import gettext as _
from services.limits import LimitExceeded
from services.sign_in import CodeNeeded, Refused

#: In the cookie: by which link this browser has just set a password.
RESET_KEY = "reset"


@blueprint.route("/login", methods=["GET", "POST"], endpoint="sign_in")
def sign_in_page() -> Response | Page:
    next_path = own_path(request.args.get("next"))
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(next_path or url_for("home.start"), 303)
    form = SignInForm()
    if not form.validate_on_submit():
        return _page(form, 422 if form.is_submitted() else 200)
    try:
        outcome = sign_in.begin(
            form.email.data or "",
            form.password.data or "",
            browser_cookie=read_browser_cookie(),
            next_path=next_path,
            reset_link=str(session.get(RESET_KEY, "")),
        )
    except LimitExceeded as limit:
        return _page(form, *limited(form, limit, _("Too many tries to sign in. This one was not looked at")))
    except Busy:
        return _page(form, *busy(form))
    if isinstance(outcome, CodeNeeded):
        reset_link = session.get(RESET_KEY)
        _forget_who_was_here()
        session[PENDING_KEY] = outcome.token
        if reset_link:  # they may have to begin again before the code is right
            session[RESET_KEY] = reset_link
        return redirect(url_for("login.code"), 303)
    if isinstance(outcome, Completed):
        return complete(outcome)
    assert isinstance(outcome, Refused)  # noqa: S101  # for the type checker
    form.form_errors.append(_("The email address or the password is wrong. Check both and try again"))
    return _page(form, 422)


def _page(form: SignInForm, status: int, headers: dict[str, str] | None = None) -> Page:
    next_path = own_path(request.args.get("next"))
    page = render_template("login/sign_in.html", form=form, next_path=next_path)
    return page, status, headers or {}


@blueprint.post("/logout", endpoint="sign_out")
def sign_out() -> Response:
    sign_in.sign_out(me())
    logout_user()
    forget_session()
    flash(_("You are signed out."))
    response = redirect(url_for("login.sign_in"), 303)
    # Nothing that was shown is left for the next person. Not "cookies": the browser stays trusted.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def complete(done: Completed) -> Response:
    """Give the browser its new session. Nothing of the cookie before it lives on."""
    _forget_who_was_here()
    login_user(done.signed_in)
    response = redirect(own_path(done.next_path) or url_for("home.start"), 303)
    if done.browser_cookie is not None:
        set_browser_cookie(response, done.browser_cookie)
    return response


def _forget_who_was_here() -> None:
    """A sign-in over an open session ends that session; its cookie must not be worth anything."""
    if current_user.is_authenticated:
        sign_in.sign_out(me())
        logout_user()
    forget_session()
