"""``@step_up_required``: the guard of everything that a stolen session must not be able to do."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from blueprints.access import View, me
from blueprints.own_path import path_and_query, referring_path
from services import step_up
from services.step_up import Wanted

#: Never kept, not even sealed: a password is typed again, a CSRF token is the page's own.
_NOT_KEPT = frozenset({"csrf_token", "password", "password_again", "current_password", "code"})


def step_up_required(
    action: str, *, scope: Callable[..., str], wording: Callable[..., str] | str, is_download: bool = False
) -> Callable[[View], View]:
    """Run the view only after a code for ``action`` on exactly this ``scope`` in the last STEP_UP_LIFETIME seconds.

    ``scope`` and ``wording`` are called with the view's arguments (and may abort with 404): what is approved, and how
    the text message names it ("export 12,431 contacts from Newsletter"). Without a fresh code the person is sent to the
    code page and comes back by GET; what an interrupted POST carried waits on the server. ``is_download``: the view
    sends a file, which leaves a browser where it was; a page that starts it takes the place of the code page. ::

        @blueprint.get("/contacts/exports/<export_id>/download")
        @step_up_required("contacts.export", scope=export_scope, wording=export_wording)
        def download(export_id): ...
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: Any) -> Any:
            words = wording if isinstance(wording, str) else wording(**arguments)
            return ask_first(action, scope(**arguments), words) or view(**arguments)

        guarded.step_up_is_download = is_download  # type: ignore[attr-defined]
        guarded.step_up_action = action  # type: ignore[attr-defined]  # for the test that lists guarded routes
        return guarded

    return decorate


def ask_first(action: str, scope: str, wording: str) -> Response | None:
    """The redirect to the code page, or None when the action may go on. For views that must look at a form first."""
    if not step_up.is_required(me(), action, scope):
        return None
    if request.method == "HEAD":  # changes nothing and sends nothing
        return redirect(url_for("step_up.code"), 303)
    path = path_and_query()
    wanted = Wanted(
        action=action,
        scope=scope,
        wording=wording,
        method=request.method,
        path=path,
        back_path=referring_path(url_for("home.start")),
        fields=_kept_fields(),
    )
    # A link on another site may lead here, but only the person's own click on our page sends a text.
    from_elsewhere = request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}
    interruption = step_up.interrupt(me(), wanted, send=not from_elsewhere)
    return redirect(url_for("step_up.code", on=interruption.public_id), 303)


def _kept_fields() -> dict[str, list[str]]:
    if request.method != "POST":
        return {}
    return {name: values for name, values in request.form.lists() if name not in _NOT_KEPT}
