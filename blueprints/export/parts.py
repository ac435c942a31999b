"""A stored export over HTTP: whole, or one range of it, so that a download that broke off can go on (RFC 9110, 14)."""

from flask import Response, abort, make_response, render_template, request

from models.export import Export, ExportFile
from services.exports.stored import Part


def etag(file: ExportFile) -> str:
    """Strong: the same tag is the same bytes."""
    return str(file.sha256)


def wanted(export: Export, file: ExportFile) -> Part | None:
    """The range that is asked for; None for the whole file, also where a range is written in no way that we know.

    Several ranges at once get the whole file, as does a range of another state of it (If-Range).
    """
    size = file.bytes or 0
    asked = request.range if request.method == "GET" else None
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or not _is_of(file):
        return None
    first, _ = asked.ranges[0]
    if first < -size:  # "the last N bytes" of fewer than N are all of them (RFC 9110, 14.1.2)
        return Part(0, size)
    found = asked.range_for_length(size)
    if found is None:
        page = render_template("export/no_such_part.html", export=export)
        abort(make_response(page, 416, {"Content-Range": f"bytes */{size}"}))
    return Part(*found)


def _is_of(file: ExportFile) -> bool:
    if "If-Range" not in request.headers:
        return True
    return bool(request.if_range.etag == etag(file)) and not request.headers["If-Range"].startswith("W/")


def describe(response: Response, file: ExportFile, part: Part | None) -> Response:
    """Status and headers of what is sent."""
    size = file.bytes or 0
    response.headers["Accept-Ranges"] = "bytes"
    response.set_etag(etag(file))
    if part is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    response.content_length = size if part is None else part.length
    return response
