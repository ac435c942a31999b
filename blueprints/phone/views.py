"""Texts and mails that went nowhere but into a file. Everything here is a 404 on any site that real people use."""

from flask import Response, abort, render_template, request

from blueprints.phone import blueprint
from config import settings
from services import development_phone


@blueprint.before_request
def only_in_development() -> None:
    if settings().app_env != "development":
        abort(404)


@blueprint.after_request
def keep_out_of_search(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.get("/phone")
def index() -> str:
    """Texts and calls, newest first; ``number`` shows one phone, ``live`` reloads every few seconds."""
    if settings().sms_gateway != "outbox":
        abort(404)
    outboxes = (settings().sms_outbox, settings().voice_outbox)
    number = request.args.get("number", "").strip()
    return render_template(
        "phone/texts.html",
        texts=development_phone.texts(*outboxes, number),
        phones=development_phone.phones(*outboxes),
        number=number,
        live="live" in request.args,
    )


@blueprint.get("/mail")
def mails() -> str:
    """Mails, newest first; ``to`` shows one mailbox, ``live`` reloads every few seconds."""
    if settings().mail_gateway != "outbox":
        abort(404)
    outbox = settings().mail_outbox
    address = request.args.get("to", "").strip()
    return render_template(
        "phone/mails.html",
        mails=development_phone.mails(outbox, address),
        mailboxes=development_phone.mailboxes(outbox),
        address=address,
        live="live" in request.args,
    )
