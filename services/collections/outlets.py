"""The ports to e-mail and text messages: where a message leaves the house. Delivery is at least once, by one id.

A message keeps its id whenever it is sent again, so that the other side can tell a repeat. What the other side refuses
for good is `RefusedError`; every other failure is the machinery's, and the worker tries again.
"""

import asyncio
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr
from typing import Literal, Protocol

import httpx

from services.collections.core.messages import FailureReason

GONE_FOR_GOOD = 500
"""From here on an SMTP answer is final (RFC 5321, 4.2.1)."""


class RefusedError(Exception):
    """The other side does not take it, and will not."""

    def __init__(self, reason: FailureReason) -> None:
        super().__init__(reason)
        self.reason: FailureReason = reason


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Outgoing:
    """One message. `id` is the contact's; `stop_at` is the e-mail address or link by which it can be stopped."""

    id: str
    to: str
    sender_name: str
    sender: str
    subject: str
    text: str
    html: str = ""
    stop_at: str = ""
    language: str = "en"


class Outlet(Protocol):
    """Where messages leave."""

    async def send(self, message: Outgoing, /) -> None:
        """Hand it over; RefusedError when it is not taken for good, anything else to be tried again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Smtp:
    """A mail server, and how to speak to it."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    timeout_seconds: float = 20.0
    trust: ssl.SSLContext | None = None  # None: the machine's own certificates

    async def send(self, message: Outgoing, /) -> None:
        await asyncio.to_thread(self._send, mail_of(message))

    def _send(self, mail: EmailMessage) -> None:
        try:
            with self._connected() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            if all(code >= GONE_FOR_GOOD for code, _ in error.recipients.values()):
                raise RefusedError("address_refused") from None
            raise
        except smtplib.SMTPDataError as error:
            if error.smtp_code >= GONE_FOR_GOOD:
                raise RefusedError("message_refused") from None
            raise

    def _connected(self) -> smtplib.SMTP:
        trust = self.trust or ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_seconds, context=trust)
        server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)
        if self.security == "starttls":
            try:
                server.starttls(context=trust)
            except (smtplib.SMTPException, OSError):
                server.close()
                raise
        return server


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TextGateway:
    """A text message gateway over HTTP: one POST for each message, its id as Idempotency-Key."""

    url: str
    token: str
    client: httpx.AsyncClient

    async def send(self, message: Outgoing, /) -> None:
        answer = await self.client.post(
            self.url,
            json={"id": message.id, "from": message.sender, "to": message.to, "text": message.text},
            headers={"authorization": f"Bearer {self.token}", "idempotency-key": message.id},
        )
        if answer.is_success:
            return
        if answer.status_code in REFUSED_TEXTS:
            raise RefusedError(REFUSED_TEXTS[answer.status_code])
        answer.raise_for_status()
        msg = "the gateway answered with a redirect"
        raise httpx.HTTPStatusError(msg, request=answer.request, response=answer)


REFUSED_TEXTS: Mapping[int, FailureReason] = {404: "address_refused", 410: "address_refused", 422: "message_refused"}
"""Answers of the gateway that are final: no such number, one that opted out at the carrier, a text it does not take."""


def mail_of(message: Outgoing) -> EmailMessage:
    """The e-mail, as plain text and HTML; with how to stop it in its header (RFC 2369, 8058) and in its text."""
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = formataddr((message.sender_name, message.sender))
    mail["To"] = message.to
    mail["Message-ID"] = f"<{message.id}@{message.sender.rpartition('@')[2]}>"
    mail["Content-Language"] = message.language
    mail["Auto-Submitted"] = "auto-generated"
    if message.stop_at.startswith("https://"):
        mail["List-Unsubscribe"] = f"<{message.stop_at}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    elif message.stop_at:
        mail["List-Unsubscribe"] = f"<mailto:{message.stop_at}?subject=unsubscribe%20{message.id}>"
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    return mail
