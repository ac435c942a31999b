"""Several processes write into one account's log, and into the site's, at the same moment."""

import subprocess
import sys
from pathlib import Path

import pytest

from extensions import db
from models import AuditEvent
from services import audit
from tests.support.estate import estate
from tests.support.site import Site
from tests.support.worker_process import ROOT, process_environment

PROCESSES, EACH = 4, 25

_WRITER = """
import sys
from pathlib import Path
from app import create_app
from extensions import db
from models import Account
from services.audit import Event, record
from services.audit_anchors import anchor
from services.unit_of_work import write

app = create_app()
with app.app_context():
    account = db.session.get(Account, int(sys.argv[1]))
    Path(sys.argv[2]).touch()
    sys.stdin.read()
    for at in range(int(sys.argv[3])):
        with write():
            record(Event.SIGNED_OUT, account=account, actor=None)
            record(Event.SUPPORT_LOOKED, account=None, actor=None)
        if at % 5 == 0:
            anchor()
"""


@pytest.mark.asvs("16.4.2")
@pytest.mark.threat("F11")
def test_several_processes_keep_one_unbroken_chain(
    site: Site, environment: dict[str, str], tmp_path: Path
) -> None:
    of = estate(site, "Borealis")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(of.account.id), str(tmp_path / f"ready-{at}"), str(EACH)],
            cwd=ROOT, env=process_environment(environment), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for at in range(PROCESSES)
    ]  # fmt: skip
    from tests.support.worker_process import wait_until

    try:
        wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == PROCESSES, 60)
        for writer in writers:
            writer.stdin.close()
            writer.stdin = None
        said = [writer.communicate(timeout=120)[1] for writer in writers]
        assert [writer.returncode for writer in writers] == [0] * PROCESSES, said
    finally:
        for writer in writers:
            if writer.poll() is None:
                writer.kill()
                writer.wait()
    with site.context():
        assert audit.verify() == []
        numbers = db.session.scalars(
            db.select(AuditEvent.number).where(AuditEvent.account_id == of.account.id).order_by(AuditEvent.id)
        ).all()
    assert numbers == list(range(1, PROCESSES * EACH + 1))
