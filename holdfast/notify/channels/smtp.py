"""Letters by SMTP (RFC 5321), one connection for each.

``smtps://`` is TLS from the start (port 465). ``smtp://`` (port 587 with a user, else 25) becomes TLS where
the server offers it (STARTTLS), and has to where a password is sent to another machine.
"""

from email.errors import MessageDefect, MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import Policy
from email.utils import formatdate, make_msgid, parseaddr
from http import HTTPStatus
from typing import Self
from urllib.parse import unquote, urlsplit

import aiosmtplib
import idna
import msgspec

from holdfast import clock
from holdfast.limits import SMTP_TIMEOUT_S
from holdfast.notify.channels.channel import Undeliverable
from holdfast.notify.letter import Letter

_REFUSED_FOR_GOOD = HTTPStatus.INTERNAL_SERVER_ERROR  # SMTP has the same fives (RFC 5321 §4.2.1)
_HERE = ("localhost", "127.0.0.1", "::1")
PORTS = {"smtps": 465, "smtp": 25}
_SUBMISSION = 587


class Server(msgspec.Struct, frozen=True):
    """Where letters are handed in."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    start_tls: bool | None
    """True: must; None: where it is offered."""


def read_url(url: str) -> Server:
    """The server that ``HOLDFAST_SMTP_URL`` names (checked by ``settings.py``)."""
    parts = urlsplit(url)
    user = unquote(parts.username) if parts.username else None
    host, tls = parts.hostname or "", parts.scheme == "smtps"
    port = parts.port or (_SUBMISSION if user and not tls else PORTS[parts.scheme])
    must = True if user and host not in _HERE else None
    password = unquote(parts.password) if parts.password else None
    return Server(host, port, user, password, tls, False if tls else must)


class SmtpChannel:
    """Hands letters to one server."""

    def __init__(self, url: str, *, sender: str) -> None:
        self._server, self._sender = read_url(url), sender

    async def send(self, letter: Letter) -> None:
        name, address = parseaddr(self._sender)
        try:
            to = on_the_wire(letter.to)
            message = _message(letter, Address(name, addr_spec=address), to=to)
        except (ValueError, IndexError, MessageError) as error:  # what no server would take for an address
            raise Undeliverable from error
        server = self._server
        try:
            await aiosmtplib.send(
                message,
                sender=address,
                recipients=[to],
                hostname=server.host,
                port=server.port,
                username=server.user,
                password=server.password,
                use_tls=server.tls,
                start_tls=server.start_tls,
                timeout=SMTP_TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(refused.code >= _REFUSED_FOR_GOOD for refused in error.recipients):
                raise Undeliverable from error
            raise


def on_the_wire(address: str) -> str:
    """An address with its domain in ASCII (RFC 5891), since not every server knows others (RFC 6531).

    Raises ValueError for what can be no domain.
    """
    local, _, domain = address.rpartition("@")
    return address if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"


class _OnOneLine(str):
    """A header that is written as it is; the library would encode one that is longer than a line."""

    def __new__(cls, name: str, value: str) -> Self:
        """The value, which knows its name."""
        made = super().__new__(cls, value)
        made.name = name
        return made

    name: str
    defects: tuple[MessageDefect, ...] = ()
    max_count = 1

    def fold(self, *, policy: "Policy[EmailMessage]") -> str:
        """As it is."""
        return f"{self.name}: {self}{policy.linesep}"


def _message(letter: Letter, sender: Address, *, to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(addr_spec=to)
    message["Subject"] = letter.subject
    message["Date"] = formatdate(clock.now().timestamp(), usegmt=True)
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers of machines
    if letter.stop:
        message["List-Unsubscribe"] = _OnOneLine("List-Unsubscribe", f"<{letter.stop}>")
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message
