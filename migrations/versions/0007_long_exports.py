"""Exports that a worker writes to storage: where they lie, how far they are, and the key that dies with them.

Revision: 0007.
"""

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
