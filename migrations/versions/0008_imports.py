"""Imports that can be stopped.

Revision: 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact_imports", sa.Column("stop_asked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Whose stopping was asked for goes on to its end."""
    with op.batch_alter_table("contact_imports") as imports:
        imports.drop_column("stop_asked_at")
