"""Exports that a worker writes to storage: where they lie, how far they are, and the key that dies with them; and
which bytes of such a file each download took, in which session and from where.

Revision: 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name in ("first_byte", "length", "sent"):
        op.add_column("export_downloads", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("export_downloads", sa.Column("grant_at", TIME, nullable=True))
    for name, length in (("login_session", 22), ("address", 45), ("user_agent", 300)):
        op.add_column("export_downloads", sa.Column(name, sa.String(length), nullable=True))
    op.create_table(
        "export_files",
        sa.Column("export_id", KEY, autoincrement=False, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("rows_done", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(80), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("why", sa.String(100), nullable=True),
        sa.ForeignKeyConstraint(
            ["export_id"], ["exports.id"], name=op.f("fk_export_files_export_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_export_files_account_id")),
        sa.PrimaryKeyConstraint("export_id", name=op.f("pk_export_files")),
    )
    op.create_index("ix_export_files_account_id", "export_files", ["account_id", "state"])


def downgrade() -> None:
    """What lies in storage is left to whoever goes back: without its key it is noise."""
    op.drop_table("export_files")
    with op.batch_alter_table("export_downloads") as downloads:
        for name in ("user_agent", "address", "login_session", "grant_at", "sent", "length", "first_byte"):
            downloads.drop_column(name)
