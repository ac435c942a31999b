"""The article about two-factor authentication, and writing to support."""

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from blueprints.access import me
from blueprints.answers import Page, limited
from blueprints.help import blueprint
from blueprints.help.forms import ContactSupportForm
from config import settings
from services import codes, support_requests
from services.limits import LimitExceeded


@blueprint.get("/help/two-factor-authentication")
def two_factor() -> str:
    return render_template("help/two_factor.html", settings=settings(), digits=codes.CODE_DIGITS)


@blueprint.route("/help/contact-support", methods=["GET", "POST"])
def contact_support() -> Response | Page:
    """For everyone, also for who cannot sign in. The answer is the same whether the address is known or not."""
    if request.args.get("sent"):
        return render_template("help/support_told.html"), 200, {}
    writer = me() if current_user.is_authenticated else None
    form = ContactSupportForm(data={"email": writer.user.email} if writer else None)
    if not form.validate_on_submit():
        return _form(form, 422 if form.is_submitted() else 200)
    try:
        support_requests.file(
            email=form.email.data or "", subject=form.subject.data or "", message=form.message.data or "", me=writer
        )  # fmt: skip
    except LimitExceeded as limit:
        return _form(
            form, *limited(form, limit, "Too many requests came from your network. This one was not sent")
        )
    return redirect(url_for("help.contact_support", sent="yes"), 303)


def _form(form: ContactSupportForm, status: int, headers: dict[str, str] | None = None) -> Page:
    return render_template("help/contact_support.html", form=form), status, headers or {}
