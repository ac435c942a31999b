"""What contact pages need at ten million contacts: indexes for search and order, and counts that are kept.

On PostgreSQL everything large is made beside the running site, in steps that can be begun again. Nobody is kept from
reading for longer than a moment, and nobody from writing but while contacts are counted, in the transaction at the end.

Revision: 0006.
"""

import sqlalchemy as sa
from alembic import op

from migrations.moments import in_a_moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        with op.get_context().autocommit_block():
            build_indexes()
            give_lists_the_status()
            compare_addresses_by_code_point()
    op.create_table(
        "contact_counts",
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("list_id", KEY, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "list_id", "status", name=op.f("pk_contact_counts")),
    )
    if postgres:
        # Readers pass. What is written before is counted here, what is written afterwards by the triggers.
        op.execute("SET LOCAL lock_timeout = '60s'")
        op.execute("LOCK TABLE contacts, list_memberships IN SHARE ROW EXCLUSIVE MODE")
    else:
        change_sqlite()
    count_what_is_there()
    for statement in POSTGRES_TRIGGERS if postgres else SQLITE_TRIGGERS:
        op.execute(statement)


def change_sqlite() -> None:
    with op.batch_alter_table("list_memberships") as memberships:
        memberships.add_column(sa.Column("status", sa.String(20), nullable=False, server_default=""))
    op.execute(
        "UPDATE list_memberships SET status = (SELECT c.status FROM contacts AS c"
        " WHERE c.account_id = list_memberships.account_id AND c.id = list_memberships.contact_id)"
    )
    with op.batch_alter_table("list_memberships") as memberships:
        memberships.alter_column("status", existing_type=sa.String(20), server_default=None)
    op.create_index("ix_audit_events_account_subject", "audit_events", ["account_id", "subject_id", "id"])
    for name, key in SQLITE_KEYS.items():
        op.execute(f"CREATE INDEX {name} ON contacts (account_id, {key}, id)")
    op.create_index(
        "ix_list_memberships_status", "list_memberships", ["account_id", "list_id", "status", "contact_id"]
    )


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        for name in ("count_contacts", "count_list_memberships", "fill_membership_status"):
            op.execute(f"DROP FUNCTION {name}() CASCADE")
    else:
        for statement in SQLITE_TRIGGERS:
            op.execute(f"DROP TRIGGER {statement.split()[2]}")
    # Before what reads the tables' definitions: that understands no index of an expression.
    for name in POSTGRES_KEYS:
        op.execute(f"DROP INDEX {name}")
    op.drop_index("ix_list_memberships_status", table_name="list_memberships")
    with op.batch_alter_table("list_memberships") as memberships:
        memberships.drop_column("status")
    op.drop_index("ix_audit_events_account_subject", table_name="audit_events")
    if postgres:
        op.execute('ALTER TABLE contacts ALTER COLUMN email TYPE varchar(320) COLLATE "default"')
    op.drop_table("contact_counts")


# The same expressions as services/contacts/keys.py, as they were when this revision was made.
POSTGRES_KEYS = {
    "ix_contacts_name": "left(lower(coalesce(nullif((data ->> 'FULLNAME'), ''), ltrim("
    "coalesce((data ->> 'FIRSTNAME'), '') || ' ' || coalesce((data ->> 'LASTNAME'), '')))), 100)",
    "ix_contacts_last_name": "left(lower((data ->> 'LASTNAME')), 100)",
}
SQLITE_KEYS = {
    "ix_contacts_name": "substr(lower(coalesce(nullif(json_extract(data, '$.FULLNAME'), ''), ltrim("
    "coalesce(json_extract(data, '$.FIRSTNAME'), '') || ' ' || coalesce(json_extract(data, '$.LASTNAME'), '')"
    "))), 1, 100)",
    "ix_contacts_last_name": "substr(lower(json_extract(data, '$.LASTNAME')), 1, 100)",
}


def build_indexes() -> None:
    for name, key in POSTGRES_KEYS.items():
        build(name, f'contacts (account_id, ({key}) COLLATE "C", id)')
    build("ix_audit_events_account_subject", "audit_events (account_id, subject_id, id)")


def build(name: str, on: str, kind: str = "INDEX") -> None:
    """Beside the site. What an attempt before left half built is begun anew; what it had built stays."""
    if holds(f"SELECT FROM pg_index WHERE indexrelid = to_regclass('{name}') AND NOT indisvalid"):  # noqa: S608  # own names
        op.execute(f"DROP INDEX CONCURRENTLY {name}")
    op.execute(f"CREATE {kind} CONCURRENTLY IF NOT EXISTS {name} ON {on}")


