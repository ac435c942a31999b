"""Machines get a new release one after the other: for a while two of them serve the same visitors."""

import pytest

from extensions import db
from tests.support.site import Site

SHEET = "/static/app.css"


def test_a_machine_of_the_release_before_goes_on_after_the_schema_was_upgraded(site: Site) -> None:
    with site.context():
        db.session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    page = site.browser().get("/readyz")
    assert (page.status, page.response.json) == (
        200,
        {"ready": True, "degraded": True, "faults": ["schema: is at 9999, of a later release"]},
    )


@pytest.mark.parametrize("version", ["of-a-newer-page", ""])
def test_a_file_asked_for_by_a_page_of_another_release_is_not_kept(site: Site, version: str) -> None:
    answer = site.browser().get(f"{SHEET}?v={version}")
    assert (answer.status, answer.data != b"") == (200, True)
    assert "immutable" not in answer.headers["Cache-Control"]


def test_a_file_of_the_same_release_is_kept_for_a_year(site: Site) -> None:
    page = site.browser().get("/login")
    sheet = page.html.select_one("link[rel=stylesheet]")
    assert sheet is not None
    answer = site.browser().get(str(sheet["href"]))
    assert (answer.status, answer.data != b"") == (200, True)
    assert "immutable" in answer.headers["Cache-Control"]
