"""What every answer tells browsers, whoever made it; and who else's pages may read it."""

import httpx
import pytest

from holdfast.settings import Door
from tests.api.answers import refused
from tests.house import Shop, open_shop

pytestmark = pytest.mark.anyio

PATHS = (
    "/api/v1/products",
    "/api/v1/products?limit=0",
    "/api/v1/admin/orders",
    "/api/v1/nowhere",
    "/nowhere",
    "/health/live",
    "/openapi.json",
    "/docs",
    "/static/redoc/redoc.standalone.js",
    "/static/none.js",
)
PUBLIC = {"/api/v1/products", "/openapi.json", "/docs", "/static/redoc/redoc.standalone.js"}


async def test_every_answer_says_what_browsers_may_not_do(shop: Shop) -> None:
    answers = [await shop.client.get(path) for path in PATHS]
    answers += [
        await shop.client.delete("/api/v1/products"),
        await shop.client.options("/api/v1/orders"),
        await shop.client.post("/webhooks/stripe", content=b"{}"),
        await shop.call("POST", "/carts"),
    ]
    for answer in answers:
        headers, said = answer.headers, str(answer.request.url)
        assert headers["X-Content-Type-Options"] == "nosniff", said
        assert headers["X-Frame-Options"] == "DENY", said
        assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin", said
        assert "camera=()" in headers["Permissions-Policy"], said
        assert "Strict-Transport-Security" not in headers, said
        assert "Access-Control-Allow-Origin" not in headers, said
        (policy,) = headers.get_list("Content-Security-Policy")
        rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
        assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'", said
        assert "unsafe-inline" not in rules.get("script-src", ""), said
        assert "unsafe-eval" not in policy, said


async def test_no_cache_keeps_what_is_not_for_everybody(shop: Shop) -> None:
    for path in PATHS:
        answer = await shop.client.get(path)
        kept = answer.headers.get("Cache-Control") != "no-store"
        assert kept == (path in PUBLIC), path
    cart = await shop.call("POST", "/carts")
    mine = {"X-Holdfast-Token": cart.json()["token"]}
    for answer in (
        cart,
        await shop.call("GET", f"/carts/{cart.json()['id']}", **mine),
        await shop.call("GET", "/admin/orders", **shop.staff),
    ):
        assert (answer.status_code < 300, answer.headers["Cache-Control"]) == (True, "no-store")


async def test_over_tls_browsers_are_told_to_stay_there(database_url: str) -> None:
    async with open_shop(database_url, public_url="https://shop.example") as shop:
        for path in PATHS:
            assert (await shop.client.get(path)).headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_the_shop_answers_to_its_own_names_only(database_url: str) -> None:
    door = Door(rate_limits=False, allowed_hosts=("shop.example", "[::1]"))
    async with open_shop(database_url, door=door) as shop:
        for host in ("shop.example", "SHOP.example", "shop.example:8443", "[::1]", "[::1]:80"):
            assert (await shop.call("GET", "/products", Host=host)).status_code == 200, host
        for host in ("evil.example", "shop.example.evil", "shop.example.", "127.0.0.1", "[::2]", ""):
            for path in ("/products", "/admin/orders"):
                answer = await shop.call("GET", path, Host=host)
                refused(answer, 421, "host_unknown")
                assert "evil" not in answer.text
            assert (await shop.client.get("/docs", headers={"Host": host})).status_code == 421
            assert (await shop.client.get("/health/ready", headers={"Host": host})).status_code == 200
        for host in ("shop.example:x", "shop.example@evil", "evil.example, shop.example", "shop.example/x"):
            assert (await shop.call("GET", "/products", Host=host)).status_code in (400, 421), host
        refused(await shop.call("POST", "/carts", Host="evil.example"), 421, "host_unknown")
        assert await shop.count("carts") == 0
        spoofed = {"Host": "shop.example", "X-Forwarded-Host": "evil.example", "X-Host": "evil.example"}
        assert (await shop.client.get("/api/v1/products", headers=spoofed)).status_code == 200


async def test_no_answer_repeats_a_name_that_a_caller_made_up(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    answer = await shop.call("POST", "/orders", shop.order_body({"MUG": 1}), Host="evil.example")
    assert answer.status_code == 201
    assert "evil.example" not in answer.text + str(answer.headers)
    assert "evil.example" not in (await shop.call("GET", "/nowhere", Host="evil.example")).text


def allowed(answer: httpx.Response) -> tuple[str | None, str | None]:
    headers = answer.headers
    return headers.get("Access-Control-Allow-Origin"), headers.get("Access-Control-Allow-Credentials")


async def preflight(shop: Shop, origin: str) -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    asked |= {"Access-Control-Request-Headers": "content-type,idempotency-key,x-holdfast-token"}
    return await shop.client.options("/api/v1/orders", headers=asked)


async def test_pages_of_named_origins_may_read_answers_and_no_others(database_url: str) -> None:
    ours = "https://shop.example"
    async with open_shop(database_url, door=Door(rate_limits=False, cors_origins=(ours,))) as shop:
        assert allowed(await preflight(shop, ours)) == (ours, "true")
        read = await shop.call("GET", "/products", Origin=ours)
        assert allowed(read) == (ours, "true")
        assert "Origin" in read.headers["Vary"]
        assert "ratelimit" in read.headers["Access-Control-Expose-Headers"].lower()
        refusal = await shop.call("GET", "/nowhere", Origin=ours)
        assert allowed(refusal) == (ours, "true")
        for other in ("https://evil.example", "https://shop.example.evil", "http://shop.example", "null"):
            assert (await preflight(shop, other)).headers.get("Access-Control-Allow-Origin") is None
            assert allowed(await shop.call("GET", "/products", Origin=other))[0] is None, other


async def test_all_origins_may_read_only_what_no_cookie_opens(database_url: str) -> None:
    async with open_shop(database_url, door=Door(rate_limits=False, cors_origins=("*",))) as shop:
        for answer in (
            await preflight(shop, "https://any.example"),
            await shop.call("GET", "/products", Origin="https://any.example"),
            await shop.call("GET", "/products", Origin="https://any.example", Cookie="session=x"),
        ):
            assert allowed(answer)[0] in ("*", "https://any.example")
            assert allowed(answer)[1] != "true"
