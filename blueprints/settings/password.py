"""Changing one's own password."""

from flask import flash, redirect, render_template, url_for
from flask_login import login_user
from werkzeug.wrappers import Response

from blueprints.access import me
from blueprints.answers import Page, busy, limited
from blueprints.settings import blueprint
from blueprints.settings.forms import PasswordForm
from config import settings
from services import password_changes, sessions
from services.hashing import Busy
from services.language import gettext as _
from services.limits import LimitExceeded
from services.passwords import PasswordRefused
from services.reauthentication import WrongPassword


@blueprint.route("/password", methods=["GET", "POST"])
def password() -> Response | Page:
    form = PasswordForm()
    if not form.validate_on_submit():
        return _page(form, 422 if form.is_submitted() else 200)
    try:
        password_changes.change(me(), form.current_password.data or "", form.password.data or "")
    except WrongPassword:
        form.current_password.errors = [_("This is not your current password")]
        return _page(form, 422)
    except PasswordRefused as refused:
        form.password.errors = [str(refused)]
        return _page(form, 422)
    except LimitExceeded as limit:
        return _page(form, *limited(form, limit))
    except Busy:
        return _page(form, *busy(form))
    login_user(sessions.renew(me()))
    flash(_("Your password is changed. You are signed out everywhere else."))
    return redirect(url_for("settings.profile"), 303)


def _page(form: PasswordForm, status: int, headers: dict[str, str] | None = None) -> Page:
    page = render_template("settings/password.html", form=form, minimum=settings().password_min_length)
    return page, status, headers or {}
