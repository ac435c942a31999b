"""The security log, verified from outside."""

import pytest
from sqlalchemy import text

from extensions import db
from services import audit
from services.audit import Event, record
from services.unit_of_work import write
from tests.commands.conftest import Run
from tests.support.site import Site


def test_a_whole_log_is_whole(site: Site, run: Run) -> None:
    run("seed-demo", "--contacts", "0")
    done = run("audit", "verify")
    assert (done.exit_code, done.output) == (
        0, "The log is whole: every row is what it was when it was written.\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        (
            "UPDATE audit_events SET actor_label = 'nobody' WHERE event = 'two_factor:on'",
            "row 2 was changed.",
        ),
        ("DELETE FROM audit_events WHERE event = 'account:created'", "row 1 is missing."),
        ("DELETE FROM audit_events WHERE event = 'two_factor:on'", "row 2 is missing at the end."),
        ("DELETE FROM audit_heads", "row 1 belongs to a chain whose head is missing."),
        ("UPDATE audit_heads SET number = number + 1", "is missing at the end."),
    ],
)
def test_whoever_edits_the_log_past_its_triggers_is_found_out(
    site: Site, run: Run, statement: str, complaint: str
) -> None:
    run("seed-demo", "--contacts", "0")
    with site.context():
        connection = db.session.connection()
        if connection.dialect.name == "sqlite":
            names = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).scalars()
            for name in list(names):
                connection.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER USER"))
        connection.execute(text(statement))
    done = run("audit", "verify")
    assert done.exit_code == 1
    assert complaint in done.output


def test_a_log_longer_than_a_page_is_read_to_its_end(site: Site, run: Run) -> None:
    with site.context(), write():
        for _ in range(2001):
            record(Event.SUPPORT_LOOKED, account=None, actor=None)
    with site.context():
        assert audit.verify() == []
        assert audit.verify("site") == []
        assert audit.verify("no such chain") == []
