"""The rows that an import refused, as a file. They are contacts in bulk, and leave by the rules of an export."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from models.contact_import import ContactImport
from services import audit, limits, notices
from services.audit import Event
from services.csv_guard import guard
from services.csv_lines import csv_lines
from services.exports import rights, spool
from services.imports import reports
from services.sessions import SignedIn
from services.unit_of_work import write

ACTION = "contacts.refused_rows"


@dataclass(frozen=True)
class RefusedFile:
    """``size`` in bytes. Read ``file`` from its beginning; whoever has it closes it."""

    file: IO[bytes]
    size: int


def take(found: ContactImport, me: SignedIn, wording: str) -> RefusedFile:
    """The whole file, on record with its SHA-256 and told to the owner before a byte of it leaves.

    Raises exports.rights.NotAllowed and SessionOver, step_up.StepUpFirst, limits.LimitExceeded.
    """
    file = spool.new_file()
    try:
        digest = hashlib.sha256()
        rows = -1  # the header is none
        for line in _lines(found):
            file.write(line)
            digest.update(line)
            rows += 1
        with write():
            rights.judge(me, ACTION, found.public_id, wording)
            limits.hit("exports_user", me.user.id)
            name = f"refused rows of {found.file_name}"
            audit.record(
                Event.EXPORT_DOWNLOADED, account=me.account, actor=me.user, rows=rows, list=name, state="complete",
                export=found.public_id, sha256=digest.hexdigest(), verified=me.two_factor_on,
            )  # fmt: skip
            notices.exported(me.account, me.user, rows=rows, list_name=name, state="complete")
        return RefusedFile(file, file.tell())
    except BaseException:
        file.close()
        raise


def _lines(found: ContactImport) -> Iterator[bytes]:
    """In the columns of the file, with line and reason last: to be corrected, and imported as it is."""
    header = found.reading.get("header", [])
    yield csv_lines([[*map(guard, header), "RefusedLine", "RefusedReason"]]).encode()
    for line, reason, raw in reports.every_refused(found):
        cells = _cells(raw, found.reading.get("delimiter", ","), len(header))
        yield csv_lines([[*map(guard, cells), str(line), guard(reason)]]).encode()


def _cells(raw: str, delimiter: str, width: int) -> list[str]:
    """The cells of a refused row; what is more than the header has stays together in the last."""
    try:
        cells = next(csv.reader(io.StringIO(raw), delimiter=delimiter), [])
    except csv.Error:
        cells = [raw]
    cells += [""] * (width - len(cells))
    return cells if len(cells) == width else [*cells[: width - 1], delimiter.join(cells[width - 1 :])]
