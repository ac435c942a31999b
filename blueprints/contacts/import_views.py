"""A CSV comes in: the file, its progress, and the rows that were refused."""

import csv
import io
from collections.abc import Iterator
from contextlib import closing

from flask import Response, abort, jsonify, redirect, render_template, stream_with_context, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from blueprints.access import me, member_required
from blueprints.contacts import blueprint
from blueprints.contacts.forms import ImportForm
from blueprints.contacts.views import chosen_list, list_choices
from blueprints.step_up import step_up_required
from blueprints.templating import plural, thousands
from config import settings
from models.contact_import import ContactImport
from services.csv_guard import guard
from services.imports import intake, reports
from services.imports.sniffing import NotACsv

_SHOWN = 100


@blueprint.route("/contacts/import", methods=["GET", "POST"])
@member_required
def imports_new() -> WerkzeugResponse | tuple[str, int]:
    form = ImportForm()
    form.list.choices = list_choices()
    if form.validate_on_submit():
        chosen = chosen_list(form.list.data)
        try:
            with closing(form.file.data) as file:
                begun = intake.accept(file.stream, file.filename or "", chosen, me().user, me().account)
        except NotACsv as refusal:
            form.file.errors = [str(refusal)]
        else:
            return redirect(url_for("contacts.import_", import_id=begun.public_id), 303)
    page = render_template(
        "contacts/import_new.html",
        form=form,
        max_mib=settings().import_max_mib,
        recent=reports.recent(me().account),
    )
    return page, 422 if form.errors else 200


@blueprint.get("/contacts/imports/<import_id>")
@member_required
def import_(import_id: str) -> str:
    found = _of_account(import_id)
    return render_template(
        "contacts/import.html",
        found=found,
        mine=found.user_id == me().user.id,
        refused=reports.refused(found, limit=_SHOWN),
        shown=_SHOWN,
        percent=_percent(found),
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
            "status": f"{plural(found.rows_read, 'row', 'rows')} read, {thousands(found.refused)} refused",
            "finished": found.finished_at is not None,
        }
    )


def _refused_scope(import_id: str) -> str:
    return _mine(import_id).public_id


def _refused_wording(import_id: str) -> str:
    return f"download {plural(_mine(import_id).refused, 'refused row', 'refused rows')} of an import"


@blueprint.get("/contacts/imports/<import_id>/refused.csv")
@member_required
@step_up_required("contacts.refused_rows", scope=_refused_scope, wording=_refused_wording, is_download=True)
def import_refused(import_id: str) -> Response:
    """To the person who brought the file, behind a code: they are contacts in bulk like any others."""
    found = _mine(import_id)
    return Response(
        stream_with_context(_refused_csv(found)),
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": 'attachment; filename="refused-rows.csv"'},
    )


def _refused_csv(found: ContactImport) -> Iterator[str]:
    """In the columns of the file, with line and reason last: to be corrected, and imported as it is."""
    header = found.reading.get("header", [])
    yield _csv_line([*map(guard, header), "RefusedLine", "RefusedReason"])
    for row in reports.every_refused(found):
        cells = _cells(row.raw, found.reading.get("delimiter", ","), len(header))
        yield _csv_line([*map(guard, cells), str(row.line), row.reason])


def _cells(raw: str, delimiter: str, width: int) -> list[str]:
    """The cells of a refused row; what is more than the header has stays together in the last."""
    try:
        cells = next(csv.reader(io.StringIO(raw), delimiter=delimiter), [])
    except csv.Error:
        cells = [raw]
    cells += [""] * (width - len(cells))
    return cells if len(cells) == width else [*cells[: width - 1], delimiter.join(cells[width - 1 :])]


def _csv_line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


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


def _mine(import_id: str) -> ContactImport:
    found = _of_account(import_id)
    if found.user_id != me().user.id:
        abort(404)
    return found
