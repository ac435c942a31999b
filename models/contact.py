"""Contacts: what the whole site is there to guard. The account stands first in every key and index."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model
from models.types import Json, Key, PublicId, UtcDateTime, new_public_id


class OptInType(StrEnum):
    UNKNOWN = "Unknown"
    SINGLE = "Single"
    DOUBLE = "Double"
    VERIFIED_DOUBLE = "VerifiedDouble"


class EmailType(StrEnum):
    HTML = "Html"
    PLAIN_TEXT = "PlainText"


class ContactStatus(StrEnum):
    SUBSCRIBED = "Subscribed"
    UNSUBSCRIBED = "Unsubscribed"
    PENDING_OPT_IN = "PendingOptIn"
    SOFT_BOUNCED = "SoftBounced"
    HARD_BOUNCED = "HardBounced"
    ISP_COMPLAINED = "IspComplained"
    MAIL_BLOCKED = "MailBlocked"
    DIRECT_COMPLAINT = "DirectComplaint"
    SUPPRESSED = "Suppressed"


class DataFieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    #: Its values are being taken out of the contacts; then the row goes, too. Nothing shows it any more.
    GOING = "going"


class Contact(Model):
    """PostgreSQL's primary key is (account_id, id), so that the table can be partitioned by account.

    Indexes of names to search by are made of expressions: services/contacts/keys.py.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("account_id", "email"),
        Index("ix_contacts_account_id_id", "account_id", "id", unique=True),
        Index("ix_contacts_account_status", "account_id", "status", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    #: Lower case. Compared by code point, so that its beginning can be looked up in the index.
    email: Mapped[str] = mapped_column(String(320).with_variant(String(320, collation="C"), "postgresql"))
    #: E.164 where it could be read as a number, else as it was given.
    mobile: Mapped[str] = mapped_column(String(60), default="")
    opt_in_type: Mapped[str] = mapped_column(String(20), default=OptInType.UNKNOWN)
    email_type: Mapped[str] = mapped_column(String(10), default=EmailType.HTML)
    status: Mapped[str] = mapped_column(String(20), default=ContactStatus.SUBSCRIBED)
    #: {FIELD NAME: text} in canonical form: numbers plain, dates ISO 8601, yes_no "true" or "false".
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __mapper_args__ = {"primary_key": [account_id, id]}  # noqa: RUF012  # the base declares it as it is


class ContactList(Model):
    __tablename__ = "contact_lists"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ListMembership(Model):
    __tablename__ = "list_memberships"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "contact_id"], ["contacts.account_id", "contacts.id"], ondelete="CASCADE"
        ),
        Index("ix_list_memberships_contact", "account_id", "contact_id"),
        Index("ix_list_memberships_status", "account_id", "list_id", "status", "contact_id"),
    )

    account_id: Mapped[int] = mapped_column(Key, primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("contact_lists.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(Key, primary_key=True)
    #: The contact's own, given by who makes the row; a trigger keeps it the same from then on.
    status: Mapped[str] = mapped_column(String(20))


class ContactCount(Model):
    """How many contacts of a status an account and each of its lists hold. Triggers keep it, with every change."""

    __tablename__ = "contact_counts"

    account_id: Mapped[int] = mapped_column(Key, primary_key=True)
    #: 0: all contacts of the account.
    list_id: Mapped[int] = mapped_column(Key, primary_key=True)
    status: Mapped[str] = mapped_column(String(20), primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)


class DataField(Model):
    """A column of the account's own, beside those every contact has."""

    __tablename__ = "data_fields"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    #: Upper case, no spaces: "FIRSTNAME".
    name: Mapped[str] = mapped_column(String(60))
    type: Mapped[str] = mapped_column(String(10), default=DataFieldType.TEXT)
    position: Mapped[int] = mapped_column(Integer, default=0)
