"""First release: every table, and the triggers that keep the audit log append-only.

Revision: 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only when the type is exactly INTEGER.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    create_tables()
    if op.get_bind().dialect.name == "postgresql":
        put_account_first_in_contacts()
        forbid_audit_changes_postgresql()
    else:
        forbid_audit_changes_sqlite()


def put_account_first_in_contacts() -> None:
    """The primary key begins with the account, so that the table can be partitioned by it."""
    op.execute("ALTER TABLE list_memberships DROP CONSTRAINT fk_list_memberships_account_id_contact_id")
    op.drop_index("ix_contacts_account_id_id", table_name="contacts")
    op.execute("ALTER TABLE contacts DROP CONSTRAINT pk_contacts")
    op.execute("ALTER TABLE contacts ADD CONSTRAINT pk_contacts PRIMARY KEY (account_id, id)")
    op.execute(
        "ALTER TABLE list_memberships ADD CONSTRAINT fk_list_memberships_account_id_contact_id "
        "FOREIGN KEY (account_id, contact_id) REFERENCES contacts (account_id, id) ON DELETE CASCADE"
    )


def forbid_audit_changes_postgresql() -> None:
    """Nobody who connects as the application edits the log: not by a fault, not by an injected statement."""
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events "
        "FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()"
    )
    op.execute(
        "CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )


def forbid_audit_changes_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_events_no_{change.lower()} BEFORE {change} ON audit_events "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        )
    # INSERT OR REPLACE removes the row in its way without asking the trigger on DELETE.
    op.execute(
        "CREATE TRIGGER audit_events_no_replace BEFORE INSERT ON audit_events WHEN EXISTS "
        "(SELECT 1 FROM audit_events WHERE id = NEW.id OR (chain = NEW.chain AND number = NEW.number)) "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    )


def create_tables() -> None:
    op.create_table('accounts',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('region', sa.String(length=2), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('two_factor_enabled_at', TIME, nullable=True),
    sa.Column('two_factor_enabled_by', sa.String(length=100), nullable=True),
    sa.Column('created_at', TIME, nullable=False),
    sa.CheckConstraint('(two_factor_enabled_at IS NULL) = (two_factor_enabled_by IS NULL)', name=op.f('ck_accounts_two_factor_is_whole')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('public_id', name=op.f('uq_accounts_public_id'))
    )
    op.create_table('audit_heads',
    sa.Column('chain', sa.String(length=22), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('hash', sa.LargeBinary(length=32), nullable=False),
    sa.PrimaryKeyConstraint('chain', name=op.f('pk_audit_heads'))
    )
    op.create_table('jobs',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('params', JSON, nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('due_at', TIME, nullable=False),
    sa.Column('lease_until', TIME, nullable=True),
    sa.Column('finished_at', TIME, nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_jobs')),
    sa.UniqueConstraint('public_id', name=op.f('uq_jobs_public_id'))
    )
    op.create_index('ix_jobs_due', 'jobs', ['state', 'due_at'])
    op.create_table('limit_counters',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('key_hash', sa.LargeBinary(length=16), nullable=False),
    sa.Column('window_start', TIME, nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('expires_at', TIME, nullable=False),
    sa.PrimaryKeyConstraint('name', 'key_hash', 'window_start', name=op.f('pk_limit_counters'))
    )
    op.create_index('ix_limit_counters_expires_at', 'limit_counters', ['expires_at'])
    op.create_table('webhook_receipts',
    sa.Column('jti', sa.String(length=100), nullable=False),
    sa.Column('received_at', TIME, nullable=False),
    sa.Column('expires_at', TIME, nullable=False),
    sa.PrimaryKeyConstraint('jti', name=op.f('pk_webhook_receipts'))
    )
    op.create_index('ix_webhook_receipts_expires_at', 'webhook_receipts', ['expires_at'])
    op.create_table('contact_lists',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('account_id', KEY, nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_contact_lists_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_lists')),
    sa.UniqueConstraint('account_id', 'name', name=op.f('uq_contact_lists_account_id_name')),
    sa.UniqueConstraint('public_id', name=op.f('uq_contact_lists_public_id'))
    )
    op.create_table('contacts',
    sa.Column('id', KEY, nullable=False),
    sa.Column('account_id', KEY, nullable=False),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('mobile', sa.String(length=60), nullable=False),
    sa.Column('opt_in_type', sa.String(length=20), nullable=False),
    sa.Column('email_type', sa.String(length=10), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('data', JSON, nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('updated_at', TIME, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_contacts_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contacts')),
    sa.UniqueConstraint('account_id', 'email', name=op.f('uq_contacts_account_id_email'))
    )
    op.create_index('ix_contacts_account_id_id', 'contacts', ['account_id', 'id'], unique=True)
    op.create_index('ix_contacts_account_status', 'contacts', ['account_id', 'status', 'id'])
    op.create_table('data_fields',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('account_id', KEY, nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('type', sa.String(length=10), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_data_fields_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_data_fields')),
    sa.UniqueConstraint('account_id', 'name', name=op.f('uq_data_fields_account_id_name')),
    sa.UniqueConstraint('public_id', name=op.f('uq_data_fields_public_id'))
    )
    op.create_table('users',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('account_id', KEY, nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('can_export', sa.Boolean(), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=True),
    sa.Column('password_changed_at', TIME, nullable=True),
    sa.Column('mobile_number', sa.String(length=16), nullable=True),
    sa.Column('mobile_number_typed', sa.String(length=60), nullable=True),
    sa.Column('mobile_confirmed_at', TIME, nullable=True),
    sa.Column('code_failures', sa.Integer(), nullable=False),
    sa.Column('code_paused_until', TIME, nullable=True),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('last_signed_in_at', TIME, nullable=True),
    sa.Column('removed_at', TIME, nullable=True),
    sa.CheckConstraint("(role = 'support_admin') = (account_id IS NULL)", name=op.f('ck_users_support_has_no_account')),
    sa.CheckConstraint("role IN ('owner', 'user', 'support_admin')", name=op.f('ck_users_role')),
    sa.CheckConstraint('email = lower(email)', name=op.f('ck_users_email_is_lower_case')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_users_account_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email', name=op.f('uq_users_email')),
    sa.UniqueConstraint('public_id', name=op.f('uq_users_public_id'))
    )
    op.create_index('ix_users_account_id', 'users', ['account_id', 'id'])
    op.create_index('uq_users_one_owner', 'users', ['account_id'], unique=True, postgresql_where=sa.text("role = 'owner'"), sqlite_where=sa.text("role = 'owner'"))
    op.create_table('audit_events',
    sa.Column('id', KEY, nullable=False),
    sa.Column('chain', sa.String(length=22), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('account_id', KEY, nullable=True),
    sa.Column('event', sa.String(length=60), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=False),
    sa.Column('at', TIME, nullable=False),
    sa.Column('actor_id', KEY, nullable=True),
    sa.Column('actor_label', sa.String(length=200), nullable=False),
    sa.Column('subject_id', KEY, nullable=True),
    sa.Column('subject_label', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('user_agent', sa.String(length=300), nullable=False),
    sa.Column('details', JSON, nullable=False),
    sa.Column('hash', sa.LargeBinary(length=32), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_audit_events_account_id')),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_audit_events_actor_id')),
    sa.ForeignKeyConstraint(['subject_id'], ['users.id'], name=op.f('fk_audit_events_subject_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_events')),
    sa.UniqueConstraint('chain', 'number', name=op.f('uq_audit_events_chain_number'))
    )
    op.create_index('ix_audit_events_account_actor', 'audit_events', ['account_id', 'actor_id', 'id'])
    op.create_index('ix_audit_events_account_event', 'audit_events', ['account_id', 'event', 'id'])
    op.create_index('ix_audit_events_account_id', 'audit_events', ['account_id', 'id'])
    op.create_table('contact_imports',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('account_id', KEY, nullable=False),
    sa.Column('user_id', KEY, nullable=False),
    sa.Column('list_id', KEY, nullable=True),
    sa.Column('list_name', sa.String(length=100), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('problem', sa.String(length=300), nullable=True),
    sa.Column('reading', JSON, nullable=False),
    sa.Column('bytes_done', sa.BigInteger(), nullable=False),
    sa.Column('lines_done', sa.Integer(), nullable=False),
    sa.Column('rows_read', sa.Integer(), nullable=False),
    sa.Column('added', sa.Integer(), nullable=False),
    sa.Column('updated', sa.Integer(), nullable=False),
    sa.Column('unchanged', sa.Integer(), nullable=False),
    sa.Column('refused', sa.Integer(), nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('finished_at', TIME, nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_contact_imports_account_id')),
    sa.ForeignKeyConstraint(['list_id'], ['contact_lists.id'], name=op.f('fk_contact_imports_list_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_contact_imports_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_imports')),
    sa.UniqueConstraint('public_id', name=op.f('uq_contact_imports_public_id'))
    )
    op.create_index('ix_contact_imports_account_id', 'contact_imports', ['account_id', 'id'])
    op.create_table('exports',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('account_id', KEY, nullable=False),
    sa.Column('user_id', KEY, nullable=False),
    sa.Column('list_id', KEY, nullable=True),
    sa.Column('list_name', sa.String(length=100), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('columns', JSON, nullable=False),
    sa.Column('expected_rows', sa.BigInteger(), nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('expires_at', TIME, nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('downloads', sa.Integer(), nullable=False),
    sa.Column('started_at', TIME, nullable=True),
    sa.Column('finished_at', TIME, nullable=True),
    sa.Column('rows', sa.BigInteger(), nullable=True),
    sa.Column('bytes', sa.BigInteger(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_exports_account_id')),
    sa.ForeignKeyConstraint(['list_id'], ['contact_lists.id'], name=op.f('fk_exports_list_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_exports_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exports')),
    sa.UniqueConstraint('public_id', name=op.f('uq_exports_public_id'))
    )
    op.create_index('ix_exports_account_id', 'exports', ['account_id', 'id'])
    op.create_table('export_downloads',
    sa.Column('id', KEY, nullable=False),
    sa.Column('account_id', KEY, nullable=False),
    sa.Column('export_id', KEY, nullable=False),
    sa.Column('user_id', KEY, nullable=False),
    sa.Column('verified', sa.Boolean(), nullable=False),
    sa.Column('started_at', TIME, nullable=False),
    sa.Column('alive_until', TIME, nullable=False),
    sa.Column('finished_at', TIME, nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_export_downloads_account_id')),
    sa.ForeignKeyConstraint(['export_id'], ['exports.id'], name=op.f('fk_export_downloads_export_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_export_downloads_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_export_downloads'))
    )
    op.create_index('ix_export_downloads_export_id', 'export_downloads', ['export_id'])
    op.create_index('ix_export_downloads_running', 'export_downloads', ['account_id'], postgresql_where=sa.text('finished_at IS NULL'), sqlite_where=sa.text('finished_at IS NULL'))
    op.create_table('links',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('user_id', KEY, nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('scope', sa.String(length=80), nullable=False),
    sa.Column('details', JSON, nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('expires_at', TIME, nullable=False),
    sa.Column('spent_at', TIME, nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_links_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_links')),
    sa.UniqueConstraint('public_id', name=op.f('uq_links_public_id'))
    )
    op.create_index('ix_links_user_id', 'links', ['user_id'])
    op.create_table('list_memberships',
    sa.Column('account_id', KEY, nullable=False),
    sa.Column('list_id', KEY, nullable=False),
    sa.Column('contact_id', KEY, nullable=False),
    sa.ForeignKeyConstraint(['account_id', 'contact_id'], ['contacts.account_id', 'contacts.id'], name=op.f('fk_list_memberships_account_id_contact_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['list_id'], ['contact_lists.id'], name=op.f('fk_list_memberships_list_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'list_id', 'contact_id', name=op.f('pk_list_memberships'))
    )
    op.create_index('ix_list_memberships_contact', 'list_memberships', ['account_id', 'contact_id'])
    op.create_table('login_sessions',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('user_id', KEY, nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('last_seen_at', TIME, nullable=False),
    sa.Column('expires_at', TIME, nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('user_agent', sa.String(length=300), nullable=False),
    sa.Column('second_step', sa.String(length=20), nullable=False),
    sa.Column('verified_at', JSON, nullable=False),
    sa.Column('ended_at', TIME, nullable=True),
    sa.Column('ended_because', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_login_sessions_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_sessions')),
    sa.UniqueConstraint('public_id', name=op.f('uq_login_sessions_public_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_login_sessions_token_hash'))
    )
    op.create_index('ix_login_sessions_user_id', 'login_sessions', ['user_id', 'ended_at'])
    op.create_table('ownership_transfers',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('account_id', KEY, nullable=False),
    sa.Column('from_user_id', KEY, nullable=False),
    sa.Column('to_user_id', KEY, nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('expires_at', TIME, nullable=False),
    sa.Column('ended_at', TIME, nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_ownership_transfers_account_id')),
    sa.ForeignKeyConstraint(['from_user_id'], ['users.id'], name=op.f('fk_ownership_transfers_from_user_id')),
    sa.ForeignKeyConstraint(['to_user_id'], ['users.id'], name=op.f('fk_ownership_transfers_to_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ownership_transfers')),
    sa.UniqueConstraint('public_id', name=op.f('uq_ownership_transfers_public_id'))
    )
    op.create_index('uq_ownership_transfers_one_open', 'ownership_transfers', ['account_id'], unique=True, postgresql_where=sa.text("state = 'offered'"), sqlite_where=sa.text("state = 'offered'"))
    op.create_table('pending_sign_ins',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('user_id', KEY, nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('expires_at', TIME, nullable=False),
    sa.Column('next_path', sa.String(length=2000), nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('user_agent', sa.String(length=300), nullable=False),
    sa.Column('ended_at', TIME, nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_pending_sign_ins_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pending_sign_ins')),
    sa.UniqueConstraint('public_id', name=op.f('uq_pending_sign_ins_public_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_pending_sign_ins_token_hash'))
    )
    op.create_index('ix_pending_sign_ins_user_id', 'pending_sign_ins', ['user_id'])
    op.create_table('scheduled_disables',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('account_id', KEY, nullable=False),
    sa.Column('support_user_id', KEY, nullable=True),
    sa.Column('support_label', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.String(length=1000), nullable=False),
    sa.Column('evidence', sa.String(length=40), nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('due_at', TIME, nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('ended_at', TIME, nullable=True),
    sa.Column('stopped_by_id', KEY, nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_scheduled_disables_account_id')),
    sa.ForeignKeyConstraint(['stopped_by_id'], ['users.id'], name=op.f('fk_scheduled_disables_stopped_by_id')),
    sa.ForeignKeyConstraint(['support_user_id'], ['users.id'], name=op.f('fk_scheduled_disables_support_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scheduled_disables')),
    sa.UniqueConstraint('public_id', name=op.f('uq_scheduled_disables_public_id'))
    )
    op.create_index('uq_scheduled_disables_one_waiting', 'scheduled_disables', ['account_id'], unique=True, postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
    op.create_table('support_requests',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('subject', sa.String(length=150), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('user_id', KEY, nullable=True),
    sa.Column('account_id', KEY, nullable=True),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('closed_at', TIME, nullable=True),
    sa.Column('closed_by_id', KEY, nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_support_requests_account_id')),
    sa.ForeignKeyConstraint(['closed_by_id'], ['users.id'], name=op.f('fk_support_requests_closed_by_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_support_requests_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_support_requests')),
    sa.UniqueConstraint('public_id', name=op.f('uq_support_requests_public_id'))
    )
    op.create_index('ix_support_requests_state', 'support_requests', ['state', 'id'])
    op.create_table('trusted_browsers',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('user_id', KEY, nullable=False),
    sa.Column('token_hash', sa.LargeBinary(length=32), nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('last_used_at', TIME, nullable=False),
    sa.Column('expires_at', TIME, nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('user_agent', sa.String(length=300), nullable=False),
    sa.Column('revoked_at', TIME, nullable=True),
    sa.Column('revoked_because', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_trusted_browsers_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trusted_browsers')),
    sa.UniqueConstraint('public_id', name=op.f('uq_trusted_browsers_public_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_trusted_browsers_token_hash'))
    )
    op.create_index('ix_trusted_browsers_user_id', 'trusted_browsers', ['user_id'])
    op.create_table('challenges',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('user_id', KEY, nullable=False),
    sa.Column('pending_sign_in_id', KEY, nullable=True),
    sa.Column('login_session_id', KEY, nullable=True),
    sa.Column('purpose', sa.String(length=60), nullable=False),
    sa.Column('scope', sa.String(length=80), nullable=False),
    sa.Column('destination', sa.String(length=16), nullable=False),
    sa.Column('destination_typed', sa.String(length=60), nullable=True),
    sa.Column('nonce', sa.LargeBinary(length=16), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('sends', sa.Integer(), nullable=False),
    sa.Column('last_sent_at', TIME, nullable=True),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('expires_at', TIME, nullable=False),
    sa.Column('spent_at', TIME, nullable=True),
    sa.Column('outcome', sa.String(length=20), nullable=True),
    sa.CheckConstraint('(pending_sign_in_id IS NULL) != (login_session_id IS NULL)', name=op.f('ck_challenges_belongs_to_one_session')),
    sa.ForeignKeyConstraint(['login_session_id'], ['login_sessions.id'], name=op.f('fk_challenges_login_session_id')),
    sa.ForeignKeyConstraint(['pending_sign_in_id'], ['pending_sign_ins.id'], name=op.f('fk_challenges_pending_sign_in_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_challenges_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_challenges')),
    sa.UniqueConstraint('public_id', name=op.f('uq_challenges_public_id'))
    )
    op.create_index('ix_challenges_live', 'challenges', ['user_id', 'purpose', 'expires_at'])
    op.create_index('ix_challenges_login_session_id', 'challenges', ['login_session_id'])
    op.create_index('ix_challenges_pending_sign_in_id', 'challenges', ['pending_sign_in_id'])
    op.create_table('refused_rows',
    sa.Column('import_id', KEY, nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('raw', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['contact_imports.id'], name=op.f('fk_refused_rows_import_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('import_id', 'line', name=op.f('pk_refused_rows'))
    )
    op.create_table('interruptions',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('login_session_id', KEY, nullable=False),
    sa.Column('challenge_id', KEY, nullable=True),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('scope', sa.String(length=80), nullable=False),
    sa.Column('wording', sa.String(length=200), nullable=False),
    sa.Column('method', sa.String(length=4), nullable=False),
    sa.Column('path', sa.String(length=2000), nullable=False),
    sa.Column('back_path', sa.String(length=2000), nullable=False),
    sa.Column('fields', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('verified_at', TIME, nullable=True),
    sa.ForeignKeyConstraint(['challenge_id'], ['challenges.id'], name=op.f('fk_interruptions_challenge_id')),
    sa.ForeignKeyConstraint(['login_session_id'], ['login_sessions.id'], name=op.f('fk_interruptions_login_session_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_interruptions')),
    sa.UniqueConstraint('public_id', name=op.f('uq_interruptions_public_id'))
    )
    op.create_index('ix_interruptions_login_session_id', 'interruptions', ['login_session_id'])
    op.create_table('number_confirmations',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('login_session_id', KEY, nullable=False),
    sa.Column('user_id', KEY, nullable=False),
    sa.Column('challenge_id', KEY, nullable=True),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('number', sa.String(length=16), nullable=False),
    sa.Column('number_typed', sa.String(length=60), nullable=False),
    sa.Column('proved_number', sa.String(length=16), nullable=True),
    sa.Column('fields', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('ended_at', TIME, nullable=True),
    sa.ForeignKeyConstraint(['challenge_id'], ['challenges.id'], name=op.f('fk_number_confirmations_challenge_id')),
    sa.ForeignKeyConstraint(['login_session_id'], ['login_sessions.id'], name=op.f('fk_number_confirmations_login_session_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_number_confirmations_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_number_confirmations')),
    sa.UniqueConstraint('public_id', name=op.f('uq_number_confirmations_public_id'))
    )
    op.create_index('ix_number_confirmations_login_session_id', 'number_confirmations', ['login_session_id'])
    op.create_index('ix_number_confirmations_user_id', 'number_confirmations', ['user_id'])
    op.create_table('messages',
    sa.Column('id', KEY, nullable=False),
    sa.Column('public_id', sa.String(length=22), nullable=False),
    sa.Column('channel', sa.String(length=4), nullable=False),
    sa.Column('account_id', KEY, nullable=True),
    sa.Column('user_id', KEY, nullable=True),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('template', sa.String(length=60), nullable=False),
    sa.Column('params', JSON, nullable=False),
    sa.Column('challenge_id', KEY, nullable=True),
    sa.Column('link_id', KEY, nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', TIME, nullable=False),
    sa.Column('due_at', TIME, nullable=False),
    sa.Column('expires_at', TIME, nullable=True),
    sa.Column('lease_until', TIME, nullable=True),
    sa.Column('settled_at', TIME, nullable=True),
    sa.Column('provider_id', sa.String(length=100), nullable=True),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.CheckConstraint("channel IN ('sms', 'mail')", name=op.f('ck_messages_channel')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_messages_account_id')),
    sa.ForeignKeyConstraint(['challenge_id'], ['challenges.id'], name=op.f('fk_messages_challenge_id')),
    sa.ForeignKeyConstraint(['link_id'], ['links.id'], name=op.f('fk_messages_link_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_messages_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messages')),
    sa.UniqueConstraint('public_id', name=op.f('uq_messages_public_id'))
    )
    op.create_index('ix_messages_challenge_id', 'messages', ['challenge_id'])
    op.create_index('ix_messages_due', 'messages', ['state', 'due_at'])


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first release; restore a backup instead")
