"""What limits sending needs: where each code went, pauses of ranges of numbers, and what the operator was told.

Codes that were sent before count as sent to confirmed numbers, which no pause is judged by.

Revision: 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("challenges", sa.Column("country", sa.String(3), nullable=False, server_default=""))
    op.add_column("challenges", sa.Column("prefix", sa.String(16), nullable=False, server_default=""))
    op.add_column("challenges", sa.Column("proved", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index(
        "ix_challenges_unproved",
        "challenges",
        ["created_at"],
        postgresql_where=sa.text("NOT proved"),
        sqlite_where=sa.text("NOT proved"),
    )
    op.create_table(
        "sms_pauses",
        sa.Column("id", KEY, nullable=False),
        sa.Column("area", sa.String(16), nullable=False),
        sa.Column("account_id", KEY, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("lifted_by", sa.String(100), nullable=True),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sms_pauses_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_pauses")),
    )
    op.create_index("ix_sms_pauses_until", "sms_pauses", ["until"])
    op.create_table(
        "sms_alarms",
        sa.Column("window_start", TIME, nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("window_start", "percent", name=op.f("pk_sms_alarms")),
    )


def downgrade() -> None:
    op.drop_table("sms_alarms")
    op.drop_table("sms_pauses")
    op.drop_index("ix_challenges_unproved", table_name="challenges")
    for column in ("proved", "prefix", "country"):
        op.drop_column("challenges", column)
