"""What can break around the site: its database, the provider of texts, the mail server, what receipts tell."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Literal, TypeVar

import psycopg
import psycopg.errors
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from extensions import db
from models import Message
from services import receipts
from services.gateways import Accepted, Answer, OutgoingMail, OutgoingSms, SmsGateway
from services.tokens import new_token
from tests.support.site import Site

DatabaseFault = Callable[[Site], AbstractContextManager[None]]
_G = TypeVar("_G")

# --- the database


@contextmanager
def gone(site: Site) -> Iterator[None]:
    """The database is not there: no connection can be made, and those that were open are dead."""
    with site.context():
        engine = db.engine
        engine.dispose()
        if engine.dialect.name == "sqlite":
            path = str(engine.url.database)
            away = site.settings.instance_path / "elsewhere"
            _move(path, str(away))
            try:
                yield
            finally:
                engine.dispose()
                _move(str(away), path)
            return
        name = engine.url.database
    with _administrator(site) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        _disconnect(connection, name)
        try:
            yield
        finally:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())


def _move(path: str, to: str) -> None:
    """The file goes; what stands in its place afterwards is no database. Or it comes back."""
    for place in (Path(path), Path(to)):
        for suffix in ("-wal", "-shm"):
            Path(f"{place}{suffix}").unlink(missing_ok=True)
    if Path(to).is_dir():
        Path(to).rmdir()
    Path(path).rename(to)
    if not to.endswith(".sqlite3"):
        Path(path).mkdir()


@contextmanager
def _administrator(site: Site) -> Iterator[psycopg.Connection]:
    url = make_url(site.settings.database_url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


def _disconnect(connection: psycopg.Connection, name: str | None) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
        (name,),
    )


@contextmanager
def read_only(site: Site) -> Iterator[None]:
    """A replica that was not promoted, or a disk that was mounted again: reading works, writing does not."""
    with site.context():
        engine = db.engine
        engine.dispose()
        sqlite = engine.dialect.name == "sqlite"

    def forbid(connection: psycopg.Connection, _: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")

    def forbid_sqlite(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    listener = forbid_sqlite if sqlite else forbid
    event.listen(engine, "connect", listener)
    try:
        yield
    finally:
        event.remove(engine, "connect", listener)
        with site.context():
            engine.dispose()


@contextmanager
def full(site: Site) -> Iterator[None]:
    """No room is left, and that shows as late as it can: every statement went well, and the commit does not.

    The error is the driver's own, raised in its place: which write is the one that does not fit any more, a test
    could not choose.
    """
    with site.context():
        engine = db.engine
    why: Exception = sqlite3.OperationalError("database or disk is full")
    if engine.dialect.name != "sqlite":
        why = psycopg.errors.DiskFull("could not extend file: No space left on device")

    def refuse(_: object) -> None:
        if db.session().info.get("writing"):
            raise OperationalError("COMMIT", {}, why)

    event.listen(engine, "commit", refuse)
    try:
        yield
    finally:
        event.remove(engine, "commit", refuse)


DATABASE_FAULTS: tuple[DatabaseFault, ...] = (gone, read_only, full)

# --- the provider of texts, and the mail server


class Gateway:
    """Answers what it was told to (None: breaks its word and raises), and keeps what it was given."""

    name = "outbox"  # it stands in the place of that one
    idempotent = False

    def __init__(self, answer: Answer | None) -> None:
        self.answer = answer
        self.given: list[OutgoingSms | OutgoingMail] = []

    def send(self, message: OutgoingSms | OutgoingMail) -> Answer:
        self.given.append(message)
        if self.answer is None:
            raise TimeoutError("a gateway that hangs until somebody gives up")
        return self.answer

    @property
    def ids(self) -> list[str]:
        """Public ids of the messages, in the order they came."""
        return [message.message_id for message in self.given]


def provider(site: Site, answer: Answer | None) -> AbstractContextManager[Gateway]:
    return _in_place_of("sms", site, Gateway(answer))


def mail_server(site: Site, answer: Answer | None) -> AbstractContextManager[Gateway]:
    return _in_place_of("mail", site, Gateway(answer))


def sms_gateway(site: Site, gateway: SmsGateway) -> AbstractContextManager[SmsGateway]:
    """The site's texts go by a gateway that the test has made."""
    return _in_place_of("sms", site, gateway)


@contextmanager
def _in_place_of(which: Literal["sms", "mail"], site: Site, standing_in: _G) -> Iterator[_G]:
    gateways, place = site.app.extensions["gateways"], {"sms": "_sms_roads", "mail": "_mail"}[which]
    before = getattr(gateways, place)
    setattr(gateways, place, (standing_in,) if which == "sms" else standing_in)
    try:
        yield standing_in
    finally:
        setattr(gateways, place, before)


# --- a provider that lies


def receipt(site: Site, message_id: str, status: str, provider_id: str) -> None:
    """A receipt in good order (its signature was checked) that tells something about a message."""
    body = {"client_ref": message_id, "message_uuid": provider_id, "status": status}
    with site.context():
        receipts.take_status(receipts.Signed(new_token()[:40]), json.dumps(body).encode())


def newest_text(site: Site) -> Message | None:
    """The text that was promised last."""
    with site.context():
        found = db.session.scalars(
            db.select(Message).where(Message.channel == "sms").order_by(Message.id.desc()).limit(1)
        ).first()
        if found is not None:
            db.session.expunge(found)
        return found


ACCEPTED = Accepted("id-1")
