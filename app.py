"""The application: settings, extensions, pages, commands, headers. Nothing else happens here."""

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix

import config
import models  # noqa: F401  # registers the tables
from blueprints.spoken_templates import SpokenEnvironment
from config import Settings
from extensions import csrf, db, migrate
from services import logs

_KIB = 1024


class _SignedSession(SecureCookieSessionInterface):
    """Flask's, signed with HMAC-SHA-256 in place of SHA-1 (ASVS 11.4.1), and with its signer made once."""

    digest_method = staticmethod(hashlib.sha256)

    def __init__(self, app: Flask) -> None:
        self._signing = super().get_signing_serializer(app)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        return self._signing


class _App(Flask):
    jinja_environment = SpokenEnvironment

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No function here is a coroutine, and Flask looks at ten for each page."""
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application from ``settings``, or from the environment (exit status 1 when that is wrong)."""
    import blueprints
    import commands
    from blueprints import errors, gate, headers, request_ids

    settings = settings or config.load_or_exit()
    app = create_base(settings)
    gate.register(app)
    request_ids.register(app)
    blueprints.register(app)
    errors.register(app)
    headers.register(app, settings)
    commands.register(app)
    return app


def create_base(settings: Settings) -> Flask:
    """What any page here stands on, and no page but the step-up's code page: for a site of another kind that guards its
    actions as this one does (docs/step-up.md)."""
    from blueprints import languages, step_up, template_names, templating
    from services import database, gateway_setup, worker_setup

    app = _App(__name__, instance_path=str(settings.instance_path))
    app.config.update(_flask_config(settings))
    app.extensions["settings"] = settings
    app.session_interface = _SignedSession(app)
    logs.set_up(settings.log_level, for_machines=settings.is_production)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_prefix=0)  # type: ignore[method-assign]
    db.init_app(app)
    database.prepare(app, settings)
    migrate.init_app(app, db, directory=str(config.ROOT / "migrations"))
    csrf.init_app(app)
    templating.register(app)
    template_names.register(app, settings)
    languages.register(app)
    gateway_setup.prepare(app, settings)
    worker_setup.prepare(app, settings)
    app.register_blueprint(step_up.blueprint)
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    secure = settings.public_url.startswith("https://")
    # Links are made from PUBLIC_URL, whatever the Host header says; localhost is for health checks on the machine.
    hosts = [settings.public_host, "127.0.0.1", "localhost"]
    return {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": settings.old_secret_keys,
        # The last signs; a form that was opened before the key changed is still taken.
        "WTF_CSRF_SECRET_KEY": [*settings.old_secret_keys[::-1], settings.secret_key],
        "TESTING": settings.app_env == "testing",
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        # Parameters are numbers, addresses and hashes: they must not reach a log by way of an error's text.
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "isolation_level": "AUTOCOMMIT",
            "hide_parameters": True,
        },
        "TRUSTED_HOSTS": hosts,
        # Lax keeps other sites' forms out and still lets a link in a mail find the person signed in.
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # Tied to the session, which has limits of its own; a form left open over lunch still works.
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": 1024 * _KIB,
        "MAX_FORM_MEMORY_SIZE": 1024 * _KIB,
    }
