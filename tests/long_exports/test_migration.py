"""Exports and downloads of the release before stay as they were."""

from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from extensions import db
from models import ExportDownload
from tests.long_exports.conftest import Story
from tests.support.exporting import rows_of

ROWS = (
    "SELECT e.public_id, e.state, e.downloads, e.sha256, d.state, d.verified, d.started_at FROM exports AS e"
    " JOIN export_downloads AS d ON d.export_id = e.id ORDER BY d.id"
)


def test_downloads_of_before_are_kept_and_their_exports_can_have_a_file(guarded: Story) -> None:
    address = guarded.export()
    assert guarded.site.step_up(guarded.browser, f"{address}/download") == f"{address}/download"
    guarded.get(address)
    with guarded.site.context():
        db.session.remove()
        downgrade(revision="0006")
        before = db.session.execute(text(ROWS)).all()
        assert [row[4] for row in before] == ["complete"]
        db.session.remove()
        upgrade()
        assert db.session.execute(text(ROWS)).all() == before
        kept = db.session.query(ExportDownload).one()
        assert {
            kept.first_byte, kept.length, kept.sent, kept.grant_at, kept.login_session, kept.address,
            kept.user_agent,
        } == {None}  # fmt: skip
    guarded.browser.post(f"{address}/prepare")
    guarded.site.deliver()
    assert len(rows_of(guarded.get(address).data)) == 8
