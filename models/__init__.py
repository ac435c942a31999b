"""One table (or one tight family) a file. Importing this package registers them all."""

from models.account import Account
from models.audit import AuditAnchor, AuditEvent, AuditHead
from models.challenge import Challenge
from models.contact import (
    Contact,
    ContactCount,
    ContactList,
    ContactStatus,
    DataField,
    DataFieldType,
    EmailType,
    ListMembership,
    OptInType,
)
from models.contact_import import ContactImport, RefusedRow
from models.export import Export, ExportDownload, ExportFile
from models.help_answer import HelpAnswer
from models.interruption import Interruption
from models.job import Job
from models.limit import GrowingDelay, LimitCounter
from models.link import Link
from models.login_session import LoginSession, PendingSignIn
from models.message import Message, MessageEvent, MessageState
from models.number_confirmation import NumberConfirmation
from models.number_insight import NumberInsight
from models.ownership import OwnershipTransfer
from models.provider import Circuit, SendSlot
from models.sms import SmsAlarm, SmsPause
from models.support import ScheduledDisable, SupportRequest
from models.trusted_browser import TrustedBrowser
from models.user import Role, User
from models.webhook_receipt import WebhookReceipt

__all__ = [
    "Account", "AuditAnchor", "AuditEvent", "AuditHead", "Challenge", "Circuit", "Contact", "ContactCount",
    "ContactImport", "ContactList", "ContactStatus", "DataField", "DataFieldType", "EmailType", "Export",
    "ExportDownload", "ExportFile",
    "GrowingDelay", "HelpAnswer", "Interruption", "Job", "LimitCounter", "Link", "ListMembership", "LoginSession",
    "Message", "MessageEvent", "MessageState", "NumberConfirmation", "NumberInsight", "OptInType", "OwnershipTransfer",
    "PendingSignIn", "RefusedRow", "Role", "ScheduledDisable", "SendSlot", "SmsAlarm", "SmsPause",
    "SupportRequest", "TrustedBrowser", "User", "WebhookReceipt",
]  # fmt: skip
