"""Downloading an export: by its own person, behind a code for just this export."""

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
from blueprints.export import blueprint, parts
from blueprints.step_up import step_up_required
from blueprints.templating import slug
from config import settings
from models.export import Export, ExportFile
from services import step_up
from services.exports import downloads, fixing, long, pulse, stored
from services.wording import approvals


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
    return approvals.export(_leaving(export, _ready(export)), export.list_name if export.list_id else "")


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
    file = _ready(export)
    if file is None and long.is_long(export):  # its file went a moment ago
        return redirect(url_for("export.show", export_id=export_id), 303)
    try:
        return _stored(export, file) if file else _streamed(export)
    except downloads.ExportOver:
        return _over(export)
    except stored.TooManyParts:
        return _too_many_parts(export)
    except downloads.TooManyDownloads as wait:
        return too_many_downloads(wait)
    except downloads.ExportUnavailable:
        abort(503)


def _streamed(export: Export) -> WerkzeugResponse:
    if request.method == "HEAD":  # starts nothing, sends no row
        return Response(headers=_file_headers(export))
    stream = downloads.start(
        export,
        me(),
        wording=_wording(export.public_id),
        context=_context(),
        spooled=not _breaks_off_visibly(),
    )
    response = Response(stream, headers=_file_headers(export), direct_passthrough=True)
    if stream.length is not None:
        response.content_length = stream.length
    return response


def _stored(export: Export, file: ExportFile) -> WerkzeugResponse:
    part = parts.wanted(export, file)
    response = Response(headers=_file_headers(export), direct_passthrough=True)
    if request.method == "HEAD":
        return parts.describe(response, file, None)
    response.response = stored.start(
        export,
        me(),
        part or stored.Part(0, file.bytes or 0),
        sha256=parts.etag(file),
        wording=_wording(export.public_id),
        context=_context(),
    )
    return parts.describe(response, file, part)


def _context() -> pulse.Context:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app.app_context


def too_many_downloads(wait: downloads.TooManyDownloads) -> WerkzeugResponse:
    """429, in the words of this page."""
    page = render_template("export/too_many.html", wait=wait, at_once=downloads.AT_ONCE)
    return make_response(page, 429, {"Retry-After": str(wait.retry_after)})


def _too_many_parts(export: Export) -> WerkzeugResponse:
    """Coming back does not help before another code may be asked for."""
    lasts = settings().step_up_lifetime
    page = render_template("export/too_many_parts.html", export=export, most=stored.MOST_PARTS, lasts=lasts)
    return make_response(page, 429, {"Retry-After": str(lasts)})


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
