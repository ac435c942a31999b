"""A CSV comes in: the file, its progress, and the rows that were refused."""

import logging
from contextlib import closing

from flask import Response, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from blueprints.access import exporter_required, me, member_required
from blueprints.contacts import blueprint
from blueprints.contacts.forms import ImportForm
from blueprints.contacts.upload_places import AT_ONCE, Busy
from blueprints.contacts.uploads import TooLarge
from blueprints.contacts.views import chosen_list, list_choices
from blueprints.step_up import step_up_required
from config import settings
from models.contact_import import CHOOSING, ContactImport
from services import purge
from services.exports import spool
from services.imports import intake, reasons, refused_rows, reports, stopping
from services.imports.sniffing import NotACsv
from services.language import gettext as _
from services.language import ngettext, thousands
from services.wording import approvals

_log = logging.getLogger(__name__)

_SHOWN = 25


@blueprint.route("/contacts/import", methods=["GET", "POST"])
@member_required
def imports_new() -> WerkzeugResponse | tuple[str, int]:
    form = ImportForm()
    form.list.choices = list_choices()
    status = 422
    if form.validate_on_submit():
        chosen = chosen_list(form.list.data)
        try:
            with closing(form.file.data) as file:
                # A client that only sends the file is content with our guesses.
                choose = request.form.get("columns") == "choose"
                begun = intake.accept(
                    file.stream, file.filename or "", chosen, me().user, me().account, choose=choose
                )
        except NotACsv as refusal:
            form.file.errors = [reasons.said(str(refusal))]
        except OSError as fault:  # no room, or a store that does not answer: nothing was promised
            _log.error("a file could not be kept: %s", type(fault).__name__)
            form.file.errors = [_("The file could not be kept. Try again in a few minutes")]
            status = 503
        except TooLarge:
            form.file.errors = [
                _(
                    "The file is larger than %(most)s MB. Split it, and import the parts one after the other",
                    most=settings().import_max_mib,
                )
            ]
            status = 413
        except Busy:
            form.file.errors = [
                _(
                    "%(number)s other files of this account are coming in at the moment."
                    " Try again when one of them is there",
                    number=AT_ONCE,
                )
            ]
            status = 429
        else:
            page_of_it = "contacts.import_columns" if choose else "contacts.import_"
            return redirect(url_for(page_of_it, import_id=begun.public_id), 303)
    page = render_template(
        "contacts/import_new.html",
        form=form,
        max_mib=settings().import_max_mib,
        recent=reports.recent(me().account),
    )
    return page, status if form.errors else 200


@blueprint.get("/contacts/imports/<import_id>")
@member_required
def import_(import_id: str) -> WerkzeugResponse | str:
    found = _of_account(import_id)
    mine = found.user_id == me().user.id
    if mine and found.state == CHOOSING:
        return redirect(url_for("contacts.import_columns", import_id=import_id), 303)
    return render_template(
        "contacts/import.html",
        found=found,
        mine=mine,
        refused=reports.refused(found, limit=_SHOWN) if mine else [],
        shown=_SHOWN,
        kept_days=purge.KEEP.days,
        percent=_percent(found),
        said=reasons.said,
        may_stop=stopping.may_stop(found, me().user),
    )


@blueprint.get("/contacts/imports/<import_id>/status")
@member_required
def import_status(import_id: str) -> WerkzeugResponse:
    found = _of_account(import_id)
    return jsonify(
        {
            "done": _percent(found),
            "total": 100,
            "rows": thousands(found.rows_read),
            "status": ngettext(
                "%(num)s row read, %(refused)s refused",
                "%(num)s rows read, %(refused)s refused",
                found.rows_read,
                refused=found.refused,
            ),
            "stopping": found.stop_asked_at is not None,
            "finished": found.finished_at is not None,
        }
    )


@blueprint.post("/contacts/imports/<import_id>/stop")
@member_required
def stop_import(import_id: str) -> WerkzeugResponse:
    """For who brought the file, and the account owner. One that has ended stays as it is."""
    found = _of_account(import_id)
    if found.user_id != me().user.id and not me().user.is_owner:
        abort(404)
    stopping.ask(found, me())
    return redirect(url_for("contacts.import_", import_id=found.public_id), 303)


def _refused_scope(import_id: str) -> str:
    return _with_refused_rows(import_id).public_id


def _refused_wording(import_id: str) -> str:
    return approvals.refused_rows(_with_refused_rows(import_id).refused)


@blueprint.get("/contacts/imports/<import_id>/refused.csv")
@exporter_required
@step_up_required(refused_rows.ACTION, scope=_refused_scope, wording=_refused_wording, is_download=True)
def import_refused(import_id: str) -> Response:
    """To the person who brought the file, if they may export, behind a code: these are contacts in bulk, too."""
    headers = {
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Content-Disposition": 'attachment; filename="refused-rows.csv"',
    }
    if request.method == "HEAD":  # takes nothing, records nothing
        return Response(headers=headers)
    taken = refused_rows.take(_with_refused_rows(import_id), me(), _refused_wording(import_id))
    response = Response(spool.blocks(taken.file), headers=headers, direct_passthrough=True)
    response.content_length = taken.size
    response.call_on_close(taken.file.close)
    return response


def _percent(found: ContactImport) -> int:
    if found.finished_at is not None:
        return 100
    size = int(found.reading.get("size", found.size))
    return min(99, 100 * found.bytes_done // size) if size else 0


def _of_account(import_id: str) -> ContactImport:
    found = reports.find(me().account, import_id)
    if found is None:
        abort(404)
    return found


def _with_refused_rows(import_id: str) -> ContactImport:
    """An import of one's own that has ended and whose refused rows are still kept; else 404."""
    found = _of_account(import_id)
    if found.user_id != me().user.id or found.finished_at is None or not reports.refused(found, limit=1):
        abort(404)
    return found
