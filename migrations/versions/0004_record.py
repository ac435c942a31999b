"""What protects the record: anchors, and on PostgreSQL rights that let nobody who connects as the site change the log.

DATABASE_APP_ROLE names the role that the site connects as; run this as the owner of the tables. That role is given
what it needs on the tables there are and on those that this owner makes later, and on the log only SELECT and INSERT.
Without it one role is owner and site: the owner's own rights on the log are revoked (it could grant them to itself
again, which no statement of the site does), and the triggers stand behind.

Revision: 0004.
"""

import sqlalchemy as sa
from alembic import op
from flask import current_app

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_anchors",
        sa.Column("chain", sa.String(length=22), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_anchors")),
    )
    if op.get_bind().dialect.name == "postgresql":
        role = current_app.extensions["settings"].database_app_role
        if role:
            grant_what_the_site_needs(quoted(role))
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON audit_events FROM PUBLIC, {owner()}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"GRANT UPDATE, DELETE, TRUNCATE ON audit_events TO {owner()}")
        role = current_app.extensions["settings"].database_app_role
        if role:
            op.execute(f"GRANT UPDATE, DELETE ON audit_events TO {quoted(role)}")
    op.drop_table("audit_anchors")


def grant_what_the_site_needs(role: str) -> None:
    schema = quoted(op.get_bind().execute(sa.text("SELECT current_schema()")).scalar_one())
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
        f"REVOKE ALL ON audit_events, audit_heads, alembic_version FROM {role}",
        f"GRANT SELECT, INSERT ON audit_events TO {role}",
        f"GRANT SELECT, INSERT, UPDATE ON audit_heads TO {role}",
        f"GRANT SELECT ON alembic_version TO {role}",
    ):
        op.execute(statement)


def owner() -> str:
    found = sa.text("SELECT tableowner FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'audit_events'")
    return quoted(op.get_bind().execute(found).scalar_one())


def quoted(name: str) -> str:
    return op.get_bind().dialect.identifier_preparer.quote(name)
