"""The worker's side of an import: look once, then read and commit batch after batch.

Each batch commits its contacts, its refused rows and the place reached in one transaction, so that a worker that is
killed leaves nothing half done, and the next one goes on exactly there.
"""

from pathlib import Path

from sqlalchemy import update

from extensions import db
from models.account import Account
from models.contact_import import ContactImport
from models.job import Job
from models.user import User
from services import audit
from services.audit import Event
from services.clock import now
from services.contacts import fields
from services.imports import first_look, intake, mapping, reasons, refusing, sniffing
from services.imports.first_look import NoEmailColumn
from services.imports.mapping import Reading
from services.imports.merging import merge
from services.imports.pieces import Pieces
from services.imports.records import Records
from services.imports.sniffing import NotACsv
from services.imports.staging import Staged, Staging
from services.imports.stopping import Stopped
from services.jobs import Lease, LeaseLost
from services.unit_of_work import after_commit, changed, write

#: Rows to a transaction. SQLite: short, so that others can write in between. PostgreSQL: one merge for many rows.
BATCH = {"sqlite": 1000, "postgresql": 20_000}
#: Bytes of the file to a transaction, where rows are long: what is in memory at a time.
_MAX_BYTES = 4 * 1024 * 1024
_BUFFER = 1024 * 1024
_REWRITTEN = ", rewritten"


def run_import(job: Job, lease: Lease) -> None:
    """Import the file of ``job``, from where an earlier worker stopped."""
    found = _load(job)
    if found is None or found.finished_at is not None:
        return
    if found.stop_asked_at is not None:
        _end(found, "stopped", None)
        return
    account = db.session.get_one(Account, found.account_id)
    try:
        with intake.at_hand(account, found.public_id) as original:
            reading = _first_look(found, account, original)
            problem = _read(found, account, reading, original, lease)
    except Stopped:
        _end(found, "stopped", None)
    except NotACsv as refusal:
        _end(found, "failed", str(refusal))
    except NoEmailColumn:
        _end(found, "failed", reasons.NO_EMAIL_COLUMN)
    except fields.TooManyFields:
        _end(found, "failed", reasons.TOO_MANY_FIELDS % {"most": fields.MAX_FIELDS})
    except FileNotFoundError:
        _end(found, "failed", reasons.GONE)
    else:
        _end(found, "failed" if problem else "done", problem)


def given_up(job: Job, _: str) -> None:
    """The worker failed too often: say so to the person."""
    found = _load(job)
    if found is not None and found.finished_at is None:
        _end(found, "failed", reasons.GIVEN_UP)


def _load(job: Job) -> ContactImport | None:
    return db.session.get(ContactImport, job.params["import_id"], populate_existing=True)


def _first_look(found: ContactImport, account: Account, original: Path) -> Reading:
    """How the file is read: as it was decided before, or decided now."""
    if found.reading:
        return Reading(**found.reading)
    reading = _decide(found, original)
    with write() as session:
        fields.ensure(account, reading.data_fields)
        found.reading, found.state = reading.as_json(), "running"
        found.bytes_done, found.lines_done = reading.offset, reading.lines
        session.add(found)
    return reading


def _decide(found: ContactImport, original: Path) -> Reading:
    with original.open("rb") as file:
        sniffing.refuse_other_kinds(file.read(sniffing.HEAD))
    encoding = sniffing.encoding_of(original)
    if sniffing.needs_rewriting(original, encoding):
        encoding += _REWRITTEN
    path = _path(found, original, encoding)
    with path.open("rb") as file:
        lines = sniffing.sample(file)
    columns = found.columns or first_look.guessed(lines)
    header, targets, delimiter = columns["header"], columns["targets"], columns["delimiter"]
    kept_as, constant = mapping.family(header, found.file_name)
    offset, line = _skip(path, delimiter, columns["skip"], len(targets))
    return Reading(
        encoding=encoding, delimiter=delimiter, size=path.stat().st_size, offset=offset, lines=line, header=header,
        targets=targets, status_kept_as=kept_as, constant=constant,
    )  # fmt: skip


def _skip(path: Path, delimiter: str, count: int, width: int) -> tuple[int, int]:
    """(bytes, lines) taken by the first ``count`` rows."""
    if not count:
        return 0, 0
    with path.open("rb") as file:
        records = Records(file, delimiter, width=width)
        for number, _ in enumerate(records, start=1):
            if number == count:
                break
        return records.offset, records.line


def _path(found: ContactImport, original: Path, encoding: str) -> Path:
    """The file to read. Rewritten, where it must be, unless this machine has done so before: always to the same."""
    if not encoding.endswith(_REWRITTEN):
        return original
    path = intake.rewritten_path(found.public_id)
    if not path.exists():
        sniffing.rewrite(original, encoding.removesuffix(_REWRITTEN), path)
    return path


def _read(
    found: ContactImport, account: Account, reading: Reading, original: Path, lease: Lease
) -> str | None:
    """Read to the end. Returns what stopped it, if something did."""
    staging = Staging(reading, account.region)
    limit = BATCH[db.engine.dialect.name]
    with _path(found, original, reading.encoding).open("rb", buffering=_BUFFER) as file:
        pieces = Pieces(
            file,
            reading.delimiter,
            width=len(reading.targets),
            offset=found.bytes_done,
            line=found.lines_done,
        )
        ended = False
        while not ended:
            staged = Staged()
            while len(staged) < limit and pieces.offset - found.bytes_done < _MAX_BYTES:
                piece = pieces.take(limit - len(staged))
                if piece is None:
                    ended = True
                    break
                staging.add(piece, staged)
                lease.renew()
            staged.fold()
            try:
                _commit(found, account, staged, pieces, sorted(staging.late_fields), lease)
            except fields.TooManyFields:
                return reasons.TOO_MANY_FIELDS % {"most": fields.MAX_FIELDS}
    return None


def _commit(
    found: ContactImport,
    account: Account,
    staged: Staged,
    pieces: Pieces,
    late_fields: list[str],
    lease: Lease,
) -> None:
    """Contacts, refused rows and the place reached: all of it or nothing."""
    with write() as session:
        lease.renew()  # inside, so that nothing is kept if the job is somebody else's by now
        started_at = found.bytes_done
        session.refresh(found, with_for_update=True)
        if found.bytes_done != started_at:
            raise LeaseLost
        if found.stop_asked_at is not None:
            raise Stopped
        fields.ensure(account, late_fields)
        counts = merge(session, account.id, found.list_id, staged.rows, now())
        refusing.keep(session, found.id, staged.refused)
        found.bytes_done, found.lines_done = pieces.offset, pieces.line
        found.rows_read += len(staged)
        found.added += counts.added
        found.updated += counts.updated + staged.updated
        found.unchanged += counts.unchanged + staged.unchanged
        found.refused += len(staged.refused)


def _end(found: ContactImport, state: str, problem: str | None) -> None:
    """Once: a worker that was given up and comes back ends nothing again."""
    with write() as session:
        ended = (
            update(ContactImport)
            .where(ContactImport.id == found.id, ContactImport.finished_at.is_(None))
            .values(state=state, problem=problem, finished_at=now())
        )
        if not changed(ended):
            return
        session.refresh(found)
        account = session.get_one(Account, found.account_id)
        audit.record(
            Event.IMPORT_FINISHED, account=account,
            actor=session.get_one(User, found.user_id),
            outcome="failure" if state == "failed" else "success", file=found.file_name, added=found.added,
            updated=found.updated, refused=found.refused,
        )  # fmt: skip
        after_commit(lambda: intake.discard(account, found.public_id))
