"""Attacks on the wire: hidden second requests, heads and bodies without end, bytes that come too slowly."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest

from holdfast.limits import (
    BODY_BYTES_MAX,
    BODY_READ_S,
    HEAD_BYTES_MAX,
    LINGER_BYTES_MAX,
    URL_CHARS_MAX,
    WEBHOOK_BODY_BYTES_MAX,
)
from holdfast.settings import Settings
from holdfast.web.app import create_app
from tests.api.answers import refused, rows, send
from tests.api.events import event, signature
from tests.api.orders import order
from tests.api.raw import connect, head, listen, say
from tests.clients import http_client
from tests.house import UNCOUNTED, Shop, serving
from tests.ports import free_port

pytestmark = pytest.mark.anyio

# What an attacker wants to be taken for a request of its own: it would make a cart.
HIDDEN = head("POST /api/v1/carts", "Content-Length: 0")
CHUNKED = "Transfer-Encoding: chunked"
POST = "POST /api/v1/stock/check"


def length(body: bytes) -> str:
    return f"Content-Length: {len(body)}"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


END = b"0\r\n\r\n"
SMUGGLED: dict[str, bytes] = {
    "CL.TE": head(POST, length(END + HIDDEN), CHUNKED) + END + HIDDEN,
    "TE.CL": head(POST, "Content-Length: 4", CHUNKED) + chunk(HIDDEN) + END,
    "TE.TE, one hidden": head(POST, CHUNKED, "Transfer-Encoding: x", length(END + HIDDEN)) + END + HIDDEN,
    "two lengths": head(POST, "Content-Length: 0", length(HIDDEN)) + HIDDEN,
    "two lengths in one": head(POST, f"Content-Length: 0, {len(HIDDEN)}") + HIDDEN,
    "a length with a sign": head(POST, f"Content-Length: +{len(HIDDEN)}") + HIDDEN,
    "a length below nothing": head(POST, "Content-Length: -1") + HIDDEN,
    "a length in hexadecimal": head(POST, "Content-Length: 0x0") + HIDDEN,
    "another coding": head(POST, "Transfer-Encoding: xchunked") + END + HIDDEN,
    "chunked not last": head(POST, "Transfer-Encoding: chunked, identity") + END + HIDDEN,
    "a blank before the colon": head(POST, "Transfer-Encoding : chunked") + END + HIDDEN,
    "a tab in front": head(POST, "X: y\r\n\tTransfer-Encoding: chunked") + END + HIDDEN,
    "an odd blank": head(POST, "Transfer-Encoding:\x0bchunked") + END + HIDDEN,
    "a bare CR": head(POST, "X: y\rTransfer-Encoding: chunked") + END + HIDDEN,
    "a NUL": head(POST, "X: y\0z", "Content-Length: 0") + HIDDEN,
    "chunks in HTTP/1.0": head(POST, CHUNKED).replace(b"HTTP/1.1", b"HTTP/1.0") + END + HIDDEN,
    "a chunk that is none": head(POST, CHUNKED) + b"zz\r\n" + HIDDEN,
    "a chunk of 2^68 bytes": head(POST, CHUNKED) + b"fffffffffffffffff\r\n" + HIDDEN,
    "HTTP/2 at once": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN,
}


@pytest.mark.parametrize("how", SMUGGLED)
async def test_no_second_request_hides_in_a_first_one(shop: Shop, how: str) -> None:
    before = await rows(shop)
    heard = await say(shop, SMUGGLED[how])
    assert len(heard.statuses) <= 1, heard.data
    assert heard.hung_up, "what was left over could be read as a request"
    assert all(400 <= status < 500 for status in heard.statuses), heard.data
    assert await rows(shop) == before


UNREAD: dict[str, bytes] = {
    "a body that nobody wants": head("GET /api/v1/products", length(HIDDEN)) + HIDDEN,
    "one for nobody": head("POST /nowhere", length(HIDDEN)) + HIDDEN,
    "one that is refused unread": head("POST /api/v1/admin/stock/receive", length(HIDDEN)) + HIDDEN,
    "one in chunks": head("GET /api/v1/products", CHUNKED) + chunk(HIDDEN) + END,
    "one that is too large": head("POST /api/v1/orders", f"Content-Length: {BODY_BYTES_MAX + 1}") + HIDDEN,
}


@pytest.mark.parametrize("what", UNREAD)
async def test_a_body_that_is_not_read_is_not_taken_for_the_next_request(shop: Shop, what: str) -> None:
    before = await rows(shop)
    heard = await say(shop, UNREAD[what])
    assert len(heard.statuses) == 1, heard.data
    assert await rows(shop) == before


async def test_two_honest_requests_on_one_connection_get_two_answers(shop: Shop) -> None:
    heard = await say(shop, head(POST, "Content-Length: 0") + HIDDEN)
    assert heard.statuses == [422, 201]
    assert await shop.count("carts") == 1


async def test_heads_without_end_are_refused(shop: Shop) -> None:
    many = [f"X-{number}: y" for number in range(10_000)]
    for data, status in {
        head("GET /api/v1/products", *many[:90]): 200,
        head("GET /api/v1/products", *many[:101]): 431,
        head("GET /api/v1/products", *many): 431,
        head("GET /api/v1/products", "X: " + "y" * (HEAD_BYTES_MAX - 100)): 200,
        head("GET /api/v1/products", "X: " + "y" * HEAD_BYTES_MAX): 431,
        head("GET /api/v1/products", "X: " + "y" * 10_000_000): 431,
        head("GET /" + "x" * 100_000): 414,
        head("GET /api/v1/products?q=" + "x" * URL_CHARS_MAX): 414,
    }.items():
        heard = await say(shop, data)
        assert heard.statuses[:1] == [status] or (heard.hung_up and not heard.data), data[:60]
    long = await shop.call("GET", "/products?cursor=" + "x" * URL_CHARS_MAX)
    assert refused(long, 414, "address_too_long")["chars_max"] == URL_CHARS_MAX
    large = await shop.call("GET", "/products", X="y" * HEAD_BYTES_MAX)
    assert refused(large, 431, "headers_too_large")["bytes_max"] == HEAD_BYTES_MAX


async def test_a_hundred_megabytes_are_neither_read_nor_kept(shop: Shop) -> None:
    before = await rows(shop)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1_600):
            sent += 65_536
            yield b"x" * 65_536

    with suppress(httpx.NetworkError):  # the answer came, and then the server hung up
        answer = await shop.client.post("/api/v1/orders", content=endless(), headers=shop.new_key())
        refused(answer, 413, "body_too_large")
    assert sent <= LINGER_BYTES_MAX + 16_000_000
    announced = head("POST /api/v1/orders", "Content-Length: 100000000", "Idempotency-Key: " + "k" * 20)
    assert (await say(shop, announced)).statuses == [413]
    assert await rows(shop) == before


async def test_a_body_that_would_unpack_to_gigabytes_is_not_unpacked(shop: Shop) -> None:
    bomb = gzip.compress(b"0" * 100_000_000)
    good = json.dumps(order()).encode()
    await shop.stocked({"MUG": 5})
    before = await rows(shop)
    assert len(bomb) < WEBHOOK_BODY_BYTES_MAX
    for coding in ("gzip", "deflate", "br", "zstd", "gzip, gzip", "x", "identity, gzip"):
        for body in (bomb, gzip.compress(good), good):
            headers = {"Content-Type": "application/json", "Content-Encoding": coding, **shop.new_key()}
            refused(await send(shop, "POST", "/orders", body, headers), 415, "media_type_unsupported")
    body = event("customer.created", {})
    headers = {"Stripe-Signature": signature(body), "Content-Encoding": "gzip"}
    refused(
        await shop.client.post("/webhooks/stripe", content=body, headers=headers),
        415,
        "media_type_unsupported",
    )
    assert await rows(shop) == before
    plain = {"Content-Type": "application/json", "Content-Encoding": "identity", **shop.new_key()}
    assert (await send(shop, "POST", "/orders", good, plain)).status_code == 201


async def test_a_body_that_comes_too_slowly_is_given_up(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    before = await rows(shop)
    reader, writer = await connect(shop)
    writer.write(head("POST /api/v1/orders", "Content-Length: 1000", "Idempotency-Key: " + "k" * 20))
    loop = asyncio.get_running_loop()
    began, answer = loop.time(), asyncio.ensure_future(listen(reader, within_s=BODY_READ_S + 15))
    while not answer.done():
        with suppress(ConnectionError):
            writer.write(b"{")
            await writer.drain()
        await asyncio.wait([answer], timeout=1)
    heard = answer.result()
    assert heard.statuses == [408], heard.data
    assert b'"body_too_slow"' in heard.data
    assert heard.hung_up
    assert BODY_READ_S <= loop.time() - began < BODY_READ_S + 15
    writer.close()
    assert await rows(shop) == before


async def test_heads_that_never_end_keep_nobody_out(database_url: str) -> None:
    port = free_port()
    app = create_app(Settings(port=port, log_level="critical", door=UNCOUNTED), database_url)
    async with (
        serving(app, port, head_read_s=1),
        http_client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
        for _, writer in slow:
            writer.write(b"GET /api/v1/products HTTP/1.1\r\nHost: x\r\nX-")
        for _ in range(20):
            assert (await client.get("/health/live")).status_code == 200
        heard = await asyncio.gather(*(listen(reader, within_s=20) for reader, _ in slow))
        assert all(one.hung_up for one in heard)
        assert {status for one in heard for status in one.statuses} <= {408}
        for _, writer in slow:
            writer.close()
