"""What limits guessing: sliding counters, growing delays, and codes stopped until a number is bound again.

A counter of before goes on as if all of it had happened in the last slice of its window.

Revision: 0002.
"""

from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
SLICES = 4


def upgrade() -> None:
    old = _counters()
    op.drop_table("limit_counters")
    new = op.create_table(
        "limit_counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("slice", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        *(sa.Column(f"count_{at}", sa.Integer(), nullable=False) for at in range(1, SLICES + 1)),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", "key_hash", name=op.f("pk_limit_counters")),
    )
    op.create_index("ix_limit_counters_expires_at", "limit_counters", ["expires_at"])
    rows = {(row["name"], bytes(row["key_hash"])): _sliding(row) for row in sorted(old, key=_start)}
    if rows:
        op.bulk_insert(new, list(rows.values()))
    op.create_table(
        "growing_delays",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("waits_until", sa.BigInteger(), nullable=False),
        sa.Column("forgotten_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", "key_hash", name=op.f("pk_growing_delays")),
    )
    op.create_index("ix_growing_delays_forgotten_at", "growing_delays", ["forgotten_at"])
    op.add_column("users", sa.Column("codes_stopped_at", TIME, nullable=True))


def downgrade() -> None:
    """Counters begin anew: they were never older than a day."""
    op.drop_column("users", "codes_stopped_at")
    op.drop_table("growing_delays")
    op.drop_table("limit_counters")
    op.create_table(
        "limit_counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=16), nullable=False),
        sa.Column("window_start", TIME, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", "key_hash", "window_start", name=op.f("pk_limit_counters")),
    )
    op.create_index("ix_limit_counters_expires_at", "limit_counters", ["expires_at"])


def _counters() -> list[dict]:
    typed = {"window_start": TIME, "expires_at": TIME, "key_hash": sa.LargeBinary(), "name": sa.String(),
             "count": sa.Integer()}
    statement = sa.text("SELECT name, key_hash, window_start, count, expires_at FROM limit_counters")
    return [dict(row) for row in op.get_bind().execute(statement.columns(**typed)).mappings()]


def _start(row: dict) -> float:
    moment = row["window_start"]
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _sliding(row: dict) -> dict:
    period = max(1, round((row["expires_at"] - row["window_start"]).total_seconds()) // 2)
    return {
        "name": row["name"], "key_hash": row["key_hash"], "period": period,
        "slice": int((_start(row) + period) * SLICES // period) - 1, "count": row["count"],
        **{f"count_{at}": 0 for at in range(1, SLICES + 1)}, "expires_at": row["expires_at"],
    }
