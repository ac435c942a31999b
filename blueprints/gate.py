"""Who gets past the door. Everything is closed but for a short list; half signed in opens the code page only."""

from pathlib import PurePosixPath

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from flask.globals import request_ctx
from flask_login import current_user
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response as WerkzeugResponse

from blueprints.access import me
from blueprints.languages import speak_as
from blueprints.own_path import path_and_query
from config import settings
from extensions import login_manager
from models.login_session import PendingSignIn
from services import second_step, sessions
from services.origin import acts, set_origin
from services.sessions import SignedIn

#: Pages for people who are not signed in. Whatever is not named here asks for a sign-in.
PUBLIC = frozenset({
    "static",
    "login.sign_in", "login.code", "login.code_status", "login.code_resend", "login.code_call", "login.code_cancel",
    "login.forgot_password", "login.reset_password", "login.invitation",
    "help.two_factor", "help.contact_support", "help.not_me", "help.keep_two_factor",
    "health.healthz", "health.readyz", "health.security_txt", "health.change_password",
    "webhooks.vonage_status", "webhooks.vonage_voice", "reports.csp",
    "phone.index", "phone.mails", "language.choose",
})  # fmt: skip

#: All that answers between the right password and the right code. The phone (a 404 but in development) must, since a
#: developer has only this browser to read the code in.
HALF_SIGNED_IN = frozenset({
    "static", "login.code", "login.code_status", "login.code_resend", "login.code_call", "login.code_cancel",
    "reports.csp", "phone.index", "phone.mails",
})  # fmt: skip

#: What machines post. Everything else takes forms only.
_READS_JSON = frozenset({"webhooks.vonage_status", "webhooks.vonage_voice", "reports.csp"})

#: Kinds of files that pages load. Nothing else below static/ is given out.
STATIC_KINDS = frozenset({".css", ".ico", ".js", ".svg", ".webp"})

#: The one form with a file in it.
_TAKES_FILES = frozenset({"contacts.imports_new"})

PENDING_KEY = "pending"


def register(app: Flask) -> None:
    login_manager.init_app(app, add_context_processor=False)
    login_manager.session_protection = None  # the server's record is the protection
    login_manager.user_loader(_load)
    app.before_request_funcs.setdefault(None, []).insert(0, _refuse_foreign_host)  # before any page is built
    app.before_request(_stop_at_the_door)
    app.context_processor(_template_names)


def _load(token: str) -> SignedIn | None:
    found = sessions.load(token)
    if found is not None:
        acts(found.user.id)
        speak_as(found.user.language)
        if found.user.account is not None:
            g.time_zone = found.user.account.time_zone
    return found


def _refuse_foreign_host() -> None:
    """A Host header that is not ours: 400. The page that says so has links, and they need a host to be built for."""
    if request_ctx.url_adapter is None:
        request_ctx.url_adapter = current_app.url_map.bind(settings().public_host)
        raise request.routing_exception or BadRequest()


def _stop_at_the_door() -> WerkzeugResponse | None:
    asked = request_ctx.request  # itself: each question to ``request`` would find it again
    endpoint = asked.endpoint
    set_origin(asked.remote_addr or "unknown", asked.headers.get("User-Agent", ""))
    if endpoint == "static":
        if PurePosixPath(asked.path).suffix not in STATIC_KINDS:
            abort(404)
        return None
    if isinstance(asked.routing_exception, NotFound) and asked.path.startswith("/.well-known/"):
        # To a password manager a site that leads such a question to a page with status 200 has no such addresses.
        abort(404)
    if asked.is_json and endpoint not in _READS_JSON:
        abort(415)  # forms would read it, too, with numbers, lists and nothing in place of text
    if asked.mimetype == "multipart/form-data" and endpoint not in _READS_JSON | _TAKES_FILES and asked.files:
        abort(400)  # a file in place of text is nothing that a form here can read
    if session.get(PENDING_KEY) and endpoint not in HALF_SIGNED_IN and pending_sign_in() is not None:
        return redirect(url_for("login.code"), 303)
    if endpoint in PUBLIC:
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    if not _asked_by_itself():
        sessions.seen(me())
    return None


def _asked_by_itself() -> bool:
    """Whether the page asks how things are, and not a person: that keeps nobody signed in."""
    return (request.endpoint or "").endswith("status")


def pending_sign_in() -> PendingSignIn | None:
    """The sign-in of this browser that waits for its code; looked up once a request."""
    if "pending_sign_in" not in g:
        g.pending_sign_in = second_step.find_pending(session.get(PENDING_KEY, ""))
        if g.pending_sign_in is not None:
            acts(g.pending_sign_in.user_id)
            speak_as(g.pending_sign_in.user.language)
    found: PendingSignIn | None = g.pending_sign_in
    return found


def _to_sign_in() -> Response | WerkzeugResponse:
    wanted = path_and_query() if request.method == "GET" and request.endpoint is not None else ""
    return redirect(
        url_for("login.sign_in", next=wanted) if wanted not in {"", "/"} else url_for("login.sign_in"), 303
    )


def _template_names() -> dict[str, object]:
    # Lazy: a template that never asks who is signed in costs no query.
    return {"signed_in": _Lazy()}


class _Lazy:
    """Stands in templates for the SignedIn of this request, or for nothing: false when nobody is signed in."""

    def __bool__(self) -> bool:
        return bool(current_user.is_authenticated)

    def __getattr__(self, name: str) -> object:
        return getattr(current_user, name)
