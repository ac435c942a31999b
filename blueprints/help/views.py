"""The article about two-factor authentication, whether it helped, and writing to support."""

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from blueprints.access import me
from blueprints.answers import Page, limited
from blueprints.help import blueprint
from blueprints.help.forms import ContactSupportForm, HelpAnswerForm
from blueprints.help.pictures import pictures
from config import settings
from services import codes, help_answers, support_requests
from services.language import gettext as _
from services.limits import LimitExceeded


@blueprint.route("/help/two-factor-authentication", methods=["GET", "POST"])
def two_factor() -> Response | Page:
    """The article; what is posted is whether it helped. Anyone may say so, and nothing of them is kept."""
    form = HelpAnswerForm()
    if not form.validate_on_submit():
        return _article(form, 422 if form.is_submitted() else 200)
    try:
        help_answers.keep(
            "two-factor-authentication", helped=form.helped.data == "yes", comment=form.comment.data or ""
        )
    except LimitExceeded as limit:
        why = _("Too many answers came from your network. This one was not counted")
        return _article(form, *limited(form, limit, why))
    return redirect(url_for("help.two_factor", thanks="yes", _anchor="did-this-help"), 303)


def _article(form: HelpAnswerForm, status: int, headers: dict[str, str] | None = None) -> Page:
    page = render_template(
        "help/two_factor.html",
        form=form,
        thanks="thanks" in request.args and not form.is_submitted(),
        settings=settings(),
        digits=codes.CODE_DIGITS,
        pictures=pictures(),
    )
    return page, status, headers or {}


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
        why = _("Too many requests came from your network. This one was not sent")
        return _form(form, *limited(form, limit, why))
    return redirect(url_for("help.contact_support", sent="yes"), 303)


def _form(form: ContactSupportForm, status: int, headers: dict[str, str] | None = None) -> Page:
    return render_template("help/contact_support.html", form=form), status, headers or {}
