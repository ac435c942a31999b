"""What others do the same work with, each in a small program of ours, run as they are meant to be run."""

import subprocess
import sys
from functools import cache
from pathlib import Path

from benchmarks.figures import LeftOut
from tests.support.worker_process import ROOT

HERE = Path(__file__).parent
_VENV = ROOT / "build" / "peers-venv"
_WANTED = HERE / "requirements.txt"


@cache
def python() -> Path:
    """The Python of the peers' own environment, made or brought up to date. Raises LeftOut where it can't be."""
    done, program = _VENV / "installed.txt", _VENV / "bin" / "python"
    if done.exists() and done.read_text() == _WANTED.read_text():
        return program
    print("the peers are installed into build/peers-venv", file=sys.stderr)
    for command in (
        [sys.executable, "-m", "venv", str(_VENV)],
        [str(program), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "-r", str(_WANTED)],
    ):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            last = made.stderr.strip().splitlines()[-1:] or ["no reason was given"]
            raise LeftOut(f"the peers could not be installed: {last[0][:200]}")
    done.write_text(_WANTED.read_text())
    return program


def versions() -> dict[str, str]:
    """{name: version} of the pinned peers."""
    lines = [line for line in _WANTED.read_text().splitlines() if line and not line.startswith("#")]
    return {name.partition("[")[0]: number for name, _, number in (line.partition("==") for line in lines)}
