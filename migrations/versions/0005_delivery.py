"""What delivery needs: the life of each message, calls beside texts, the state of each provider, what is known of a
number.

Texts that were sent before keep their states; what was not noted then (country, sender, times) stays empty.

Revision: 0005.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

_NEW = {
    "gateway": sa.String(20),
    "sender": sa.String(16),
    "country": sa.String(3),
    "request_id": sa.String(40),
    "sent_at": TIME,
    "accepted_at": TIME,
    "delivered_at": TIME,
    "error_code": sa.String(10),
    "price_micros": sa.BigInteger(),
    "currency": sa.String(3),
}


def upgrade() -> None:
    with op.batch_alter_table("messages") as messages:
        messages.alter_column(
            "channel", existing_type=sa.String(4), type_=sa.String(5), existing_nullable=False
        )
        messages.drop_constraint(op.f("ck_messages_channel"), type_="check")
        messages.create_check_constraint(op.f("ck_messages_channel"), "channel IN ('sms', 'voice', 'mail')")
        for name, kind in _NEW.items():
            messages.add_column(sa.Column(name, kind, nullable=True))
    op.create_index("ix_messages_created", "messages", ["channel", "created_at"])
    op.create_index("ix_messages_provider_id", "messages", ["provider_id"])
    op.create_table(
        "message_events",
        sa.Column("id", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("detail", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_events_message_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_events")),
    )
    op.create_index("ix_message_events_message_id", "message_events", ["message_id"])
    op.create_table(
        "circuits",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.Column("probe_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_circuits")),
    )
    op.create_table(
        "send_slots",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("next_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_send_slots")),
    )
    op.create_table(
        "number_insights",
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("network_type", sa.String(20), nullable=True),
        sa.Column("carrier_status", sa.String(30), nullable=False),
        sa.Column("carrier_until", TIME, nullable=True),
        sa.Column("sim_changed", sa.Boolean(), nullable=False),
        sa.Column("sim_changed_at", TIME, nullable=True),
        sa.Column("sim_status", sa.String(30), nullable=False),
        sa.Column("sim_asked_at", TIME, nullable=True),
        sa.Column("sim_until", TIME, nullable=True),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_number_insights")),
    )
    op.create_index("ix_number_insights_expires_at", "number_insights", ["expires_at"])


def downgrade() -> None:
    op.drop_table("number_insights")
    op.drop_table("send_slots")
    op.drop_table("circuits")
    op.drop_table("message_events")
    op.execute("DELETE FROM messages WHERE channel = 'voice'")
    op.drop_index("ix_messages_provider_id", table_name="messages")
    op.drop_index("ix_messages_created", table_name="messages")
    with op.batch_alter_table("messages") as messages:
        for name in reversed(_NEW):
            messages.drop_column(name)
        messages.drop_constraint(op.f("ck_messages_channel"), type_="check")
        messages.create_check_constraint(op.f("ck_messages_channel"), "channel IN ('sms', 'mail')")
        messages.alter_column(
            "channel", existing_type=sa.String(5), type_=sa.String(4), existing_nullable=False
        )
