"""What a person does at a site of several machines: one step at this machine, the next at that."""

from itertools import count
from typing import Any

import psycopg
from sqlalchemy import select

from extensions import db
from models import ContactImport
from tests.machines.machines import Machine, Machines, plain
from tests.machines.visitor import Visitor
from tests.support.estate import Estate, estate
from tests.support.importing import upload
from tests.support.worker_process import wait_until

_NUMBERS = count()


class House:
    """``a`` and ``b`` are web machines (or one twice); what sends and imports is elsewhere."""

    def __init__(self, machines: Machines, a: Machine, b: Machine) -> None:
        self.machines, self.site = machines, machines.site
        self.a, self.b = a, b
        machines.wait()

    def estate(self, **changed: Any) -> Estate:
        """An account that no other test uses."""
        number = next(_NUMBERS)
        return estate(self.site, f"Machine{number}", digit=number % 10, **changed)

    def half_signed_in(self, of: Estate) -> tuple[Visitor, str]:
        """A browser whose password was taken at A, and the code that was sent for it."""
        visitor = Visitor(self.a)
        seen = self._texts(of)
        visitor.get("/login")
        to = visitor.submit(email=of.owner.email, password=self.site.world.password).location
        assert to == "/login/code"
        visitor.get(to)
        return visitor, self._code(of, seen)

    def signed_in(self, of: Estate) -> Visitor:
        """The password at A, the code at B."""
        visitor, code = self.half_signed_in(of)
        assert visitor.at(self.b).submit(code=code).location == "/"
        return visitor.at(self.a)

    def step_up(self, visitor: Visitor, of: Estate, path: str) -> str:
        """Ask for ``path`` at A, enter the code at B; where that leads."""
        seen = self._texts(of)
        place = visitor.at(self.a).get(path).location
        assert place.startswith("/step-up"), place
        visitor.get(place)
        return visitor.at(self.b).submit(code=self._code(of, seen)).location

    def imported(self, visitor: Visitor, content: str) -> str:
        """Bring a file to A and wait until a worker has read it to its end; the import's address."""
        place = upload(visitor.at(self.a), content).location
        found = select(ContactImport.finished_at).where(ContactImport.public_id == place.rsplit("/", 1)[1])
        wait_until(lambda: self.first(found) is not None)
        return place

    def first(self, statement: Any) -> Any:
        with self.site.context():
            return db.session.execute(statement).scalar_one()

    def _texts(self, of: Estate) -> int:
        return len(self.machines.texts(str(of.owner.mobile_number)))

    def _code(self, of: Estate, seen: int) -> str:
        return self.machines.next_code(str(of.owner.mobile_number), seen)


def exports_at(url: str) -> int:
    """How many exports hold a transaction on the server of ``url`` open: they are being read, or their reader waits."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY%' AND xact_start IS NOT NULL"
        ).fetchone()
    assert found is not None
    return int(found[0])
