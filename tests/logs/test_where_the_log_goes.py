"""Where the lines of the log go, and when they say it was."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FAST
from tests.support.worker_process import ROOT, process_environment

_PROGRAM = """
import json, logging, os, sys
import config
from app import create_app

create_app(config.load(os.environ).model_copy(update={"app_env": "production"}))
logging.getLogger("services.anything").error("a line\\n{\\"event\\": \\"forged\\"}\\x1b[31m")
loggers = [logging.getLogger(), *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
places = {(type(h).__name__, getattr(getattr(h, "stream", None), "name", "")) for one in loggers for h in one.handlers}
print(json.dumps(sorted(places)))
"""


@pytest.mark.asvs("16.2.2", "16.2.3", "16.2.4", "16.4.1")
def test_lines_are_json_in_utc_and_go_to_standard_error_and_nowhere_else(tmp_path: Path) -> None:
    given = {**FAST, "DATABASE_URL": f"sqlite:///{tmp_path}/site.sqlite3", "INSTANCE_PATH": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, env=process_environment(given), check=False,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    [line] = ran.stderr.splitlines()
    told = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)", told["timestamp"])
    assert told["event"].startswith("a line\n"), "what was typed stays inside its field"
    kept = {tuple(place) for place in json.loads(ran.stdout)} - {
        ("NullHandler", ""),
        ("_StderrHandler", "<stderr>"),
    }
    assert kept == {("StreamHandler", "<stderr>")}
    assert list(tmp_path.rglob("*.log*")) == []
