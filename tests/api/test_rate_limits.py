"""Whoever asks too often is told to wait, and nobody else is in their way."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from litestar.routes import HTTPRoute

from holdfast.accounts.roles import Action, Principal, Role
from holdfast.cli.people import make_key
from holdfast.settings import Door, Settings
from holdfast.shop_settings.rules import RATES, RateClass
from holdfast.web.app import create_app
from holdfast.web.guard.rates import OF_ACTION, Asking, class_of, counted_for
from tests.api.answers import refused, rows
from tests.api.events import deliver, event, signature
from tests.house import Json, Shop, open_shop, until
from tests.ports import free_port

pytestmark = pytest.mark.anyio

PROXY = (ip_network("127.0.0.1/32"),)
DOOR = Door(trusted_proxies=PROXY)
LEFT = re.compile(r'"(\w+)";r=(\d+);t=(\d+)')


@asynccontextmanager
async def counting(database_url: str, door: Door = DOOR, **requests: int) -> AsyncIterator[Shop]:
    """A shop that counts, with so many requests of a class in 15 minutes."""
    async with open_shop(database_url, door=door) as shop:
        await shop.rules(rate_limits={kind: {"requests": number} for kind, number in requests.items()})
        yield shop


def at(address: str, **more: str) -> dict[str, str]:
    return {"X-Forwarded-For": address, **more}


def left(answer: httpx.Response) -> dict[str, int]:
    """What an answer says is left, by class."""
    return {kind: int(number) for kind, number, _ in LEFT.findall(answer.headers["RateLimit"])}


def limited(answer: httpx.Response, policy: str, limit: int) -> Json:
    found = refused(answer, 429, "rate_limited")
    assert (found["policy"], found["limit"], found["window_s"]) == (policy, limit, 900)
    assert 0 < int(answer.headers["Retry-After"]) == found["reset_s"] <= 900
    assert left(answer)[policy] == 0
    assert f'"{policy}";q={limit};w=900' in answer.headers["RateLimit-Policy"]
    return found


def test_every_route_has_a_class_and_every_class_a_figure() -> None:
    app = create_app(Settings(log_level="critical"), "postgresql://nobody.invalid/nothing")
    found = {
        (str(method), route.path): class_of(handler.opt, method)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods - {"OPTIONS"}
    }
    assert set(OF_ACTION) == set(Action)
    assert set(RATES) == set(RateClass)
    of_class = {kind: {path for (_, path), k in found.items() if k is kind} for kind in RateClass}
    assert of_class[RateClass.WEBHOOKS] == {"/webhooks/{provider:str}"}
    assert of_class[RateClass.STAFF] == {path for _, path in found if path.startswith("/api/v1/admin/")}
    assert found["POST", "/api/v1/orders"] is RateClass.CHECKOUT
    assert found["POST", "/api/v1/holds"] is RateClass.CHECKOUT
    reads = {key for key, kind in found.items() if kind is RateClass.READS}
    assert {key for key in reads if key[0] not in ("GET", "HEAD")} == {("POST", "/api/v1/stock/check")}
    assert {key for key, kind in found.items() if kind is RateClass.CHANGES and key[0] == "GET"} == set()


def test_whom_a_request_is_counted_for() -> None:
    guest = Asking(Principal("guest", Role.GUEST), "198.51.100.7")
    customer = Asking(Principal("usr_a", Role.CUSTOMER), "198.51.100.7", token="t")
    staff = Asking(Principal("usr_s", Role.STAFF), "198.51.100.7")
    program = Asking(Principal("usr_s", Role.STAFF), "198.51.100.7", api_key="k")
    for kind in (RateClass.READS, RateClass.CHANGES, RateClass.LOG_IN, RateClass.HEALTH):
        assert counted_for(kind, guest) == [(kind, "198.51.100.7")]
    assert counted_for(RateClass.CHANGES, customer) == [(RateClass.CHANGES, "usr_a")]
    assert counted_for(RateClass.CHECKOUT, customer) == [
        (RateClass.CHANGES, "usr_a"),
        (RateClass.CHECKOUT, "t"),
    ]
    assert counted_for(RateClass.STAFF, guest) == [(RateClass.READS, "198.51.100.7")]
    for kind in (RateClass.READS, RateClass.CHANGES, RateClass.CHECKOUT, RateClass.STAFF):
        assert counted_for(kind, staff) == [(RateClass.STAFF, "usr_s")]
        assert counted_for(kind, program) == [(RateClass.API_KEYS, "k")]
    assert counted_for(RateClass.LOG_IN, program) == [(RateClass.LOG_IN, "198.51.100.7")]
    assert counted_for(RateClass.WEBHOOKS, guest) == []


async def test_a_guest_who_changes_too_much_waits_and_neither_reads_nor_neighbours_suffer(
    database_url: str,
) -> None:
    async with counting(database_url, changes=3) as shop:
        for number in (2, 1, 0):
            answer = await shop.call("POST", "/carts", **at("198.51.100.7"))
            assert (answer.status_code, left(answer)) == (201, {"changes": number})
        before = await rows(shop)
        for _ in range(3):
            limited(await shop.call("POST", "/carts", **at("198.51.100.7")), "changes", 3)
        assert await rows(shop) == before
        assert left(await shop.call("GET", "/products", **at("198.51.100.7"))) == {"reads": 5_999}
        assert (await shop.call("POST", "/carts", **at("198.51.100.8"))).status_code == 201
        forged = at("198.51.100.9, 198.51.100.7")  # what a client wrote itself is not believed
        limited(await shop.call("POST", "/carts", **forged), "changes", 3)


async def test_without_proxies_of_ours_nobody_gets_around_the_limit_by_a_header(database_url: str) -> None:
    async with counting(database_url, Door(), changes=2) as shop:
        for number in range(2):
            assert (await shop.call("POST", "/carts", **at(f"198.51.100.{number}"))).status_code == 201
        limited(await shop.call("POST", "/carts", **at("198.51.100.9")), "changes", 2)


async def test_checkout_is_counted_per_cart_and_as_a_change(database_url: str) -> None:
    async with counting(database_url, checkout=2, changes=6) as shop:
        await shop.stocked({"MUG": 50})
        cart = (await shop.call("POST", "/carts", **at("198.51.100.7"))).json()
        mine = {"X-Holdfast-Token": cart["token"]}
        lines = {"lines": [{"sku": "MUG", "quantity": 1}]}
        await shop.call("POST", f"/carts/{cart['id']}/lines", lines, **at("198.51.100.7", **mine))
        for number in (1, 0):
            answer = await shop.call(
                "POST", "/checkouts", {"cart_id": cart["id"]}, **at("198.51.100.7", **mine)
            )
            assert left(answer) == {"changes": number + 2, "checkout": number}
        elsewhere = at("198.51.100.8", **mine)  # the same cart from another address
        before = await rows(shop)
        limited(await shop.call("POST", "/checkouts", {"cart_id": cart["id"]}, **elsewhere), "checkout", 2)
        invented = [at("198.51.100.7", X_Holdfast_Token=f"{number:064}") for number in range(3)]
        answers = [await shop.call("POST", "/checkouts", {"cart_id": cart["id"]}, **i) for i in invented]
        assert [answer.status_code for answer in answers] == [404, 404, 429]
        limited(answers[-1], "changes", 6)
        assert await rows(shop) == before


async def test_staff_and_programs_are_counted_by_their_own_key(database_url: str) -> None:
    async with counting(database_url, api_keys=3, changes=1) as shop:
        other = (await make_key(shop.database, email="b@example.com", role=Role.STAFF, label="b")).key
        for number in (2, 1, 0):
            answer = await shop.call("GET", "/admin/orders", **shop.staff)
            assert (answer.status_code, left(answer)) == (200, {"api_keys": number})
        limited(await shop.call("POST", "/carts", **shop.staff), "api_keys", 3)
        for _ in range(3):
            answer = await shop.call("POST", "/carts", Authorization=f"Bearer {other}")
            assert answer.status_code == 201


async def test_who_tries_keys_is_not_listened_to_any_more_and_others_are(database_url: str) -> None:
    async with counting(database_url, wrong_keys=2) as shop:
        for number in range(2):
            tried = at("198.51.100.7", Authorization=f"Bearer hf_{number}")
            refused(await shop.call("GET", "/products", **tried), 401, "unauthenticated")
        wrong = at("198.51.100.7", Authorization="Bearer hf_another")
        limited(await shop.call("GET", "/products", **wrong), "wrong_keys", 2)
        limited(await shop.call("GET", "/products", **at("198.51.100.7", **shop.staff)), "wrong_keys", 2)
        assert (await shop.call("GET", "/products", **at("198.51.100.7"))).status_code == 200
        assert (await shop.call("GET", "/products", **at("198.51.100.8", **shop.staff))).status_code == 200


async def test_noise_on_the_webhook_never_keeps_a_signed_one_out(database_url: str) -> None:
    async with counting(database_url, webhooks=2) as shop:
        body = event("customer.created", {})
        wrong = signature(body, secret="whsec_wrong")
        for _ in range(2):
            refused(await deliver(shop, body, wrong), 401, "signature_invalid")
        for _ in range(2):
            limited(await deliver(shop, body, wrong), "webhooks", 2)
        signed = [await deliver(shop, event("customer.created", {})) for _ in range(5)]
        assert [answer.status_code for answer in signed] == [200] * 5
        assert ["RateLimit" in answer.headers for answer in signed] == [False] * 5


async def test_the_figures_are_the_merchants_and_count_at_once(database_url: str) -> None:
    async with counting(database_url, changes=1) as shop:
        assert (await shop.call("POST", "/carts")).status_code == 201
        limited(await shop.call("POST", "/carts"), "changes", 1)
        changes = {"rate_limits": {"changes": {"requests": 5, "seconds": 900}}}
        await shop.as_staff("PATCH", "/admin/settings", changes)
        await shop.process.read_again()
        assert left(await shop.call("POST", "/carts")) == {"changes": 2}
        for wrong in ({"requests": 0}, {"requests": 1, "seconds": 0}, {"requests": "many"}, {}):
            answer = await shop.call(
                "PATCH", "/admin/settings", {"rate_limits": {"changes": wrong}}, **shop.staff
            )
            refused(answer, 422, "field_invalid")
        unknown = {"rate_limits": {"nonsense": {"requests": 1}}}
        refused(await shop.call("PATCH", "/admin/settings", unknown, **shop.staff), 422, "field_invalid")


async def test_a_window_ends(database_url: str) -> None:
    async with open_shop(database_url, door=DOOR) as shop:
        await shop.rules(rate_limits={"changes": {"requests": 1, "seconds": 1}})
        assert (await shop.call("POST", "/carts")).status_code == 201
        found = refused(await shop.call("POST", "/carts"), 429, "rate_limited")
        assert (found["window_s"], found["reset_s"]) == (1, 1)

        async def taken() -> bool:
            return (await shop.call("POST", "/carts")).status_code == 201

        await until(taken)


async def test_where_nothing_is_counted_health_says_so(shop: Shop) -> None:
    for address in ("/health/live", "/health/ready"):
        answer = await shop.client.get(address)
        assert answer.json()["rate_limits"] == "off"
        assert "RateLimit" not in answer.headers


async def test_where_it_is_counted_health_says_nothing(database_url: str) -> None:
    async with counting(database_url) as shop:
        for address in ("/health/live", "/health/ready"):
            answer = await shop.client.get(address)
            assert "rate_limits" not in answer.json()
            assert set(left(answer)) == {"health"}


@asynccontextmanager
async def store(folder: Path, port: int) -> AsyncIterator[None]:
    """A Redis (or Valkey) of Debian's on this port."""
    command = shutil.which("valkey-server") or shutil.which("redis-server")
    if command is None:
        pytest.skip("neither valkey-server nor redis-server is installed")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = await asyncio.create_subprocess_exec(command, *options, cwd=folder, stdout=subprocess.DEVNULL)
    try:

        async def answers() -> bool:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return False
            writer.close()
            return True

        await until(answers)
        yield
    finally:
        server.terminate()
        await server.wait()


