"""Where the columns of a file go: asked between the file and its import, of who brought the file."""

from typing import NamedTuple

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.access import me, member_required
from blueprints.contacts import blueprint
from blueprints.contacts.column_forms import columns_form, cut, names_of
from models.contact_import import CHOOSING
from services.contacts import fields
from services.csv_guard import unguard
from services.imports import choosing, mapping, reasons, reports
from services.imports.first_look import Look
from services.language import gettext as _

#: Rows of the file that are shown.
_ROWS = 5


class Column(NamedTuple):
    """``values``: what its first rows hold."""

    name: str
    values: list[str]


@blueprint.route("/contacts/imports/<import_id>/columns", methods=["GET", "POST"])
@member_required
def import_columns(import_id: str) -> Response | tuple[str, int]:
    found = reports.find(me().account, import_id)
    if found is None or (found.state == CHOOSING and found.user_id != me().user.id):
        abort(404)
    if found.state != CHOOSING:
        return redirect(url_for("contacts.import_", import_id=found.public_id), 303)
    if request.method == "POST" and "cancel" in request.form:
        if choosing.throw_away(found, me().account):
            flash(_("The file was thrown away. Nothing was imported."))
        return redirect(url_for("contacts.imports_new"), 303)
    try:
        look = choosing.look_at(found, me().account)
    except FileNotFoundError:
        choosing.throw_away(found, me().account)
        flash(_(reasons.GONE) + ".", "error")
        return redirect(url_for("contacts.imports_new"), 303)
    form = columns_form(look, fields.names(me().account))
    if form.validate_on_submit():
        try:
            choosing.start(found, me().account, look, form.targets)
        except fields.TooManyFields:
            form.form_errors.append(
                _(
                    "The account would have more than %(most)s data fields. Leave out some columns",
                    most=fields.MAX_FIELDS,
                )
            )
        else:
            return redirect(url_for("contacts.import_", import_id=import_id), 303)
    page = render_template(
        "contacts/import_columns.html",
        form=form,
        found=found,
        columns=_columns(look),
        rows=choosing.about_rows(found, look),
        status=mapping.family(look.header, found.file_name)[1].get(mapping.STATUS),
    )
    return page, 422 if form.errors else 200


def _columns(look: Look) -> list[Column]:
    rows = look.rows[:_ROWS]
    return [
        Column(
            name,
            [text for row in rows if at < len(row) and (text := cut(unguard(row[at])))],
        )
        for at, name in enumerate(names_of(look))
    ]
