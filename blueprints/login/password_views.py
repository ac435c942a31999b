"""Forgotten password and invitations: links from mails. They set a password and never sign anyone in."""

from flask import flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from blueprints.answers import Page, busy, limited
from blueprints.login import blueprint
from blueprints.login.forms import ForgottenPasswordForm, NewPasswordForm
from blueprints.login.views import RESET_KEY
from config import settings
from models.user import User
from services import links, password_changes
from services.hashing import Busy
from services.language import gettext as _
from services.limits import LimitExceeded
from services.passwords import PasswordRefused


@blueprint.route("/password/forgot", methods=["GET", "POST"])
def forgot_password() -> Response | Page:
    form = ForgottenPasswordForm()
    if not form.validate_on_submit():
        return _forgotten(form, 422 if form.is_submitted() else 200)
    try:
        password_changes.ask_for_reset(form.email.data or "")
    except LimitExceeded as limit:
        return _forgotten(form, *limited(form, limit, _("Too many links were asked for. None was sent now")))
    flash(
        _("If this address belongs to a user, a mail with a link is on its way. Look in spam, too."), "info"
    )
    return redirect(url_for("login.sign_in"), 303)


def _forgotten(form: ForgottenPasswordForm, status: int, headers: dict[str, str] | None = None) -> Page:
    return render_template("login/forgot_password.html", form=form), status, headers or {}


@blueprint.route("/password/reset/<token>", methods=["GET", "POST"])
def reset_password(token: str) -> Response | Page:
    found = links.follow(token, links.PASSWORD_RESET)
    if found is None:
        return _dead("reset")
    link, user = found
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            if password_changes.reset(link, user, form.password.data or ""):
                session[RESET_KEY] = link.public_id
                flash(_("Your password is set. Sign in with it now."))
                return redirect(url_for("login.sign_in"), 303)
            return _dead("reset")
        except PasswordRefused as refused:
            form.password.errors = [str(refused)]
        except Busy:
            return _new_password(form, user, _("Set a new password"), *busy(form))
    return _new_password(form, user, _("Set a new password"))


@blueprint.route("/invitations/<token>", methods=["GET", "POST"])
def invitation(token: str) -> Response | Page:
    found = links.follow(token, links.INVITATION)
    if found is None:
        return _dead("invitation")
    link, user = found
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            if password_changes.accept_invitation(link, user, form.password.data or ""):
                flash(_("Welcome. Sign in with your new password."))
                return redirect(url_for("login.sign_in"), 303)
            return _dead("invitation")
        except PasswordRefused as refused:
            form.password.errors = [str(refused)]
        except Busy:
            return _new_password(form, user, _("Welcome: choose a password"), *busy(form))
    return _new_password(form, user, _("Welcome: choose a password"))


def _new_password(
    form: NewPasswordForm,
    user: User,
    heading: str,
    status: int = 0,
    headers: dict[str, str] | None = None,
) -> Page:
    page = render_template(
        "login/new_password.html",
        form=form,
        user=user,
        heading=heading,
        minimum=settings().password_min_length,
    )
    return page, status or (422 if form.is_submitted() else 200), headers or {}


def _dead(kind: str) -> Page:
    return render_template("login/dead_link.html", kind=kind), 410
