"""Imports that can be stopped, and files that wait in storage.

Revision: 0008.
"""

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
