"""pytest plugin: the folders of the tests lie in memory where there is room, so that nothing waits for a disk.

The site still has every promise written through (SQLite's synchronous = FULL, fsync after each line of an outbox);
tests kill processes, and what a killed process wrote is there in memory as it is on a disk.
"""

import os
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")
#: A whole run wants about half of it. In most containers there are 64 MB.
ROOM = 2 * 1024**3
#: Where pytest makes its folders, unless --basetemp says otherwise. Workers are told theirs by the controller.
PLACE = "PYTEST_DEBUG_TEMPROOT"


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and PLACE not in os.environ and _is_roomy(MEMORY):
        os.environ[PLACE] = str(MEMORY)


def _is_roomy(folder: Path) -> bool:
    """Whether there is space, and programs that tests write there may be run."""
    if not os.access(folder, os.W_OK):
        return False
    its = os.statvfs(folder)
    return its.f_bavail * its.f_frsize >= ROOM and not its.f_flag & os.ST_NOEXEC
