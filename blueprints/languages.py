"""The language of a request, and gettext for templates.

First the setting of who is signed in, then what was chosen here, then what the browser asks for, then the site's own.
"""

from functools import lru_cache
from typing import Any

from flask import Blueprint, Flask, Response, abort, redirect, request, session, url_for
from flask.globals import request_ctx
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Response as WerkzeugResponse

from blueprints.own_path import endpoint_at, own_path, path_and_query
from config import settings
from services import language

#: Where the session keeps what was chosen by somebody who is not signed in.
CHOSEN = "language"
#: Characters of an Accept-Language header that are read; cut first, so that none fills memory as a key of the cache.
_LONGEST = 200

blueprint = Blueprint("language", __name__)


def register(app: Flask) -> None:
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.policies["ext.i18n.trimmed"] = True
    env.newstyle_gettext = True  # type: ignore[attr-defined]  # the extension's: values are escaped, then put in
    env.globals.update(
        gettext=_gettext,
        ngettext=_ngettext,
        language=language.current,
        languages=language.LANGUAGES,
        this_page=_this_page,
    )
    # Before anything else, each time: a thread keeps what the request before it spoke.
    app.before_request_funcs.setdefault(None, []).insert(0, speak_as_asked)
    app.after_request(_say_which)
    app.register_blueprint(blueprint)


def speak_as(own: str | None) -> None:
    """Somebody is known now; with a language of their own, that is spoken from here on."""
    if own:
        language.speak(own)


def speak_as_asked() -> None:
    """As chosen here, else as the browser asks: for somebody whose own setting is not known, or is none."""
    asked = request_ctx.request
    chosen = session.get(CHOSEN)
    language.speak(
        chosen
        or _of_browser(asked.headers.get("Accept-Language", "")[:_LONGEST])
        or settings().default_language
    )


def forget_session() -> None:
    """Nothing is left in the cookie of who was here, but the language that they read in."""
    chosen = session.get(CHOSEN)
    session.clear()
    if chosen:
        session[CHOSEN] = chosen
    speak_as_asked()


@blueprint.post("/language")
def choose() -> WerkzeugResponse:
    """The switch below pages for people who are not signed in. It leads back to the page that it stands on."""
    code = request.form.get("language", "")
    if code not in language.LANGUAGES:
        abort(400)
    session[CHOSEN] = code
    path = own_path(request.form.get("next"))
    return redirect(path if path and endpoint_at(path.partition("?")[0]) else url_for("login.sign_in"), 303)


def _this_page() -> str:
    """Where the switch leads back to; a page that only answers a form is no such place."""
    path = path_and_query()
    return path if path and endpoint_at(request.path) else ""


def _say_which(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = language.current()
        response.vary.add("Accept-Language")
    return response


@lru_cache(maxsize=512)
def _of_browser(header: str) -> str | None:
    """The best of ours for an Accept-Language header; "de-AT" is German."""
    accepted = parse_accept_header(header, LanguageAccept)
    return accepted.best_match(language.LANGUAGES)


@pass_context
def _gettext(context: Context, message: str, /, **values: Any) -> str:
    text = language.catalogue(language.current()).gettext(message)
    return _filled(context, text, values)


@pass_context
def _ngettext(context: Context, one: str, many: str, number: int, /, **values: Any) -> str:
    text = language.catalogue(language.current()).ngettext(one, many, number)
    return _filled(context, text, {"num": number, **values})


def _filled(context: Context, text: str, values: dict[str, Any]) -> str:
    if context.eval_ctx.autoescape:
        text = Markup(text)  # noqa: S704  # from our own catalogue; what is put in is escaped
    return text % language.written(values)  # also without values: templates write a percent sign as %%