async def test_processes_that_share_a_store_count_exactly_together(database_url: str, tmp_path: Path) -> None:
    port = free_port()
    door = Door(rate_limit_url=f"redis://127.0.0.1:{port}/0")
    async with (
        store(tmp_path, port),
        counting(database_url, door, changes=10) as one,
        counting(database_url, door, changes=10) as two,
    ):
        calls = [
            shop.call("POST", "/carts", Idempotency_Key=f"a-cart-of-{name}-{number:02}")
            for number in range(15)
            for name, shop in (("one", one), ("two", two))
        ]
        answers = await asyncio.gather(*calls)
        assert sorted(answer.status_code for answer in answers) == [201] * 10 + [429] * 20
        limited(await one.call("POST", "/carts"), "changes", 10)
        limited(await two.call("POST", "/carts"), "changes", 10)
        assert await one.count("carts") == 10


async def test_a_store_that_is_away_stops_nobody(database_url: str) -> None:
    door = Door(rate_limit_url=f"valkey://127.0.0.1:{free_port()}")
    async with counting(database_url, door, changes=2) as shop:
        for number in (1, 0):
            answer = await shop.call("POST", "/carts")
            assert (answer.status_code, left(answer)) == (201, {"changes": number})
        limited(await shop.call("POST", "/carts"), "changes", 2)
