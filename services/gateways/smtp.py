"""Mail by SMTP, one connection a mail (``smtp_server`` says how it is secured)."""

import logging
import re
import smtplib
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from services.clock import now
from services.gateways import (
    Accepted,
    Answer,
    GatewayMisconfigured,
    OutgoingMail,
    Refused,
    Retry,
    Unknown,
)
from services.gateways.exchange import Exchange
from services.gateways.smtp_server import SmtpServer, reply_to_answer
from services.gateways.telling import told

_OTHER_SCRIPTS = re.compile(r"[^\x00-\x7f]")

logger = logging.getLogger(__name__)


class SmtpMailGateway:
    """Hands a mail to one server, once. Thread-safe: nothing is shared between calls.

    ``timeout``: seconds for each step, ``deadline``: for the whole. Raises GatewayMisconfigured.
    """

    name = "smtp"
    idempotent = False

    def __init__(
        self, *, url: str, sender: str, sender_name: str, timeout: float = 10.0, deadline: float = 30.0
    ) -> None:
        self._server = SmtpServer(url)
        self._sender = _sender(sender, sender_name)
        self._timeout = timeout
        self._deadline = deadline

    def send(self, mail: OutgoingMail) -> Answer:
        return told(logger, "mail", mail.message_id, lambda: self._send(mail))

    def _send(self, mail: OutgoingMail) -> Answer:
        try:
            to = _address(mail.to)
        except (ValueError, MessageError, IndexError):
            return Refused("not a mail address", kind="address")
        try:
            content = self._message(mail, to).as_bytes(policy=SMTPUTF8 if _needs_utf8(to) else SMTP)
        except (ValueError, MessageError, LookupError):
            return Refused("not a possible mail", kind="parameters")
        with Exchange(self._deadline):
            try:
                smtp = self._server.connect(self._timeout, self._sender.domain)
                try:
                    refused = self._server.prepare(smtp) or self._envelope(smtp, to)
                    return refused or _hand_over(smtp, content) or Accepted(mail.message_id)
                finally:
                    _leave(smtp)
            except smtplib.SMTPResponseException as error:
                return reply_to_answer(error.smtp_code, "server", "configuration") or Retry(
                    "unexpected reply"
                )
            except Exception as error:
                # `_hand_over` raises nothing, so all of this was before the mail itself.
                return Retry(f"not sent ({type(error).__name__})")

    def trouble(self) -> str | None:
        """Connection, encryption and sign-in are tried."""
        with Exchange(self._deadline):
            try:
                smtp = self._server.connect(self._timeout, self._sender.domain)
                try:
                    wrong = self._server.prepare(smtp) or reply_to_answer(smtp.noop()[0], "NOOP", "account")
                finally:
                    _leave(smtp)
            except smtplib.SMTPResponseException as error:
                return f"SMTP_URL: the server answers SMTP {error.smtp_code}"
            except Exception as error:
                return f"SMTP_URL: the server cannot be reached ({type(error).__name__})"
        return None if wrong is None or isinstance(wrong, Accepted) else f"SMTP_URL: {wrong.reason}"

    def _envelope(self, smtp: smtplib.SMTP, to: Address) -> Answer | None:
        options = ["SMTPUTF8", "BODY=8BITMIME"] if _needs_utf8(to) else []
        if options and not smtp.has_extn("smtputf8"):
            return Refused("the server takes no such address (SMTPUTF8)", kind="address")
        status, _ = smtp.mail(self._sender.addr_spec, options)
        if refused := reply_to_answer(status, "sender", "configuration"):
            return refused
        status, _ = smtp.rcpt(to.addr_spec)
        return reply_to_answer(status, "recipient", "address")

    def _message(self, mail: OutgoingMail, to: Address) -> EmailMessage:
        """Headers are set through EmailMessage, which lets no value begin another header."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = " ".join(mail.subject.split())
        message["Date"] = format_datetime(now())
        # The same for every try, so that a mail that did come twice shows once in most mailboxes.
        message["Message-ID"] = f"<{mail.message_id}@{self._sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday reply
        message.set_content(mail.text)
        if mail.html is not None:
            message.add_alternative(mail.html, subtype="html")
        return message


def _hand_over(smtp: smtplib.SMTP, content: bytes) -> Answer | None:
    """DATA and the mail. None if the server took it. Raises nothing: from here a broken line is "unknown"."""
    try:
        status, _ = smtp.data(content)
    except smtplib.SMTPDataError as error:  # the server did not want to hear it
        return reply_to_answer(error.smtp_code, "message", "parameters") or Unknown("unexpected reply")
    except Exception as error:
        return Unknown(f"connection lost ({type(error).__name__})")
    return reply_to_answer(status, "message", "parameters")


def _leave(smtp: smtplib.SMTP) -> None:
    """Say goodbye if the server still listens; what it answers changes nothing."""
    try:
        smtp.quit()
    except (OSError, ValueError):  # SMTPException is an OSError
        pass
    finally:
        smtp.close()


def _address(text: str) -> Address:
    """One address and nothing beside it, its domain in ASCII form. Raises ValueError and the like."""
    if not text.isprintable():
        raise ValueError("control characters")
    local, _, domain = text.rpartition("@")
    # The parser knows only ASCII (RFC 5322); where a letter of another script stands, RFC 6531 allows what a
    # letter may.
    parsed = Address(addr_spec=f"{_OTHER_SCRIPTS.sub('x', local)}@{domain.encode('idna').decode('ascii')}")
    if not parsed.username or not parsed.domain:
        raise ValueError("not an address")
    return Address(username=local if not local.isascii() else parsed.username, domain=parsed.domain)


def _needs_utf8(address: Address) -> bool:
    return not address.addr_spec.isascii()


def _sender(mail_from: str, name: str) -> Address:
    try:
        address = _address(mail_from)
    except (ValueError, MessageError, IndexError):
        raise GatewayMisconfigured(
            "MAIL_FROM", "must be a mail address such as no-reply@example.com"
        ) from None
    if _needs_utf8(address):
        raise GatewayMisconfigured("MAIL_FROM", "must be of ASCII characters before the @")
    return Address(display_name=" ".join(name.split()), username=address.username, domain=address.domain)
