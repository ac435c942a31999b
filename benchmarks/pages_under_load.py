"""Two web processes while people come at a rate: signed-in pages, beside them sign-ins, or a flood of passwords."""

import random
import time
from typing import Any
from urllib.parse import urlencode

from benchmarks.figures import Figure
from benchmarks.pages import Pages, Plan, Server, header, page
from tests.support.browser import Browser

SECONDS = 10
#: A second: signed-in pages, and sign-ins beside them.
RATE, SIGN_INS = 500, 5
#: A second: passwords of the flood, each from a network of its own, and pages beside them.
FLOOD, PAGES_BESIDE = 100, 100
PLAIN = ("/benchmark/in", "/benchmark/guarded", "/benchmark/rows")
REAL = ("/contacts", "/settings/profile", "/help/two-factor-authentication", "/settings/browsers")
#: Prepared sign-ins; nobody waits for their forms while it is measured.
_PEOPLE = 25


def figures(pages: Pages) -> list[Figure]:
    server = pages.serve(
        "benchmarks.pages_sites:site()", workers=2, threads=24,
        LIMIT_SIGN_IN_ADDRESS="100000/hour", LIMIT_SIGN_IN_USER="100000/hour", LIMIT_SIGN_IN_SITE="1000000/hour",
    )  # fmt: skip
    for path in (*PLAIN, *REAL):
        server.visit(page(path, pages.cookies, 40), pages.folder)
    return [*beside_sign_ins(pages, server), *beside_a_flood(pages, server)]


def beside_sign_ins(pages: Pages, server: Server) -> list[Figure]:
    forms = [sign_in(pages, user) for user in people(pages)]
    found = []
    for name, paths, rate in (("plain pages", PLAIN, RATE), ("real pages", REAL, RATE // 2)):
        here = signed_in(pages, paths, rate)
        coming = server.begin(
            {"requests": forms, "connections": 8, "rate": SIGN_INS, "seconds": SECONDS}, pages.folder
        )
        seen, entered = server.visit(here, pages.folder), coming()
        found += [
            Figure(f"Load, {name}: a second", good(seen, "200") / max(SECONDS, seen["seconds"]), "pages/s"),
            Figure(f"Load, {name}: p50", seen["p50"], "ms"),
            Figure(f"Load, {name}: p99", seen["p99"], "ms"),
            Figure(f"Load, {name}: errors", wrong(seen, "200") + wrong(entered, "303"), "requests"),
            Figure(f"Load, {name}: sign-in p99", entered["p99"], "ms"),
        ]
    return found


def beside_a_flood(pages: Pages, server: Server) -> list[Figure]:
    browser = pages.site.browser()
    browser.get("/login")
    token, chance = browser.csrf_token(), random.Random(5)  # no secret
    flood = [
        post(browser, {"email": f"{number}@nowhere.example", "password": "a guess like many", "csrf_token": token},
             f"203.0.{chance.randrange(256)}.{chance.randrange(256)}")
        for number in range(FLOOD * SECONDS)
    ]  # fmt: skip
    quiet = server.visit(signed_in(pages, PLAIN, PAGES_BESIDE), pages.folder)
    flooding = server.begin(
        {"requests": flood, "connections": 60, "rate": FLOOD, "seconds": SECONDS}, pages.folder
    )
    time.sleep(1)
    here = server.begin({**signed_in(pages, PLAIN, PAGES_BESIDE), "seconds": SECONDS - 3}, pages.folder)
    known = [sign_in(pages, pages.owner, pages.site.trusted(pages.owner)) for _ in range(2)]
    came = server.visit({"requests": known, "connections": 1, "rate": 1, "seconds": 2}, pages.folder)
    seen, flooded = here(), flooding()
    return [
        Figure("Flood: pages p99 without it", quiet["p99"], "ms"),
        Figure("Flood: pages p99", seen["p99"], "ms"),
        Figure("Flood: pages that failed", wrong(seen, "200"), "requests"),
        Figure("Flood: passwords told to come again", 100 * good(flooded, "503") / len(flood), "% of them"),
        Figure("Flood: known browsers turned away", wrong(came, "303"), "sign-ins"),
        Figure("Flood: known browser's sign-in, p99", came["p99"], "ms"),
    ]


def signed_in(pages: Pages, paths: tuple[str, ...], rate: int) -> Plan:
    requests = [{"path": path, "headers": {"Cookie": pages.cookies}} for path in paths]
    return {"requests": requests, "connections": 16, "rate": rate, "seconds": SECONDS}


def people(pages: Pages) -> list[Any]:
    account = pages.site.world.account("Others", two_factor=False)
    return [pages.site.world.user(account) for _ in range(_PEOPLE)]


def sign_in(pages: Pages, user: Any, browser: Browser | None = None) -> dict[str, Any]:
    """The form of the sign-in page, filled in."""
    browser = browser or pages.site.browser()
    browser.get("/login")
    fields = {"email": user.email, "password": pages.site.world.password, "csrf_token": browser.csrf_token()}
    return post(browser, fields, "198.51.100.7")


def post(browser: Browser, fields: dict[str, str], address: str) -> dict[str, Any]:
    headers = {"Cookie": header(browser), "X-Forwarded-For": address, "User-Agent": "Werkzeug/test"}
    return {"path": "/login", "headers": headers, "body": urlencode(fields)}


def good(seen: Plan, status: str) -> int:
    return int(seen["statuses"].get(status, 0))


def wrong(seen: Plan, status: str) -> int:
    return sum(number for told, number in seen["statuses"].items() if told != status)
