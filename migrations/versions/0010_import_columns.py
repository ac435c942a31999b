"""Imports of which somebody chooses where the columns go.

Revision: 0010.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_STARTED_UNDER_GUESSES = """
UPDATE contact_imports SET state = 'failed', finished_at = CURRENT_TIMESTAMP,
    problem = 'The file is no longer there. Import it again'
WHERE state = 'choosing' OR (state = 'waiting' AND CAST(columns AS text) <> '{}')
"""


def upgrade() -> None:
    kind = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("contact_imports", sa.Column("columns", kind, nullable=False, server_default="{}"))


def downgrade() -> None:
    """What was chosen is not known any more: no file comes in by guesses that somebody has set right."""
    op.execute(_STARTED_UNDER_GUESSES)
    op.drop_column("contact_imports", "columns")
