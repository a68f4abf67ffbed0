"""A mail server for tests: real sockets and real SMTP, over TLS or not, that keeps what it is given."""

import asyncio
import base64
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class MailServer:
    """What came in, and to whom it says no."""

    refuses: frozenset[str] = frozenset()
    delays: frozenset[str] = frozenset()
    password: str = ""
    starttls: ssl.SSLContext | None = None
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list[EmailMessage])
    logins: list[str] = field(default_factory=list[str])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One session."""
        try:
            await self._session(reader, writer)
        finally:
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")
            await writer.drain()

        await say("220 mail.example ready")
        while line := (await reader.readline()).decode().strip():
            word, _, rest = line.partition(" ")
            match word.upper():
                case "EHLO":
                    await say("250-mail.example")
                    if self.starttls is not None:
                        await say("250-STARTTLS")
                    await say("250 AUTH PLAIN" if self.password else "250 8BITMIME")
                case "STARTTLS" if self.starttls is not None:
                    await say("220 go on")
                    await writer.start_tls(self.starttls)
                case "AUTH":
                    given = base64.b64decode(rest.split()[1]).split(b"\0")
                    self.logins.append(given[1].decode())
                    await say("235 welcome" if given[2].decode() == self.password else "535 no")
                case "RCPT":
                    await say(self._answer(rest))
                case "DATA":
                    await say("354 go on")
                    self.mails.append(await _mail(reader))
                    await say("250 taken")
                case "QUIT":
                    await say("221 bye")
                    return
                case _:
                    await say("250 fine")

    def _answer(self, recipient: str) -> str:
        if any(address in recipient for address in self.refuses):
            return "550 no such mailbox"
        return "450 later" if any(address in recipient for address in self.delays) else "250 fine"


async def _mail(reader: asyncio.StreamReader) -> EmailMessage:
    lines: list[bytes] = []
    while (line := await reader.readline()) != b".\r\n":
        lines.append(line[1:] if line.startswith(b"..") else line)
    mail = message_from_bytes(b"".join(lines), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def own_certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate of this machine's own name: what the server shows, and what a client that trusts it has."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private, public = folder / "key.pem", folder / "cert.pem"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(public, private)
    return server, ssl.create_default_context(cafile=str(public))


@asynccontextmanager
async def mail_server(server: MailServer, tls: ssl.SSLContext | None = None) -> AsyncGenerator[MailServer]:
    """The server on a free port of this machine, while the block runs."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server
