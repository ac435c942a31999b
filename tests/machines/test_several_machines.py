"""Two web machines and a worker machine, with a folder each and one PostgreSQL: no request minds where it goes."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from models import Contact, ExportFile, Job, LoginSession
from tests.machines.conftest import MakeMachines
from tests.machines.house import House
from tests.support.at_once import at_once
from tests.support.exporting import fixed_export, rows_of
from tests.support.worker_process import wait_until


@pytest.fixture(scope="module")
def house(own_database: str, machines: MakeMachines) -> Iterator[House]:
    with machines(own_database) as made:
        made.worker("c")
        yield House(made, made.web("a"), made.web("b"))


def test_a_code_asked_for_at_one_machine_is_entered_at_the_other(house: House) -> None:
    visitor = house.signed_in(house.estate())
    for machine in (house.a, house.b):
        assert visitor.at(machine).get("/contacts").heading == "Contacts"


def test_an_export_is_fixed_and_approved_at_one_machine_and_downloaded_from_the_other(house: House) -> None:
    of = house.estate()
    visitor = house.signed_in(of)
    address = fixed_export(visitor)
    assert house.step_up(visitor, of, f"{address}/download") == f"{address}/download"
    for machine in (house.b, house.a):
        file = visitor.at(machine).get(f"{address}/download")
        assert (file.status, len(rows_of(file.data))) == (200, 3)


def test_a_file_is_brought_to_one_machine_imported_by_the_worker_and_told_by_the_other(house: House) -> None:
    of = house.estate()
    visitor = house.signed_in(of)
    place = house.imported(visitor, "Email,FIRSTNAME\r\nzoe@acme.example,Zoe\r\nnobody,Nobody\r\n")
    mine = (Contact.account_id == of.account.id, Contact.email == "zoe@acme.example")
    assert house.first(select(func.count()).where(*mine)) == 1
    assert "1 row refused" in visitor.at(house.b).get(place).words
    refused = house.step_up(visitor, of, f"{place}/refused.csv")
    assert b"nobody" in visitor.at(house.a).get(refused).data


def test_a_file_that_the_worker_wrote_is_downloaded_in_parts_from_either_machine(house: House) -> None:
    of = house.estate()
    visitor = house.signed_in(of)
    address = fixed_export(visitor)
    visitor.get(address)
    assert visitor.at(house.b).post(f"{address}/prepare").location == address
    written = select(ExportFile.state).where(ExportFile.account_id == of.account.id)
    wait_until(lambda: house.first(written) == "ready")
    download = house.step_up(visitor, of, f"{address}/download")
    whole = visitor.at(house.b).get(download)
    assert (whole.status, len(rows_of(whole.data))) == (200, 3)
    rest = visitor.at(house.a).get(download, headers={"Range": "bytes=20-"})
    assert (rest.status, rest.data) == (206, whole.data[20:])


def test_a_browser_that_was_trusted_at_one_machine_is_known_at_the_other(house: House) -> None:
    of = house.estate()
    visitor = house.signed_in(of)
    visitor.get("/contacts")
    visitor.submit(form="/logout")
    visitor.at(house.b).get("/login")
    assert visitor.submit(email=of.owner.email, password=house.site.world.password).location == "/"


@pytest.mark.asvs("7.4.1")
def test_who_signs_out_at_one_machine_is_out_at_the_other_at_once(house: House) -> None:
    visitor = house.signed_in(house.estate())
    stolen = visitor.twin().at(house.b)
    assert stolen.get("/contacts").status == 200
    visitor.at(house.a).get("/contacts")
    visitor.submit(form="/logout")
    assert stolen.get("/contacts").location.startswith("/login")


@pytest.mark.asvs("6.6.3")
@pytest.mark.threat("B5")
def test_wrong_codes_at_both_machines_add_up(house: House) -> None:
    visitor, code = house.half_signed_in(house.estate())
    for at in range(1, 6):
        guess = f"{(int(code) + at) % 10**6:06}"
        visitor.at((house.a, house.b)[at % 2]).post("/login/code", {"code": guess})
    for machine in (house.a, house.b):
        assert visitor.at(machine).post("/login/code", {"code": code}).status == 429


@pytest.mark.asvs("6.5.1", "15.4.2")
@pytest.mark.threat("B6")
def test_of_right_codes_posted_to_both_machines_at_the_same_moment_one_is_taken(house: House) -> None:
    of = house.estate()
    visitor, code = house.half_signed_in(of)
    twins = [visitor.twin().at(machine) for machine in (house.a, house.b) * 3]
    answers = at_once(*[lambda twin=twin: twin.submit(code=code) for twin in twins])
    assert [answer.location for answer in answers].count("/") == 1
    opened = select(func.count()).where(LoginSession.user_id == of.owner.id)
    assert house.first(opened) == 2  # and that of the estate


def test_nothing_that_matters_lies_on_a_web_machine(house: House) -> None:
    """Last: after all that was done above."""
    for machine in (house.a, house.b):
        # What bounds the hashing of one machine's processors is that machine's own.
        assert [name for name in machine.files() if not name.startswith("hashing/")] == []
    assert house.first(select(func.count()).where(Job.state == "failed")) == 0
    for name in "abc":
        assert "Traceback" not in house.machines.log_of(name)
