"""Two web machines and a worker machine, with a folder each and one PostgreSQL: no request minds where it goes."""

from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import func, select

from extensions import db
from models import Contact, ContactImport, LoginSession
from models.job import Job
from tests.machines.conftest import machines
from tests.machines.machines import Machine, Machines
from tests.machines.visitor import Visitor
from tests.support.at_once import at_once
from tests.support.estate import Estate, estate
from tests.support.exporting import fixed_export, rows_of
from tests.support.importing import upload
from tests.support.worker_process import wait_until

_NUMBERS = count()


class House:
    """``a`` and ``b`` serve pages, ``c`` sends and imports."""

    def __init__(self, made: Machines) -> None:
        self.machines, self.site = made, made.site
        self.a, self.b, self.c = made.web("a"), made.web("b"), made.worker("c")
        made.wait()

    def estate(self) -> Estate:
        """An account that no other test uses."""
        number = next(_NUMBERS)
        return estate(self.site, f"Machine{number}", digit=number)

    def half_signed_in(self, of: Estate, at: Machine) -> tuple[Visitor, str]:
        """A browser whose password was taken ``at`` one machine, and the code that was sent for it."""
        visitor = Visitor(at)
        seen = len(self.machines.texts(str(of.owner.mobile_number)))
        visitor.get("/login")
        assert (
            visitor.submit(email=of.owner.email, password=self.site.world.password).location == "/login/code"
        )
        visitor.get("/login/code")
        return visitor, self.machines.next_code(str(of.owner.mobile_number), seen)

    def signed_in(self, of: Estate) -> Visitor:
        """The password at one machine, the code at the other."""
        visitor, code = self.half_signed_in(of, self.a)
        assert visitor.at(self.b).submit(code=code).location == "/"
        return visitor

    def step_up(self, visitor: Visitor, of: Estate, path: str) -> str:
        """Ask for ``path`` at one machine, enter the code at the other; where that leads."""
        seen = len(self.machines.texts(str(of.owner.mobile_number)))
        place = visitor.at(self.a).get(path).location
        assert place.startswith("/step-up"), place
        visitor.get(place)
        return (
            visitor.at(self.b)
            .submit(code=self.machines.next_code(str(of.owner.mobile_number), seen))
            .location
        )

    def count(self, statement: object) -> int:
        with self.site.context():
            return int(db.session.execute(statement).scalar_one())  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def house(own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with machines(tmp_path_factory.mktemp("machines"), own_database) as made:
        yield House(made)


def test_a_code_asked_for_at_one_machine_is_entered_at_the_other(house: House) -> None:
    visitor = house.signed_in(house.estate())
    for machine in (house.a, house.b):
        assert visitor.at(machine).get("/contacts").heading == "Contacts"


def test_an_export_is_fixed_and_approved_at_one_machine_and_downloaded_from_the_other(house: House) -> None:
    of = house.estate()
    visitor = house.signed_in(of).at(house.a)
    address = fixed_export(visitor)
    assert house.step_up(visitor, of, f"{address}/download") == f"{address}/download"
    file = visitor.at(house.b).get(f"{address}/download")
    assert (file.status, len(rows_of(file.data))) == (200, 3)


def test_a_file_is_brought_to_one_machine_imported_by_the_worker_and_told_by_the_other(house: House) -> None:
    of = house.estate()
    visitor = house.signed_in(of).at(house.a)
    place = upload(visitor, "Email,FIRSTNAME\r\nzoe@acme.example,Zoe\r\nnobody,Nobody\r\n").location
    found = select(ContactImport).where(ContactImport.public_id == place.rsplit("/", 1)[1])

    def done() -> bool:
        with house.site.context():
            return db.session.scalars(found).one().finished_at is not None

    wait_until(done)
    mine = select(func.count()).where(
        Contact.account_id == of.account.id, Contact.email == "zoe@acme.example"
    )
    assert house.count(mine) == 1
    assert "1 row refused" in visitor.at(house.b).get(place).words
    refused = house.step_up(visitor, of, f"{place}/refused.csv")
    assert b"nobody" in visitor.at(house.a).get(refused).data


def test_a_browser_that_was_trusted_at_one_machine_is_known_at_the_other(house: House) -> None:
    of = house.estate()
    visitor = house.signed_in(of).at(house.a)
    visitor.get("/contacts")
    visitor.submit(form="/logout")
    visitor.at(house.b).get("/login")
    assert visitor.submit(email=of.owner.email, password=house.site.world.password).location == "/"


def test_who_signs_out_at_one_machine_is_out_at_the_other_at_once(house: House) -> None:
    visitor = house.signed_in(house.estate())
    stolen = visitor.twin().at(house.b)
    assert stolen.get("/contacts").status == 200
    visitor.at(house.a).get("/contacts")
    visitor.submit(form="/logout")
    assert stolen.get("/contacts").location.startswith("/login")


def test_wrong_codes_at_both_machines_add_up(house: House) -> None:
    visitor, code = house.half_signed_in(house.estate(), house.a)
    wrong = [f"{(int(code) + at) % 10**6:06}" for at in range(1, 6)]
    for at, guess in enumerate(wrong):
        assert visitor.at((house.a, house.b)[at % 2]).post("/login/code", {"code": guess}).status in {
            422,
            429,
        }
    assert visitor.at(house.a).post("/login/code", {"code": code}).status == 429
    assert visitor.at(house.b).post("/login/code", {"code": code}).status == 429


def test_of_right_codes_posted_to_both_machines_at_the_same_moment_one_is_taken(house: House) -> None:
    of = house.estate()
    visitor, code = house.half_signed_in(of, house.a)
    twins = [visitor.twin().at(machine) for machine in (house.a, house.b) * 3]
    answers = at_once(*[lambda twin=twin: twin.submit(code=code) for twin in twins])
    assert [answer.location for answer in answers].count("/") == 1
    opened = select(func.count()).where(
        LoginSession.user_id == of.owner.id, LoginSession.second_step == "code"
    )
    assert house.count(opened) == 2  # and that of the estate


def test_nothing_that_matters_lies_on_a_web_machine(house: House) -> None:
    """Last: after all that was done above."""
    for machine in (house.a, house.b):
        # What bounds the hashing of one machine's processors is that machine's own.
        assert [name for name in machine.files() if not name.startswith("hashing/")] == []
    assert house.count(select(func.count()).select_from(Job).where(Job.state == "failed")) == 0
    for name in "abc":
        assert "Traceback" not in house.machines.log_of(name)
