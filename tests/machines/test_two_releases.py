"""Machines get a new release one after the other: for a while two of them serve the same visitors."""

import pytest

from extensions import db
from models import Job
from services import jobs
from services.clock import now
from services.unit_of_work import write
from tests.support.site import Site

#: For what the kind of database makes no difference to.
on_one = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SHEET = "/static/app.css"


def test_a_machine_of_the_release_before_goes_on_after_the_schema_was_upgraded(site: Site) -> None:
    with site.context():
        db.session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    page = site.browser().get("/readyz")
    assert (page.status, page.response.json) == (
        200,
        {"ready": True, "degraded": True, "faults": ["schema: is at 9999, of a later release"]},
    )


def test_a_job_of_a_later_release_is_left_to_its_workers(site: Site) -> None:
    with site.context(), write() as session:
        session.add(Job(kind="of.tomorrow", params={}, state="waiting", created_at=now(), due_at=now()))
    with site.context():
        assert jobs.due_ids() == []
        job = db.session.scalars(db.select(Job)).one()
        assert not jobs.run(job.id)
        assert (job.state, job.attempts) == ("waiting", 0)


@on_one
@pytest.mark.parametrize("version", ["of-a-newer-page", ""])
def test_a_file_asked_for_by_a_page_of_another_release_is_not_kept(site: Site, version: str) -> None:
    assert not kept_for_a_year(site, f"{SHEET}?v={version}")


@on_one
def test_a_file_of_the_same_release_is_kept_for_a_year(site: Site) -> None:
    sheet = site.browser().get("/login").html.select_one("link[rel=stylesheet]")
    assert sheet is not None
    assert kept_for_a_year(site, str(sheet["href"]))


def kept_for_a_year(site: Site, address: str) -> bool:
    answer = site.browser().get(address)
    answer.response.close()  # the file
    assert answer.status == 200
    return "immutable" in answer.headers["Cache-Control"]
