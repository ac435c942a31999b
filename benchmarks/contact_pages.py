"""What pages of very many contacts cost, each through the site's own web server.

    python -m benchmarks.run --only contact-pages [--rows 10000000] [--rounds 3]

CPU milliseconds a request of application and database together, warm. One account has them all, with lists of half of
them, of a twentieth, and of a hundred.
"""

import http.client
import statistics

from bs4 import BeautifulSoup

from benchmarks.figures import Figure
from benchmarks.jobs import Setting
from benchmarks.pages import Server, page
from benchmarks.servers import gunicorn

NAME = "Contacts"
FIRST = f"{NAME}: first page"
LIST = f"{NAME}: first page of a list and status"
BACK = f"{NAME}: back on a list of 100"
SEARCH = f"{NAME}: search, a common beginning"
_WARM, _COUNT = 8, 32


class ContactPages:
    def __init__(self, setting: Setting) -> None:
        self._folder = setting.new_folder("contact-pages")
        site = setting.filled
        half, part, few = (site.add_list(f"Every {step}.", step) for step in (2, 20, setting.rows // 100))
        site.analyze()
        self._database = setting.postgres.process_id()
        self._cookie = site.fixed()[1]["Cookie"]
        self._server = setting.stack.enter_context(
            Server(gunicorn("app:create_app()"), site.settings, self._folder / "web.log", "/healthz")
        )
        newest = f"/contacts?list={few}"
        self._addresses = {
            FIRST: "/contacts",
            LIST: f"/contacts?list={half}&status=Unsubscribed",
            f"{NAME}: first page of a list of 100": newest,
            BACK: self._link(self._link(newest, "next"), "prev"),
            f"{NAME}: the second page": self._link("/contacts", "next"),
            f"{NAME}: search, nobody": "/contacts?q=zzzz",
            SEARCH: "/contacts?q=person-1",
            f"{NAME}: search on a list of a twentieth": f"/contacts?q=olivia&list={part}",
        }
        self._costs: dict[str, list[tuple[float, float]]] = {name: [] for name in self._addresses}
        for address in self._addresses.values():
            self._server.visit(page(address, self._cookie, _WARM), self._folder)

    def round(self) -> None:
        for name, address in self._addresses.items():
            plan = page(address, self._cookie, _COUNT)
            self._costs[name].append(self._server.cost(plan, self._folder, self._database))

    def figures(self) -> list[Figure]:
        found = []
        for name, costs in self._costs.items():
            both = statistics.median(app + database for app, database in costs)
            database = statistics.median(database for _, database in costs)
            found.append(Figure(name, both, f"CPU ms, {database:.1f} of them PostgreSQL's"))
        return found

    def _link(self, address: str, way: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=60)
        connection.request("GET", address, headers={"Cookie": self._cookie})
        answer = connection.getresponse()
        html = BeautifulSoup(answer.read(), "html.parser")
        connection.close()
        link = html.select_one(f"a[rel={way}]")
        if answer.status != 200 or link is None:
            raise SystemExit(f"{address} answered {answer.status}, without a link to the {way} page")
        return str(link["href"])
