"""Response headers of every page. Sources: OWASP ASVS 5.0 chapter V3.4; the CSP allows nothing but our own files."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from blueprints import assets
from config import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REPORT_PATH = "/csp-report"

_CSP = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    # One name for browsers that know Reporting-Endpoints, one for those that do not.
    "report-to csp",
    f"report-uri {REPORT_PATH}",
))  # fmt: skip

_ALWAYS = {
    "Content-Security-Policy": _CSP,
    "Reporting-Endpoints": f'csp="{REPORT_PATH}"',
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The path may hold a one-use token; no other site sees more than nothing.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), otp-credentials=(self)",
}
_YEAR = 365 * 86400


class _Always:
    """Around the application: headers of every answer that says nothing else of its own."""

    def __init__(self, app: "WSGIApplication", headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.lower(), (name, value)) for name, value in headers.items()]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], *fault: Any) -> Callable[[bytes], object]:
            there = {name.lower() for name, _ in headers}
            more = [pair for lowered, pair in self._headers if lowered not in there]
            return start_response(status, headers + more, *fault)

        return self._app(environ, begin)


def register(app: Flask, settings: Settings) -> None:
    always = dict(_ALWAYS)
    if settings.is_production:
        always["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"
    app.wsgi_app = _Always(app.wsgi_app, always)  # type: ignore[method-assign]

    @app.after_request
    def say_how_long_to_keep(response: Response) -> Response:
        is_file = request.endpoint == "static" and response.status_code in {200, 206, 304}
        # A page of a newer release may ask this machine while it still has the old file: that one is not to be kept.
        version = request.args.get("v") if is_file else None
        if version and version == assets.version((request.view_args or {})["filename"]):
            response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        elif not is_file:
            # Back and the disk cache must not show a signed-in page to the next person.
            response.headers["Cache-Control"] = "no-store"
        return response
