"""From the body of a report to what may stand in a log. Sources: W3C CSP Level 3, 5; Reporting API, 3.2."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

#: What browsers send: the older form by report-uri, the newer one by report-to.
MIMETYPES = frozenset({"application/csp-report", "application/reports+json"})

_MOST = 5
_DIRECTIVE = re.compile(r"[a-z]{2,12}(-[a-z]{2,12}){0,3}", re.ASCII)
_WORDS = frozenset(
    {"inline", "eval", "wasm-eval", "data", "blob", "trusted-types-policy", "trusted-types-sink"}
)
_ORIGIN = re.compile(r"(https?|wss?)://[A-Za-z0-9.-]{1,253}(:\d{1,5})?(?=/|$)", re.ASCII)


@dataclass(frozen=True)
class Violation:
    """``directive`` and ``source`` are safe to write down; ``address``, of the page, is as it was sent."""

    directive: str
    source: str
    address: str


def violations(body: bytes) -> list[Violation]:
    """The first five of a report; none of what is not one."""
    try:
        report = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return list(islice(_read(report), _MOST))


def _read(report: Any) -> Iterator[Violation]:
    for one in report if isinstance(report, list) else [report]:
        if not isinstance(one, dict):
            continue
        if isinstance(older := one.get("csp-report"), dict):
            directive = older.get("effective-directive") or older.get("violated-directive")
            yield _violation(directive, older.get("blocked-uri"), older.get("document-uri"))
        elif one.get("type") == "csp-violation" and isinstance(newer := one.get("body"), dict):
            yield _violation(
                newer.get("effectiveDirective"), newer.get("blockedURL"), newer.get("documentURL")
            )


def _violation(directive: Any, source: Any, address: Any) -> Violation:
    name, blocked = (value if isinstance(value, str) else "" for value in (directive, source))
    origin = _ORIGIN.match(blocked)
    return Violation(
        directive=name if _DIRECTIVE.fullmatch(name) else "something",
        source=blocked if blocked in _WORDS else origin[0] if origin else "elsewhere",
        address=address if isinstance(address, str) else "",
    )
