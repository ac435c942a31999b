"""The file of a long export: asking for it, watching it being written, and taking it back."""

from flask import abort, flash, jsonify, redirect, url_for
from werkzeug.wrappers import Response

from blueprints.access import exporter_required, me
from blueprints.export import blueprint
from models.export import Export, ExportFile
from services.exports import fixing, long
from services.exports.downloads import ExportOver
from services.language import gettext as _
from services.language import ngettext


@blueprint.post("/contacts/exports/<export_id>/prepare")
@exporter_required
def prepare(export_id: str) -> Response:
    """Only its own person: the file would be of use to nobody else."""
    export = visible(export_id)
    if export.user_id != me().user.id:
        abort(404)
    begin(export)
    return redirect(url_for("export.show", export_id=export_id), 303)


def begin(export: Export) -> None:
    """Have the file written, or say on the next page why not."""
    try:
        long.start(export, me())
    except long.TooManyFiles as refusal:
        flash(str(refusal), "warning")
    except ExportOver:
        pass  # its page says so


@blueprint.post("/contacts/exports/<export_id>/remove-file")
@exporter_required
def remove_file(export_id: str) -> Response:
    long.remove(visible(export_id), me())
    return redirect(url_for("export.show", export_id=export_id), 303)


@blueprint.get("/contacts/exports/<export_id>/status")
@exporter_required
def status(export_id: str) -> Response:
    """How far the writing is, for static/js/poll.js."""
    export = visible(export_id)
    file = long.file_of(export)
    if file is None:
        abort(404)
    return jsonify(
        {
            "done": min(file.rows_done, export.expected_rows),
            "total": export.expected_rows,
            "status": sentence(export, file),
            "finished": file.state not in long.UNDER_WAY,
        }
    )


def sentence(export: Export, file: ExportFile | None) -> str:
    if file is None:
        return ""
    if file.state == "waiting":
        return _("It waits for its turn")
    return ngettext(
        "%(done)s of %(num)s contact written",
        "%(done)s of %(num)s contacts written",
        export.expected_rows,
        done=file.rows_done,
    )


def visible(export_id: str) -> Export:
    """An export that this person may look at: their own, or any of the account for the owner."""
    export = fixing.find(me().account, export_id)
    if export is None or (export.user_id != me().user.id and not me().user.is_owner):
        abort(404)
    return export
