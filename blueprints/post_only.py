"""Addresses of buttons. Whoever opens one (Back, a reload after a sign-in, a kept address) is led to its page."""

from flask import request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from blueprints.own_path import endpoint_at

#: Posted to by machines: there is no page beside them.
_NO_PAGE = ("/webhooks/",)


def page_beside(error: HTTPException) -> str:
    """The path of the page on which the button of this address stands, "" where none was asked for.

    It is the nearest address above that can be opened: ``/login/code`` for ``/login/code/resend``.
    """
    if not isinstance(error, MethodNotAllowed) or request.method not in {"GET", "HEAD"}:
        return ""
    path = request.path
    if "POST" not in (error.valid_methods or ()) or path.startswith(_NO_PAGE):
        return ""
    while path.rpartition("/")[0]:
        path = path.rpartition("/")[0]
        if endpoint_at(path):
            return path
    return "/"
