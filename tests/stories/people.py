"""People with browsers and a letter box: a real SMTP server, cookies, and the page's CSRF token."""

import asyncio
import email
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

import httpx
import pyotp
from aiosmtpd.smtp import SMTP, Envelope

from holdfast import clock
from holdfast.accounts.login.log_in import Attempt, LoggedIn, log_in
from holdfast.accounts.sessions import Visitor
from tests.house import Json, Shop
from tests.ports import free_port

PASSWORD = "a quiet harbour in november"
OTHER_PASSWORD = "eleven lanterns at the pier"
ADA, EVE = "ada@example.com", "eve@example.com"
_LINK = re.compile(r"https?://\S+")
_TOKEN = re.compile(r"token=([\w-]+)")


class Postbox:
    """Every letter that arrived, and what this server does with the next."""

    def __init__(self, port: int) -> None:
        self.url = f"smtp://127.0.0.1:{port}"
        self.letters: list[EmailMessage] = []
        self.seen: list[str] = []  # the secrets in all that was handed in, also of what it put off
        self.later = 0  # how many it puts off
        self.unknown: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - as the library calls it
        self, _server: SMTP, _session: object, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.unknown:
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        letter = email.message_from_bytes(envelope.content, policy=policy.default)
        self.seen += _TOKEN.findall(plain(letter))
        if self.later:
            self.later -= 1
            return "451 4.3.0 later"
        self.letters.append(letter)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if letter["To"] == address]

    def last(self, address: str) -> EmailMessage:
        return self.to(address)[-1]

    def token(self, address: str) -> str:
        """The secret in the last letter to somebody that has one."""
        written = "\n".join(plain(letter) for letter in self.to(address))
        return str(_TOKEN.findall(written)[-1])

    def subjects(self) -> Counter[str]:
        return Counter(str(letter["Subject"]) for letter in self.letters)


def plain(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text


def links(letter: EmailMessage) -> list[str]:
    return _LINK.findall(plain(letter))


@asynccontextmanager
async def open_postbox() -> AsyncIterator[Postbox]:
    """A mail server on a free port."""
    port = free_port()
    box = Postbox(port)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", port)
    try:
        yield box
    finally:
        server.close()


class Browser:
    """One browser of one person: keeps cookies, and sends what the page knows."""

    def __init__(self, shop: Shop) -> None:
        self.client = httpx.AsyncClient(
            base_url=f"{shop.url}/api/v1", timeout=30, headers={"User-Agent": "A browser"}
        )
        self.csrf: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.aclose()

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.csrf is not None:
            named.setdefault("X-CSRF-Token", self.csrf)
        return await self.client.request(method, path, json=body, headers=named)

    async def log_in(self, address: str, password: str = PASSWORD, **more: object) -> httpx.Response:
        answer = await self.call("POST", "/account/login", {"email": address, "password": password, **more})
        if answer.status_code == 201:
            self.csrf = answer.json()["csrf_token"]
        return answer

    @property
    def cookie(self) -> str | None:
        return self.client.cookies.get("holdfast_session")


class Town:
    """A shop with a letter box, and how people come to have an account there."""

    def __init__(self, shop: Shop, box: Postbox) -> None:
        self.shop, self.box = shop, box

    def browser(self) -> Browser:
        return Browser(self.shop)

    async def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        """As somebody without cookies."""
        try:
            return await self.shop.call("POST", path, body, **headers)
        finally:
            self.shop.client.cookies.clear()

    async def letter_about(self, path: str, address: str) -> str:
        """Ask for a letter, and read the secret in it."""
        answer = await self.post(path, {"email": address})
        assert answer.status_code == 202, answer.text
        await self.shop.drain()
        return self.box.token(address)

    async def register(self, address: str, password: str = PASSWORD) -> Json:
        token = await self.letter_about("/account/register", address)
        answer = await self.post("/account/register/confirm", {"token": token, "password": password})
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()
        return found

    async def bearer(self, address: str, password: str = PASSWORD) -> dict[str, str]:
        """A log-in without a browser."""
        body = {"email": address, "password": password, "bearer": True}
        answer = await self.post("/account/login", body)
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    async def log_in_at(
        self, place: str, address: str, password: str = PASSWORD, code: str | None = None
    ) -> LoggedIn:
        """As from another network address; raises what the answer would be."""
        process = self.shop.process
        attempt = Attempt(address, password, code, Visitor(place, "A browser"))
        return await log_in(process.database, process.hasher, process.vault, attempt, at=clock.now())

    async def audited(self, action: str) -> list[Any]:
        return await self.shop.fetch("SELECT * FROM audit WHERE action = $1 ORDER BY id", action)


def code(key: str, at: datetime | None = None) -> str:
    return pyotp.TOTP(key).at(at or clock.now())


async def armed(town: Town, browser: Browser) -> tuple[str, list[str]]:
    """Ada with an authenticator: its key, and the recovery codes."""
    await town.register(ADA)
    await browser.log_in(ADA)
    enrolled: Json = (await browser.call("POST", "/account/totp", {"password": PASSWORD})).json()
    assert enrolled["uri"].startswith("otpauth://totp/Holdfast:ada%40example.com?")
    confirmed = await browser.call("POST", "/account/totp/confirm", {"code": code(enrolled["key"])})
    assert confirmed.status_code == 200, confirmed.text
    clock.stop(clock.now() + timedelta(minutes=1))
    return enrolled["key"], confirmed.json()["recovery_codes"]
