"""People who use the site, each in a thread: they sign in with the code on their phone and do what people do."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from benchmarks.soak.phones import Phones
from benchmarks.soak.records import Records
from tests.machines.visitor import Visitor
from tests.support.exporting import rows_of
from tests.support.factories import PASSWORD
from tests.support.importing import upload

PAGES = (
    "/contacts", "/contacts/lists", "/contacts/exports", "/settings/profile", "/settings/users", "/settings/browsers",
    "/settings/activity", "/settings/account", "/help/contact-support",
)  # fmt: skip
#: Rows of a file that is brought in.
IMPORTED = 300
_PAUSE = (0.2, 1.0)


class NotWhatWasAsked(Exception):
    """An answer, but another one than a person would expect."""


@dataclass(frozen=True)
class Who:
    id: int
    email: str
    number: str


class Person(threading.Thread):
    """Signs in, does some errands in any order, signs out, and begins again, until ``stop`` is set."""

    def __init__(
        self, who: Who, address: str, phones: Phones, records: Records, stop: threading.Event
    ) -> None:
        super().__init__(name=who.email, daemon=True)
        self._who, self._phones, self._records, self._over = who, phones, records, stop
        self._machine: Any = SimpleNamespace(address=address)
        self._dice = random.Random(who.email)
        self._imported = 0

    def run(self) -> None:
        errands: list[Callable[[Visitor], None]] = [
            self._look, self._look, self._look, self._search, self._search, self._rename, self._export, self._import,
        ]  # fmt: skip
        while not self._over.is_set():
            visitor = Visitor(self._machine)
            try:
                self._sign_in(visitor)
                for errand in self._dice.sample(errands, k=len(errands)):
                    if self._over.wait(self._dice.uniform(*_PAUSE)):
                        break
                    errand(visitor)
                self._sign_out(visitor)
            except Exception:  # it is on record; whoever meets an error begins anew
                self._over.wait(1)

    def _sign_in(self, visitor: Visitor) -> None:
        seen = self._phones.count(self._who.number)
        with self._records.step("password"):
            visitor.get("/login")
            _must(visitor.submit(email=self._who.email, password=PASSWORD), "/login/code")
        with self._records.step("sign-in", self._who.id, "sign_in:completed"):
            visitor.get("/login/code")
            _must(visitor.submit(code=self._phones.next_code(self._who.number, seen)), "/")

    def _sign_out(self, visitor: Visitor) -> None:
        with self._records.step("sign-out", self._who.id, "sign_in:signed_out"):
            _must_be(visitor.get("/contacts").status, 200)
            _must(visitor.submit(form="/logout"), "/login")

    def _look(self, visitor: Visitor) -> None:
        with self._records.step("page"):
            _must_be(visitor.get(self._dice.choice(PAGES)).status, 200)

    def _search(self, visitor: Visitor) -> None:
        with self._records.step("search"):
            word = self._dice.choice(("person-1", "example.org", "nobody", "Surname"))
            _must_be(visitor.get(f"/contacts?q={word}").status, 200)

    def _rename(self, visitor: Visitor) -> None:
        with self._records.step("settings"):
            _must_be(visitor.get("/settings/profile").status, 200)
            _must(visitor.submit(name=f"Name {self._dice.randrange(10**6)}"), "/settings/profile")

    def _export(self, visitor: Visitor) -> None:
        with self._records.step("export: fix", self._who.id, "export:fixed"):
            _must_be(visitor.get("/contacts/export").status, 200)
            place = visitor.submit(having="columns").location
            if not place.startswith("/contacts/exports/"):
                raise NotWhatWasAsked(f"the export leads to {place!r}")
        seen = self._phones.count(self._who.number)
        with self._records.step("export: step-up", self._who.id, "code:right"):
            asked = visitor.get(f"{place}/download").location
            if not asked.startswith("/step-up"):
                raise NotWhatWasAsked(f"the download leads to {asked!r}")
            visitor.get(asked)
            _must(visitor.submit(code=self._phones.next_code(self._who.number, seen)), f"{place}/download")
        with self._records.step("export: download", self._who.id, "export:downloaded"):
            file = visitor.get(f"{place}/download")
            _must_be(file.status, 200)
            if len(rows_of(file.data)) < 2000:
                raise NotWhatWasAsked(f"only {len(rows_of(file.data))} rows")

    def _import(self, visitor: Visitor) -> None:
        self._imported += 1
        rows = "".join(
            f"i-{self._who.id}-{self._imported % 20}-{at}@example.org,Name {self._imported}\r\n"
            for at in range(IMPORTED)
        )
        with self._records.step("import"):
            place = upload(visitor, "Email,FIRSTNAME\r\n" + rows).location
            if not place.startswith("/contacts/imports/"):
                raise NotWhatWasAsked(f"the import leads to {place!r} ({visitor.last.status})")
            self._records.imports.append(place.rsplit("/", 1)[1])


def _must(page: Any, place: str) -> None:
    if page.location != place:
        raise NotWhatWasAsked(
            f"{page.status} to {page.location!r} in place of {place!r} {page.errors if page.status == 422 else ''}"
        )


def _must_be(status: int, expected: int) -> None:
    if status != expected:
        raise NotWhatWasAsked(f"{status} in place of {expected}")