def holds(query: str) -> bool:
    return bool(op.get_bind().exec_driver_sql(f"SELECT EXISTS ({query})").scalar())


def give_lists_the_status() -> None:
    """First whoever adds or changes a row gives it, then the rows that were there get it, some thousands at a time."""
    in_a_moment("list_memberships", "ALTER TABLE list_memberships ADD COLUMN IF NOT EXISTS status varchar(20)")
    for table, trigger, statements in STATUS_TRIGGERS:
        if not holds(f"SELECT FROM pg_trigger WHERE tgname = '{trigger}' AND tgrelid = '{table}'::regclass"):  # noqa: S608  # own names
            in_a_moment(table, *statements)
    reached: tuple[int, int, int] | None = (0, 0, 0)
    while reached:
        found = op.get_bind().exec_driver_sql(GIVE_STATUS, reached).one_or_none()
        reached = tuple(found) if found else None
    build("ix_list_memberships_status", "list_memberships (account_id, list_id, status, contact_id)")
    # Checked beside the site, so that NOT NULL has nothing left to read.
    in_a_moment(
        "list_memberships",
        "ALTER TABLE list_memberships DROP CONSTRAINT IF EXISTS ck_status_given",
        "ALTER TABLE list_memberships ADD CONSTRAINT ck_status_given CHECK (status IS NOT NULL) NOT VALID",
    )
    op.execute("ALTER TABLE list_memberships VALIDATE CONSTRAINT ck_status_given")
    in_a_moment(
        "list_memberships",
        "ALTER TABLE list_memberships ALTER COLUMN status SET NOT NULL",
        "ALTER TABLE list_memberships DROP CONSTRAINT ck_status_given",
    )


#: A row that is changed meanwhile has its status by then, and is left alone.
GIVE_STATUS = (
    "WITH batch AS MATERIALIZED (SELECT account_id, list_id, contact_id FROM list_memberships"
    " WHERE (account_id, list_id, contact_id) > (%s, %s, %s) ORDER BY 1, 2, 3 LIMIT 20000),"
    " given AS (UPDATE list_memberships AS m SET status = c.status FROM batch"
    " JOIN contacts AS c ON c.account_id = batch.account_id AND c.id = batch.contact_id"
    " WHERE m.account_id = batch.account_id AND m.list_id = batch.list_id AND m.contact_id = batch.contact_id"
    " AND m.status IS NULL)"
    " SELECT account_id, list_id, contact_id FROM batch ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1"
)


def compare_addresses_by_code_point() -> None:
    """The index is built beside the site, then names are exchanged; the table is not written anew."""
    if holds(
        "SELECT FROM pg_attribute WHERE attrelid = 'contacts'::regclass AND attname = 'email'"
        " AND attcollation = 'pg_catalog.\"C\"'::regcollation"
    ):
        return
    build("uq_contacts_by_code_point", 'contacts (account_id, email COLLATE "C")', "UNIQUE INDEX")
    in_a_moment(
        "contacts",
        "ALTER TABLE contacts DROP CONSTRAINT uq_contacts_account_id_email",
        'ALTER TABLE contacts ALTER COLUMN email TYPE varchar(320) COLLATE "C"',
        "ALTER TABLE contacts ADD CONSTRAINT uq_contacts_account_id_email"
        " UNIQUE USING INDEX uq_contacts_by_code_point",
    )


def count_what_is_there() -> None:
    op.execute(
        "INSERT INTO contact_counts (account_id, list_id, status, n)"
        " SELECT account_id, 0, status, count(*) FROM contacts GROUP BY account_id, status"
    )
    op.execute(
        "INSERT INTO contact_counts (account_id, list_id, status, n)"
        " SELECT account_id, list_id, status, count(*) FROM list_memberships GROUP BY account_id, list_id, status"
    )


def postgres_counting(table: str, list_id: str, afterwards: str = "") -> list[str]:
    """Triggers for each statement: a batch of an import costs a few rows of counts, in one order for everybody."""
    keys = f"account_id, {list_id} AS list_id, status"
    add = (
        "INSERT INTO contact_counts AS held (account_id, list_id, status, n) SELECT account_id, list_id, status, "
        "sum(step) FROM ({}) AS moved GROUP BY account_id, list_id, status HAVING sum(step) <> 0 ORDER BY 1, 2, 3 "
        "ON CONFLICT (account_id, list_id, status) DO UPDATE SET n = held.n + excluded.n;"
    )
    come, gone = (f"SELECT {keys}, {step} AS step FROM {rows}" for step, rows in ((1, "come"), (-1, "gone")))  # noqa: S608  # own names
    function = (
        f"CREATE OR REPLACE FUNCTION count_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE moved record; BEGIN "
        f"IF TG_OP = 'INSERT' THEN {add.format(come)} "
        f"ELSIF TG_OP = 'DELETE' THEN {add.format(gone)} "
        f"ELSE {add.format(f'{come} UNION ALL {gone}')} {afterwards} END IF; RETURN NULL; END $$"
    )
    return [function, *(trigger_of(table, change) for change in TABLES_OF if (table, change) != BEFORE_COUNTING)]


