"""The mail server that SMTP_URL names: a connection to it, encrypted and checked before anything is said.

``smtp://user:password@host:port`` is STARTTLS (port 587 if none is given), ``smtps://`` is TLS from the first byte
(port 465). A server on this same machine may do without encryption; any other needs ``?starttls=no`` for that, and
then gets no password.
"""

import ipaddress
import smtplib
import ssl
from urllib.parse import parse_qs, unquote, urlsplit

from services.gateways import Answer, GatewayMisconfigured, Kind, Refused, Retry, Unknown
from services.gateways.exchange import guarded

_SIGN_INS = frozenset({"PLAIN", "LOGIN", "CRAM-MD5"})


class SmtpServer:
    """Raises GatewayMisconfigured for an SMTP_URL that cannot work."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise GatewayMisconfigured("SMTP_URL", "has a host or port that cannot be read") from None
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
            raise GatewayMisconfigured(
                "SMTP_URL", "must look like smtp://user:password@host:port or smtps://…"
            )
        options = parse_qs(parts.query, keep_blank_values=True)
        if options.keys() - {"starttls"} or options.get("starttls", ["no"]) not in (["no"], ["yes"]):
            raise GatewayMisconfigured("SMTP_URL", "takes no option but ?starttls=no")
        if parts.username and parts.password is None:
            raise GatewayMisconfigured("SMTP_URL", "names a user but no password")
        self._host = parts.hostname
        self._implicit_tls = parts.scheme == "smtps"
        self._port = port or (465 if self._implicit_tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._needs_tls = options.get("starttls") != ["no"] and (
            options.get("starttls") == ["yes"] or not _is_this_machine(self._host)
        )
        if self._user and not self._needs_tls and not self._implicit_tls and not _is_this_machine(self._host):
            raise GatewayMisconfigured("SMTP_URL", "would send its password in clear; remove ?starttls=no")
        # The machine's certificates, host names checked.
        self._tls = guarded(ssl.create_default_context())

    def connect(self, timeout: float, own_name: str) -> smtplib.SMTP:
        """``own_name`` is for the greeting: looking up this machine's name may take longer than the mail."""
        if self._implicit_tls:
            return smtplib.SMTP_SSL(self._host, self._port, own_name, timeout=timeout, context=self._tls)
        return smtplib.SMTP(self._host, self._port, own_name, timeout=timeout)

    def prepare(self, smtp: smtplib.SMTP) -> Answer | None:
        """Greet, encrypt, sign in. None when the server is ready for a mail."""
        smtp.ehlo_or_helo_if_needed()
        if not self._implicit_tls:
            if smtp.has_extn("starttls"):
                smtp.starttls(context=self._tls)
                smtp.ehlo_or_helo_if_needed()
            elif self._needs_tls:
                return Refused("the server offers no encryption (STARTTLS)", kind="configuration")
        if not self._user:
            return None
        if _SIGN_INS.isdisjoint(smtp.esmtp_features.get("auth", "").upper().split()):
            return Refused("the server offers no sign-in", kind="configuration")
        try:
            smtp.login(self._user, self._password)
        except smtplib.SMTPAuthenticationError as error:
            return reply_to_answer(error.smtp_code, "sign-in", "account")
        return None


def reply_to_answer(status: int, what: str, kind: Kind) -> Answer | None:
    """None for a 2xx reply. 4xx: not taken now (RFC 5321, 4.2.1), for instance by a greylist; 5xx: never."""
    if 200 <= status < 300:
        return None
    reason = f"{what}: SMTP {status}"
    if 400 <= status < 500:
        return Retry(reason)
    return Refused(reason, str(status), kind) if 500 <= status < 600 else Unknown(reason)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
