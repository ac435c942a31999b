"""One's own sessions and trusted browsers."""

from flask import abort, flash, redirect, render_template, url_for
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from blueprints.access import me
from blueprints.browser_cookie import read_browser_cookie
from blueprints.languages import forget_session
from blueprints.settings import blueprint
from config import settings
from models.login_session import LoginSession
from services import browsers as own
from services import sessions, trusted_browsers
from services.browsers import NotYours
from services.language import gettext as _


@blueprint.get("/browsers")
def browsers() -> str:
    user = me().user
    trusted = trusted_browsers.live(user)
    return render_template(
        "settings/browsers.html",
        sessions=sessions.open_sessions(user),
        this_session=me().session.id,
        trusted=trusted,
        this_browser=trusted_browsers.among(trusted, read_browser_cookie()),
        browser_name=own.name,
        days=settings().trusted_browser_days,
    )


@blueprint.post("/browsers/<browser_id>/revoke")
def revoke_browser(browser_id: str) -> Response:
    try:
        ended = own.revoke(me(), browser_id)
    except NotYours:
        abort(404)
    if isinstance(ended, LoginSession) and ended.id == me().session.id:
        logout_user()
        forget_session()
        flash(_("You are signed out."))
        return redirect(url_for("login.sign_in"), 303)
    if isinstance(ended, LoginSession):
        flash(_("The session was ended."))
    else:
        flash(_("The browser is not trusted any more."))
    return redirect(url_for("settings.browsers"), 303)


@blueprint.post("/browsers/revoke-all")
def revoke_all_browsers() -> Response:
    login_user(own.revoke_all(me()))
    flash(_("All other sessions were ended, and no browser is trusted any more."))
    return redirect(url_for("settings.browsers"), 303)