TABLES_OF = {
    "INSERT": "NEW TABLE AS come",
    "UPDATE": "NEW TABLE AS come OLD TABLE AS gone",
    "DELETE": "OLD TABLE AS gone",
}
#: It is there before contacts are counted, to pass their status on.
BEFORE_COUNTING = ("contacts", "UPDATE")


def trigger_of(table: str, change: str) -> str:
    return (
        f"CREATE TRIGGER {table}_counted_{change.lower()} AFTER {change} ON {table} REFERENCING {TABLES_OF[change]} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION count_{table}()"
    )


#: A contact's status goes on to its lists: by a key that is given, so that no plan ever reads all memberships.
_TO_LISTS = (
    "FOR moved IN SELECT account_id, status, array_agg(id) AS ids FROM (SELECT account_id, id, status FROM come "
    "EXCEPT SELECT account_id, id, status FROM gone) AS changed GROUP BY account_id, status LOOP "
    "UPDATE list_memberships SET status = moved.status "
    "WHERE account_id = moved.account_id AND contact_id = ANY(moved.ids); END LOOP;"
)
POSTGRES_TRIGGERS = [
    *postgres_counting("contacts", "0", _TO_LISTS),
    *postgres_counting("list_memberships", "list_id"),
]
#: Table, trigger, and what makes it.
STATUS_TRIGGERS = [
    (
        "contacts",
        "contacts_counted_update",
        (
            "CREATE OR REPLACE FUNCTION count_contacts() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"DECLARE moved record; BEGIN {_TO_LISTS} RETURN NULL; END $$",
            trigger_of(*BEFORE_COUNTING),
        ),
    ),
    # For the release before this one, which may run beside it during an upgrade and gives no status.
    (
        "list_memberships",
        "list_memberships_status",
        (
            "CREATE OR REPLACE FUNCTION fill_membership_status() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "SELECT status INTO NEW.status FROM contacts "
            "WHERE account_id = NEW.account_id AND id = NEW.contact_id; RETURN NEW; END $$",
            "CREATE TRIGGER list_memberships_status BEFORE INSERT ON list_memberships FOR EACH ROW "
            "WHEN (NEW.status IS NULL) EXECUTE FUNCTION fill_membership_status()",
        ),
    ),
]


def sqlite_counting(table: str, list_id: str) -> list[str]:
    come_list, gone_list = (list_id.replace("list_id", f"{row}.list_id") for row in ("NEW", "OLD"))
    come = (
        f"INSERT INTO contact_counts (account_id, list_id, status, n) VALUES (NEW.account_id, {come_list}, "  # noqa: S608  # own names only
        "NEW.status, 1) ON CONFLICT (account_id, list_id, status) DO UPDATE SET n = n + 1;"
    )
    gone = (
        "UPDATE contact_counts SET n = n - 1 "  # noqa: S608  # own names only
        f"WHERE account_id = OLD.account_id AND list_id = {gone_list} AND status = OLD.status;"
    )
    return [
        f"CREATE TRIGGER {table}_counted_insert AFTER INSERT ON {table} BEGIN {come} END",
        f"CREATE TRIGGER {table}_counted_delete AFTER DELETE ON {table} BEGIN {gone} END",
        f"CREATE TRIGGER {table}_counted_update AFTER UPDATE OF account_id, status ON {table} "
        "WHEN OLD.status <> NEW.status OR OLD.account_id <> NEW.account_id "
        f"BEGIN {gone} {come} END",
    ]


SQLITE_TRIGGERS = [
    *sqlite_counting("contacts", "0"),
    *sqlite_counting("list_memberships", "list_id"),
    "CREATE TRIGGER contacts_status_to_lists AFTER UPDATE OF status ON contacts WHEN OLD.status <> NEW.status "
    "BEGIN UPDATE list_memberships SET status = NEW.status "
    "WHERE account_id = NEW.account_id AND contact_id = NEW.id; END",
]
