"""The language of a user and of a message.

Revision: 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("language", sa.String(length=10), nullable=True))
    op.add_column("messages", sa.Column("language", sa.String(length=10), nullable=True))


def downgrade() -> None:
    # Plainly: both tables have triggers or keys on them that a rebuilt table would lose.
    op.drop_column("messages", "language")
    op.drop_column("users", "language")
