"""The code page of every guarded action. What was interrupted is kept on the server and named by ``?on=``."""

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_login import login_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from blueprints import code_page
from blueprints.access import me
from blueprints.answers import Page
from blueprints.code_page import CodeForm, CodePage
from blueprints.own_path import own_path
from blueprints.step_up import blueprint
from blueprints.step_up.entered import entered
from models.interruption import Interruption
from services import step_up
from services.codes import Verdict
from services.language import gettext as _
from services.wording import approvals


@blueprint.route("", methods=["GET", "POST"])
def code() -> Response | Page:
    interruption = _waiting()
    if interruption is None:
        return _nothing_waits()
    if step_up.is_answered(me(), interruption):  # the Back button, or the other tab
        if request.method == "GET" and _leads_to_download(interruption):  # not the file once more
            return redirect(_back(interruption), 303)
        return _go_on(interruption)

    def judge(form: CodeForm) -> Verdict | Response:
        verdict, renewed = step_up.verify(me(), interruption, form.entered)
        if not verdict.is_right:
            return verdict
        login_user(renewed)  # the session's new token
        return _go_on(interruption)

    return _page_of(interruption).ask(judge)


@blueprint.get("/status")
def status() -> Response:
    interruption = _waiting()
    if interruption is None or step_up.is_answered(me(), interruption):
        return code_page.over()
    return _page_of(interruption).status()


@blueprint.post("/resend")
def resend() -> Response | Page:
    return _ask(lambda waiting: _page_of(waiting).resend(lambda: step_up.resend(me(), waiting)))


@blueprint.post("/call")
def call() -> Response | Page:
    return _ask(lambda waiting: _page_of(waiting).call(lambda: step_up.call(me(), waiting)))


def _ask(how: Callable[[Interruption], Response | Page]) -> Response | Page:
    """For a code once more, while one is of use."""
    interruption = _waiting()
    if interruption is None:
        return _nothing_waits()
    if step_up.is_answered(me(), interruption):  # nobody would take another code
        return _go_on(interruption)
    return how(interruption)


@blueprint.post("/cancel")
def cancel() -> Response:
    interruption = _waiting()
    if interruption is None:
        return _nothing_waits()
    step_up.cancel(interruption)
    if interruption.method == "POST":
        flash(_("Cancelled. Nothing was changed."), "info")
    return redirect(_back(interruption), 303)


@blueprint.get("/resume/<interruption_id>")
def resume(interruption_id: str) -> Response | str:
    """An interrupted POST, ready to be sent once more by the person: a GET must not do it for them. Or the page that
    starts a download."""
    interruption = step_up.find(me(), interruption_id)
    if interruption is None:
        abort(404)
    if not step_up.is_answered(me(), interruption):
        return redirect(url_for("step_up.code", on=interruption.public_id), 303)
    if _leads_to_download(interruption):
        return render_template("step_up/download.html", path=_path(interruption), back=_back(interruption))
    if interruption.method != "POST":
        return _go_on(interruption)
    return render_template(
        "step_up/resume.html",
        interruption=interruption,
        purpose=approvals.said(interruption.wording),
        fields=[
            (name, value) for name, values in step_up.kept_fields(interruption).items() for value in values
        ],
        shown=entered(step_up.kept_fields(interruption)),
    )


def _waiting() -> Interruption | None:
    return step_up.find(me(), request.values.get("on"))


def _nothing_waits() -> Response:
    flash(_("There is nothing to confirm any more."), "info")
    return redirect(url_for("home.start"), 303)


def _go_on(interruption: Interruption) -> Response:
    # What is not a browser, and shows no pages, is led to the file itself.
    in_a_browser = request.headers.get("Sec-Fetch-Dest") == "document"
    if interruption.method == "POST" or (in_a_browser and _leads_to_download(interruption)):
        return redirect(url_for("step_up.resume", interruption_id=interruption.public_id), 303)
    return redirect(_path(interruption), 303)


def _path(interruption: Interruption) -> str:
    return own_path(interruption.path) or url_for("home.start")


def _back(interruption: Interruption) -> str:
    return own_path(interruption.back_path) or url_for("home.start")


def _leads_to_download(interruption: Interruption) -> bool:
    if interruption.method == "POST":
        return False
    routes = current_app.url_map.bind_to_environ(request.environ)
    try:
        endpoint, _values = routes.match(urlsplit(_path(interruption)).path, method="GET")
    except HTTPException:
        return False
    return bool(getattr(current_app.view_functions[endpoint], "step_up_is_download", False))


def _page_of(interruption: Interruption) -> CodePage[CodeForm]:
    on = interruption.public_id
    return CodePage(
        "step_up/code.html",
        CodeForm,
        code_url=url_for("step_up.code", on=on),
        resend_url=url_for("step_up.resend"),
        call_url=url_for("step_up.call"),
        cancel_url=url_for("step_up.cancel"),
        status_url=url_for("step_up.status", on=on),
        challenge=lambda: step_up.challenge_of(interruption),
        user=me().user,
        destination=me().user.mobile_number,
        start_over=_("Cancel and start again"),
        on=on,
        needs_old_sim=True,
        more={"interruption": interruption, "purpose": approvals.said(interruption.wording)},
    )
