"""Invariant 7 on PostgreSQL: the role that the site connects as cannot change the log, and does its work."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import make_url

import config
from app import create_app
from extensions import db
from models import AuditEvent
from services import audit, audit_anchors, purge, readiness
from services.wake_queue import open_queue
from tests.conftest import FAST
from tests.support.estate import Estate, estate
from tests.support.exporting import download, fixed_export
from tests.support.postgres_databases import Server
from tests.support.site import Site

PASSWORD = "a-role-of-one-test"


@dataclass(frozen=True)
class Roles:
    """One database: URLs of its owner and of a role that owns nothing."""

    name: str
    owner: str
    site: str
    role: str


@pytest.fixture
def roles(postgres_server: Server) -> Iterator[Roles]:
    mark = token_hex(6)
    owner, role = f"owner_{mark}", f"site-{mark}"
    admin = postgres_server._execute
    for name in (owner, role):
        admin(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{PASSWORD}'")
    try:
        with postgres_server.database() as url:
            database = url.rsplit("/", 1)[1].partition("?")[0]
            admin(f'ALTER DATABASE "{database}" OWNER TO "{owner}"')
            urls = [
                make_url(url).set(username=name, password=PASSWORD).render_as_string(hide_password=False)
                for name in (owner, role)
            ]
            yield Roles(database, urls[0], urls[1], role)
    finally:
        for name in (role, owner):
            admin(f'DROP ROLE "{name}"')


def settings(url: str, folder: Path, **more: str) -> config.Settings:
    return config.load({**FAST, "DATABASE_URL": url, "INSTANCE_PATH": str(folder), **more})


def migrate(url: str, folder: Path, **more: str) -> None:
    app = create_app(settings(url, folder, **more))
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def open_site(tmp_path: Path) -> Iterator[Callable[[str], Site]]:
    sites: list[Site] = []

    def open_(url: str) -> Site:
        sites.append(Site(create_app(settings(url, tmp_path))))
        return sites[-1]

    yield open_
    for site in sites:
        with site.app.app_context():
            db.session.remove()
            db.engine.dispose()


def story(site: Site) -> Estate:
    """Sign-in with a code, an export, an invitation, a reset, cleaning, anchoring: what the site does all day."""
    of = estate(site, "Borealis")
    owner = site.signed_in(of.owner)
    path = fixed_export(owner)
    site.step_up(owner, f"{path}/download")
    assert b"contact-" in download(owner, path).data
    guest = site.browser()
    guest.get("/password/forgot")
    guest.submit(email=of.user.email)
    assert site.link(of.user.email, "/password/reset/")
    owner.post("/logout")
    with site.context():
        purge.purge_expired()
        assert audit_anchors.anchor() == 1
        assert audit.verify() == []
        assert readiness.faults() == []
    return of


CHANGES = [
    "UPDATE audit_events SET outcome = 'success'",
    "UPDATE audit_events SET details = '{}' WHERE false",
    "DELETE FROM audit_events",
    "DELETE FROM audit_events WHERE number = 1",
    "TRUNCATE audit_events",
    "TRUNCATE accounts CASCADE",
]
OWNERS_WORK = [
    "DROP TRIGGER audit_events_append_only ON audit_events",
    "ALTER TABLE audit_events DISABLE TRIGGER USER",
    "ALTER TABLE audit_events ADD COLUMN more int",
    "ALTER TABLE users DROP COLUMN mobile_number",
    "DROP TABLE audit_events",
    "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
    "GRANT UPDATE ON audit_events TO CURRENT_USER",
    "DELETE FROM audit_heads",
    "UPDATE alembic_version SET version_num = '0001'",
    "CREATE TABLE mine (id int)",
    "SET session_replication_role = replica",
]


def refused(url: str, statement: str) -> bool:
    """Whether the database says "permission denied" (or "must be owner"), before any trigger was asked."""
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
        notices: list[str] = []
        try:
            connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return True
        # GRANT by somebody who may not is a warning: "no privileges were granted".
        return any("no privileges were granted" in notice for notice in notices)


@pytest.mark.asvs("13.2.2", "16.4.2")
@pytest.mark.threat("F11")
def test_the_sites_role_does_all_of_its_work_and_cannot_change_the_log(
    roles: Roles, open_site: Callable[[str], Site], tmp_path: Path
) -> None:
    migrate(roles.owner, tmp_path, DATABASE_APP_ROLE=roles.role)
    site = open_site(roles.site)
    of = story(site)
    allowed = [one for one in CHANGES + OWNERS_WORK if not refused(roles.site, one)]
    assert allowed == []
    with site.context():
        assert audit.verify() == []
        events = db.session.query(AuditEvent).filter_by(account_id=of.account.id).count()
    assert events >= 6

    # Contacts in partitions change nothing of it, and are not the site's to make.
    partition = ["partition-contacts", "--partitions", "4", "--yes"]
    assert site.app.test_cli_runner().invoke(args=partition).exit_code == 1
    assert open_site(roles.owner).app.test_cli_runner().invoke(args=partition).exit_code == 0
    exporter = site.signed_in(of.exporter)
    path = fixed_export(exporter)
    site.step_up(exporter, f"{path}/download")
    assert b"contact-" in download(exporter, path).data
    with psycopg.connect(roles.site.replace("+psycopg", "", 1), autocommit=True) as connection:
        assert connection.execute(b"UPDATE contacts SET created_at = created_at").rowcount > 0
        assert connection.execute(b"DELETE FROM contacts").rowcount > 0
    assert [one for one in CHANGES + OWNERS_WORK if not refused(roles.site, one)] == []


@pytest.mark.asvs("13.2.2")
def test_a_role_named_later_may_use_all_tables_and_those_of_later_migrations_by_the_statements_of_the_docs(
    roles: Roles, tmp_path: Path
) -> None:
    migrate(roles.owner, tmp_path)
    told = (config.ROOT / "docs/operations.md").read_text().partition("runs the same statements")[2]
    grants = told.partition("```sql\n")[2].partition("```")[0].replace("countersign_site", f'"{roles.role}"')
    with psycopg.connect(roles.owner.replace("+psycopg", "", 1), autocommit=True) as owner:
        owner.execute(grants.encode())
        owner.execute(b"CREATE TABLE later (id bigserial PRIMARY KEY, word text)")
    assert [one for one in CHANGES if not refused(roles.site, one)] == []
    with psycopg.connect(roles.site.replace("+psycopg", "", 1), autocommit=True) as site:
        site.execute(b"INSERT INTO later (word) VALUES ('x')")
        site.execute(b"UPDATE later SET word = 'y'")
        assert site.execute(b"DELETE FROM later").rowcount == 1


@pytest.mark.asvs("16.4.2")
def test_one_role_that_owns_everything_has_no_right_to_change_the_log_either(
    roles: Roles, open_site: Callable[[str], Site], tmp_path: Path
) -> None:
    migrate(roles.owner, tmp_path)
    story(open_site(roles.owner))
    assert [one for one in CHANGES if not refused(roles.owner, one)] == []


def test_the_schema_goes_back_and_forth_with_rows_in_it(
    roles: Roles, open_site: Callable[[str], Site], tmp_path: Path
) -> None:
    migrate(roles.owner, tmp_path, DATABASE_APP_ROLE=roles.role)
    story(open_site(roles.site))
    app = create_app(settings(roles.owner, tmp_path, DATABASE_APP_ROLE=roles.role))
    with app.app_context():
        downgrade(revision="0003")
        upgrade()
        assert audit.verify() == []
        db.session.remove()
        db.engine.dispose()
    assert refused(roles.site, "DELETE FROM audit_events")


def test_a_queue_on_the_same_database_has_a_schema_of_its_own(roles: Roles, tmp_path: Path) -> None:
    migrate(roles.owner, tmp_path, DATABASE_APP_ROLE=roles.role)
    with psycopg.connect(roles.owner.replace("+psycopg", "", 1), autocommit=True) as owner:
        owner.execute(f'CREATE SCHEMA wake; GRANT USAGE, CREATE ON SCHEMA wake TO "{roles.role}"'.encode())
    separator = "&" if "?" in roles.site else "?"
    queue = f"{roles.site}{separator}options=-csearch_path%3Dwake"
    huey = open_queue(settings(roles.site, tmp_path, QUEUE_URL=queue), tmp_path / "none", lambda *_: None)
    huey.enqueue(huey.wake_task.s("message", 1))
    assert huey.pending_count() == 1
    huey.storage.close()
