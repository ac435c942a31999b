"""Choosing and fixing an export, and looking at what was exported. Who may is read from the row at every request."""

from flask import jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from blueprints.access import exporter_required, me
from blueprints.contacts.views import chosen_list
from blueprints.export import blueprint, file_views
from blueprints.export.forms import ExportForm
from blueprints.templating import file_size
from config import settings
from models.export import ALL_CONTACTS, Export
from services import step_up
from services.contacts import lists, statuses
from services.exports import columns, downloads, fixing, long, sizes
from services.exports.fixing import Selection
from services.language import gettext as _
from services.language import ngettext, thousands


@blueprint.app_template_filter("export_list")
def name_of_list(export: Export) -> str:
    """The list's name as it was, or "All contacts" in the language of the page."""
    return _(export.list_name) if export.list_name == ALL_CONTACTS else export.list_name


@blueprint.route("/contacts/export", methods=["GET", "POST"])
@exporter_required
def new() -> Response | tuple[str, int]:
    """POST with ``preview`` or ``tick`` only looks; as a question for JSON it answers static/js/recount.js."""
    form = ExportForm(formdata=request.form if request.method == "POST" else request.args)
    counted = lists.with_counts(me().account)
    offered = columns.available(me().account)
    choices = {of.public_id: f"{of.name} ({thousands(held)})" for of, held in counted}
    form.offer({"": _("All contacts"), **choices}, offered)
    if request.method == "GET" and "columns" not in request.args:
        form.columns.data = offered
    if tick := request.form.get("tick"):
        form.columns.data = offered if tick == "all" else []
    looks_only = bool(tick) or "preview" in request.form
    valid = request.method == "POST" and not looks_only and form.validate()
    listed = chosen_list(form.list.data) if not form.list.errors else None
    selection = Selection(me().account, listed, form.chosen_status)
    if valid:
        export = fixing.fix(selection, form.columns.data or [], me().user)
        if long.is_long(export):
            file_views.begin(export)
        return redirect(url_for("export.show", export_id=export.public_id), 303)
    ticked = [name for name in offered if name in (form.columns.data or ())]
    held, size = sizes.about(selection, ticked)
    told = _told(selection, held, size if ticked else None)
    if looks_only and request.accept_mimetypes.best == "application/json":
        return jsonify({"told": told, "long": long.many(held)})
    page = render_template(
        "export/new.html",
        form=form,
        told=told,
        becomes_long=long.many(held),
        days=settings().export_days,
    )
    return page, 422 if form.errors else 200


def _told(selection: Selection, held: int, size: int | None) -> str:
    """What the export holds, and about how large it is; no size without columns."""
    sentence = _(
        "This export holds %(contacts)s (%(list)s, %(status)s).",
        contacts=ngettext("%(num)s contact", "%(num)s contacts", held),
        list=selection.contact_list.name if selection.contact_list else _("all contacts"),
        status=statuses.words(selection.status) if selection.status else _("any status"),
    )
    if not held:
        more = _("Nobody fits: choose another list or status.")
    else:
        more = _("The file will have about %(size)s.", size=file_size(size)) if size is not None else ""
    return f"{sentence} {more}".rstrip()


@blueprint.get("/contacts/exports")
@exporter_required
def index() -> str:
    page, further = fixing.past(me().account, me().user, before=request.args.get("before", ""))
    return render_template(
        "export/index.html",
        exports=page,
        files=long.files_of(page),
        further=further,
        is_over=fixing.is_over,
        days=settings().export_days,
    )


@blueprint.get("/contacts/exports/<export_id>")
@exporter_required
def show(export_id: str) -> str:
    export = file_views.visible(export_id)
    file = long.file_of(export)
    return render_template(
        "export/show.html",
        export=export,
        file=file,
        leaving=fixing.rows_now(export),
        how_far=file_views.sentence(export, file),
        is_long=long.is_long(export),
        mine=export.user_id == me().user.id,
        is_over=fixing.is_over(export),
        downloads=fixing.downloads_of(export),
        needs_code=step_up.is_required(me(), downloads.ACTION, export.public_id),
        days=settings().export_days,
        code_minutes=settings().step_up_lifetime // 60,
    )
