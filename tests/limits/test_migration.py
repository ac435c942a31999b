"""Counters of the first release go on counting after the upgrade."""

from datetime import UTC, datetime, timedelta

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from extensions import db
from services import limits
from services.clock import now
from tests.support.site import Site


def run(statement: str, **values: object) -> None:
    with db.engine.connect() as connection:
        connection.execute(text(statement), values)


def test_a_limit_that_was_used_up_stays_used_up(site: Site) -> None:
    account, owner = site.world.acme()
    with site.context():
        db.session.remove()
        downgrade(revision="0001")
        period = 3600
        stamp = int(now().timestamp())
        start = datetime.fromtimestamp(stamp - stamp % period, UTC)
        stored = start.replace(tzinfo=None) if db.engine.dialect.name == "sqlite" else start
        for back in (1, 0):
            begin = stored - timedelta(seconds=back * period)
            run(
                "INSERT INTO limit_counters (name, key_hash, window_start, count, expires_at) "
                "VALUES ('exports_user', :hash, :start, :count, :expires)",
                hash=limits.key_hash("exports_user", 7), start=str(begin), count=60 - back,
                expires=str(begin + timedelta(seconds=2 * period)),
            )  # fmt: skip
        run("UPDATE users SET code_failures = 9 WHERE id = :id", id=owner.id)
        upgrade()
        with pytest.raises(limits.LimitExceeded):
            limits.hit("exports_user", 7)
        limits.hit("exports_user", 8)
        found = db.session.execute(text("SELECT code_failures, codes_stopped_at FROM users")).one()
        assert tuple(found) == (9, None)
