"""Response headers of every page. Sources: OWASP ASVS 5.0 chapter V3.4; the CSP allows nothing but our own files."""

from flask import Flask, Response, request

from blueprints import assets
from config import Settings

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


def register(app: Flask, settings: Settings) -> None:
    always = list(_ALWAYS.items())

    @app.after_request
    def add_headers(response: Response) -> Response:
        there = {name.lower() for name in response.headers.keys()}
        response.headers.extend([pair for pair in always if pair[0].lower() not in there])
        if settings.is_production:
            response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"
        is_file = request.endpoint == "static" and response.status_code in {200, 206, 304}
        # A page of a newer release may ask this machine while it still has the old file: that one is not to be kept.
        version = request.args.get("v") if is_file else None
        if version and version == assets.version((request.view_args or {})["filename"]):
            response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        elif not is_file:
            # Back and the disk cache must not show a signed-in page to the next person.
            response.headers["Cache-Control"] = "no-store"
        return response
