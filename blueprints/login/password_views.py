"""Forgotten password and invitations: links from mails. They set a password and never sign anyone in."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from blueprints.login import blueprint
from blueprints.login.forms import ForgottenPasswordForm, NewPasswordForm
from config import settings
from extensions import db
from models.link import Link
from models.user import User
from services import links, password_changes
from services.passwords import PasswordRefused

Page = tuple[str, int]


@blueprint.route("/password/forgot", methods=["GET", "POST"])
def forgot_password() -> Response | Page:
    form = ForgottenPasswordForm()
    if form.validate_on_submit():
        password_changes.ask_for_reset(form.email.data or "")
        flash(
            "If this address belongs to a user, a mail with a link is on its way. Look in spam, too.", "info"
        )
        return redirect(url_for("login.sign_in"), 303)
    return render_template("login/forgot_password.html", form=form), 422 if form.is_submitted() else 200


@blueprint.route("/password/reset/<token>", methods=["GET", "POST"])
def reset_password(token: str) -> Response | Page:
    link, user = _follow(token, links.PASSWORD_RESET)
    if link is None or user is None:
        return _dead("reset")
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            if password_changes.reset(link, user, form.password.data or ""):
                flash("Your password is set. Sign in with it now.")
                return redirect(url_for("login.sign_in"), 303)
            return _dead("reset")
        except PasswordRefused as refused:
            form.password.errors = [str(refused)]
    return _new_password(form, user, "Set a new password")


@blueprint.route("/invitations/<token>", methods=["GET", "POST"])
def invitation(token: str) -> Response | Page:
    link, user = _follow(token, links.INVITATION)
    if link is None or user is None:
        return _dead("invitation")
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            if password_changes.accept_invitation(link, user, form.password.data or ""):
                flash("Welcome. Sign in with your new password.")
                return redirect(url_for("login.sign_in"), 303)
            return _dead("invitation")
        except PasswordRefused as refused:
            form.password.errors = [str(refused)]
    return _new_password(form, user, "Welcome: choose a password")


def _follow(token: str, purpose: str) -> tuple[Link | None, User | None]:
    link = links.find(token, purpose)
    user = db.session.get(User, link.user_id) if link else None
    if user is None or user.removed_at is not None:
        return None, None
    return link, user


def _new_password(form: NewPasswordForm, user: User, heading: str) -> Page:
    page = render_template(
        "login/new_password.html",
        form=form,
        user=user,
        heading=heading,
        minimum=settings().password_min_length,
    )
    return page, 422 if form.is_submitted() else 200


def _dead(kind: str) -> Page:
    return render_template("login/dead_link.html", kind=kind), 410
