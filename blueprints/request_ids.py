"""Each request has an id: in every line of the log about it, on what it asks of the worker, and in its answer."""

from flask import Flask, Response

from services import origin


def register(app: Flask) -> None:
    # Before all else: the first page that can be built is one that refuses.
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    app.after_request(_name)
    app.teardown_request(_end)


def _begin() -> None:
    origin.begin_request()


def _name(response: Response) -> Response:
    if name := origin.request_id():
        response.headers["X-Request-Id"] = name
    return response


def _end(_: BaseException | None) -> None:
    origin.end_request()
