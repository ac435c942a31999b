"""Choosing, fixing and downloading an export. Who may export is read from the row at every request."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as WerkzeugResponse

from blueprints.access import exporter_required, me
from blueprints.contacts.views import chosen_list
from blueprints.export import blueprint, file_views, parts
from blueprints.export.forms import ExportForm
from blueprints.step_up import step_up_required
from blueprints.templating import plural, slug, thousands
from config import settings
from models.export import Export, ExportFile
from services import step_up
from services.contacts import lists
from services.exports import columns, downloads, fixing, long, stored
from services.exports.fixing import Selection


@blueprint.route("/contacts/export", methods=["GET", "POST"])
@exporter_required
def new() -> WerkzeugResponse | tuple[str, int]:
    form = ExportForm(formdata=request.form if request.method == "POST" else request.args)
    counted = lists.with_counts(me().account)
    offered = columns.available(me().account)
    choices = {of.public_id: f"{of.name} ({thousands(held)})" for of, held in counted}
    form.offer({"": lists.ALL_CONTACTS, **choices}, offered)
    if request.method == "GET" and "columns" not in request.args:
        form.columns.data = offered
    valid = request.method == "POST" and "preview" not in request.form and form.validate()
    listed = chosen_list(form.list.data) if not form.list.errors else None
    selection = Selection(me().account, listed, form.chosen_status)
    if valid:
        export = fixing.fix(selection, form.columns.data or [], me().user)
        if long.is_long(export):
            file_views.begin(export)
        return redirect(url_for("export.show", export_id=export.public_id), 303)
    page = render_template("export/new.html", form=form, held=fixing.count(selection), selection=selection)
    return page, 422 if form.errors else 200


@blueprint.get("/contacts/exports")
@exporter_required
def index() -> str:
    page, further = fixing.past(me().account, me().user, before=request.args.get("before", ""))
    return render_template(
        "export/index.html", exports=page, files=long.files_of(page), further=further, is_over=fixing.is_over
    )


@blueprint.get("/contacts/exports/<export_id>")
@exporter_required
def show(export_id: str) -> str:
    export = fixing.find(me().account, export_id)
    if export is None or (export.user_id != me().user.id and not me().user.is_owner):
        abort(404)
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


def _downloadable(export_id: str) -> Export:
    """The export if this person may download it at all, whatever codes they have. Looked up once a request."""
    if "export" not in g:
        found = fixing.find(me().account, export_id)
        # Only who asked for it: to others of the account it does not exist as a file.
        if found is None or found.user_id != me().user.id:
            abort(404)
        if fixing.is_over(found):
            abort(_over(found))
        g.export = found
    export: Export = g.export
    return export


def _over(export: Export) -> WerkzeugResponse:
    return make_response(render_template("export/over.html", export=export), 410)


def _scope(export_id: str) -> str:
    return _downloadable(export_id).public_id


def _wording(export_id: str) -> str:
    """What would leave now: contacts may have come since it was fixed, and a written file holds what it holds."""
    export = _downloadable(export_id)
    rows = plural(_leaving(export, _ready(export)), "contact", "contacts")
    return f"export {rows} from {export.list_name}" if export.list_id else f"export {rows}"


def _leaving(export: Export, file: ExportFile | None) -> int:
    """``file``: its ready file, if it has one."""
    return file.rows or 0 if file else fixing.rows_now(export)


def _no_page_for_a_part(view: Callable[..., Any]) -> Callable[..., Any]:
    """Whoever goes on with a broken download gets a refusal in place of the code page, which would become its end."""

    @wraps(view)
    def judged(export_id: str) -> Any:
        if "Range" in request.headers:
            export = _downloadable(export_id)
            if _ready(export) and step_up.is_required(me(), downloads.ACTION, export.public_id):
                return make_response(render_template("export/code_again.html", export=export), 403)
        return view(export_id=export_id)

    return judged


def _its_file_first(view: Callable[..., Any]) -> Callable[..., Any]:
    """A long export that has no file yet leads to its page, before a code is asked for that would give nothing."""

    @wraps(view)
    def judged(export_id: str) -> Any:
        export = _downloadable(export_id)
        if long.is_long(export) and not _ready(export):
            return redirect(url_for("export.show", export_id=export_id), 303)
        return view(export_id=export_id)

    return judged


def _ready(export: Export) -> ExportFile | None:
    """The file in storage from which it is sent, if it has one."""
    file = long.file_of(export)
    return file if file is not None and file.state == "ready" else None


@blueprint.get("/contacts/exports/<export_id>/download")
@exporter_required
@_its_file_first
@_no_page_for_a_part
@step_up_required(downloads.ACTION, scope=_scope, wording=_wording, is_download=True)
def download(export_id: str) -> Any:
    export = _downloadable(export_id)
    if file := _ready(export):
        return _stored(export, file)
    if long.is_long(export):  # its file went a moment ago
        return redirect(url_for("export.show", export_id=export_id), 303)
    if request.method == "HEAD":  # starts nothing, sends no row
        return Response(headers=_file_headers(export))
    try:
        stream = downloads.start(
            export,
            me(),
            wording=_wording(export_id),
            context=_context(),
            spooled=not _breaks_off_visibly(),
        )
    except downloads.ExportOver:
        return _over(export)
    except downloads.TooManyDownloads as wait:
        return too_many_downloads(wait)
    except downloads.ExportUnavailable:
        abort(503)
    response = Response(stream, headers=_file_headers(export), direct_passthrough=True)
    if stream.length is not None:
        response.content_length = stream.length
    return response


def _stored(export: Export, file: ExportFile) -> WerkzeugResponse:
    part = parts.wanted(file)
    response = Response(headers=_file_headers(export), direct_passthrough=True)
    if request.method == "HEAD":
        return parts.describe(response, file, None)
    try:
        response.response = stored.start(
            export,
            me(),
            part or stored.Part(0, file.bytes or 0),
            sha256=parts.etag(file),
            wording=_wording(export.public_id),
            context=_context(),
        )
    except downloads.ExportOver:
        return _over(export)
    except downloads.TooManyDownloads as wait:
        return too_many_downloads(wait)
    except downloads.ExportUnavailable:
        abort(503)
    return parts.describe(response, file, part)


def _context() -> downloads.Context:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app.app_context


def too_many_downloads(wait: downloads.TooManyDownloads) -> WerkzeugResponse:
    """429, in the words of this page."""
    page = render_template("export/too_many.html", wait=wait, at_once=downloads.AT_ONCE)
    return make_response(page, 429, {"Retry-After": str(wait.retry_after)})


def _breaks_off_visibly() -> bool:
    """Whether a stream that fails reaches the reader as broken: chunked HTTP/1.1 from a server known to break it off.

    Over HTTP/1.0 the end of the connection is the end of the file, and some servers end the chunks properly even when
    the application failed: there the file is written first and sent with its length.
    """
    environ = request.environ
    return environ.get("SERVER_PROTOCOL") == "HTTP/1.1" and environ.get("SERVER_SOFTWARE", "").startswith(
        "gunicorn"
    )


def _file_headers(export: Export) -> dict[str, str]:
    day = export.created_at.strftime("%Y-%m-%d")
    plain = "-".join(
        part for part in ("contacts", slug(export.list_name) if export.list_id else "all", day) if part
    )
    full = f"contacts {export.list_name} {day}.csv"
    return {
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Content-Disposition": f"attachment; filename=\"{plain}.csv\"; filename*=UTF-8''{quote(full, safe='')}",
    }
