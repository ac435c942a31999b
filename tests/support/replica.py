"""A streaming replica of a test's own PostgreSQL server."""

import os
from typing import Self

import psycopg

from tests.support.postgres import LocalServer

HOW_TO_GET_ONE = (
    "Without pg_basebackup (Debian, Ubuntu: apt-get install postgresql) there is no replica to test with."
)


class Replica(LocalServer):
    """Follows ``primary`` from its first start on. It can be stopped, started, and told not to replay for a while."""

    def __init__(self, primary: LocalServer) -> None:
        self._primary = primary
        super().__init__(primary.binaries)

    def __enter__(self) -> Self:
        return self.start()

    def pause(self) -> None:
        """What is written on the primary from now on is received and not replayed."""
        self._tell("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        self._tell("SELECT pg_wal_replay_resume()")

    def _tell(self, statement: str) -> None:
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _initdb(self) -> None:
        done = self._run(
            [
                self.binaries / "pg_basebackup", "--pgdata", self._data, "--dbname", self._primary.conninfo(),
                "--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast", "--no-sync",
            ]
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"pg_basebackup failed:\n{done.stdout}")


def can_be_made(primary: LocalServer) -> bool:
    return os.access(primary.binaries / "pg_basebackup", os.X_OK)
