"""A reader who takes next to nothing is hung up on, even while the server waits inside a send for them."""

import socket
from contextlib import suppress

from flask import Response, request

from blueprints.export import blueprint
from services.exports.downloads import Download
from services.exports.stored import StoredDownload


@blueprint.after_request
def watch(response: Response) -> Response:
    body, connection = response.response, request.environ.get("gunicorn.socket")
    if isinstance(body, Download | StoredDownload) and isinstance(connection, socket.socket):

        def hang_up() -> None:
            """What waits in send() gets an error, and what waits to be sent still goes: a file without its end."""
            with suppress(OSError):
                # Not a TLS connection's own way, which would say a word more through the thread that waits.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

        body.place.hangs_up_by(hang_up)
    return response
