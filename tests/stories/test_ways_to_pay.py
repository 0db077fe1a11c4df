"""Which ways to pay there are, and a shop that sends its buyers to a page of Stripe's."""

from collections.abc import AsyncIterator

import pytest

from holdfast import work
from holdfast.cli.books.examine import examine
from holdfast.settings import Settings
from tests.conftest import assert_truths
from tests.house import Json, Shop, open_shop, stripe_at, until
from tests.stories.money import control, id_of, later, lines, mine, placed_ago, refunds, rest, sums

pytestmark = pytest.mark.anyio


@pytest.fixture
async def paged(database_url: str) -> AsyncIterator[Shop]:
    """A shop whose Stripe makes Checkout Sessions."""
    async with open_shop(database_url, providers={"STRIPE_CHECKOUT": "session"}) as opened:
        yield opened
        await opened.drain()
        await assert_truths(opened.database)


async def on_page(shop: Shop, placed: Json, action: str) -> None:
    """The buyer follows the address and presses a button there."""
    action_of = placed["payment"]["next_action"]
    assert action_of["type"] == "redirect"
    shown = await shop.client.get(action_of["url"], follow_redirects=True)
    assert shown.status_code == 200, shown.text
    pressed = await shop.client.post(str(shown.url), data={"action": action})
    assert pressed.status_code < 400, pressed.text


def session_of(placed: Json) -> str:
    return str(placed["payment"]["next_action"]["url"]).rpartition("/")[2]


async def methods(shop: Shop, query: str = "") -> list[str]:
    answer = await shop.call("GET", f"/payment-methods{query}")
    assert answer.status_code == 200, answer.text
    return [method["name"] for method in answer.json()["data"]]


# ── a page of Stripe's ────────────────────────────────────────────────────────────────────────


async def test_a_session_is_paid_on_its_page_and_the_way_home_names_the_order(paged: Shop) -> None:
    await paged.stocked({"MUG": 5})
    placed = await paged.placed({"MUG": 2})
    shown = await paged.client.get(placed["payment"]["next_action"]["url"], follow_redirects=True)
    home = await paged.client.post(str(shown.url), data={"action": "pay"})
    assert f"order={id_of(placed)}" in home.headers["location"]
    await paged.until_state(id_of(placed), "paid")
    await rest(paged)
    assert (await sums(paged, placed), await lines(paged)) == ((2_000, 0), [("committed", 2)])


async def test_an_event_that_only_points_is_confirmed_before_it_is_believed(paged: Shop) -> None:
    await paged.stocked({"MUG": 5})
    placed = await paged.placed({"MUG": 1})
    await paged.fault("webhook_drop", event="payment_intent.succeeded")
    await on_page(paged, placed, "pay")
    await until(lambda: _has_event(paged, "unconfirmed"))
    assert await paged.state(id_of(placed)) == "pending_payment"
    await rest(paged)
    assert await paged.state(id_of(placed)) == "paid"
    assert not await _has_event(paged, "unconfirmed")


async def test_an_event_stays_unconfirmed_while_the_provider_is_silent(paged: Shop) -> None:
    await paged.stocked({"MUG": 5})
    placed = await paged.placed({"MUG": 1})
    await paged.fault("webhook_drop", event="payment_intent.succeeded")
    await on_page(paged, placed, "pay")
    await until(lambda: _has_event(paged, "unconfirmed"))
    await paged.fault("error_500", on="read", count=20)
    later(minutes=2)
    await work.sweep(paged.process)
    (shown,) = (await paged.as_staff("GET", "/admin/events"))["data"]
    assert (shown["state"], shown["tries"]) == ("unconfirmed", 2)
    await paged.client.delete(f"{paged.bank_url}/_sandbox/faults")
    retried = await paged.as_staff("POST", f"/admin/events/stripe/{shown['key']}/retry")
    assert retried["state"] == "applied"
    assert await paged.state(id_of(placed)) == "paid"


async def test_a_session_is_expired_when_its_hold_dies(paged: Shop) -> None:
    await paged.stocked({"MUG": 1})
    placed = await placed_ago(paged, {"MUG": 1}, minutes=16)
    await paged.sweep()
    gone = await paged.client.get(placed["payment"]["next_action"]["url"])
    assert "Nothing was paid" in gone.text
    assert "Pay £" not in gone.text
    later(minutes=5)
    await paged.sweep()
    assert (await paged.state(id_of(placed)), await paged.available("MUG")) == ("expired", 1)


async def test_a_session_that_stripe_ended_may_be_paid_again(paged: Shop) -> None:
    await paged.stocked({"MUG": 5})
    placed = await paged.placed({"MUG": 1})
    await control(paged, f"payments/{session_of(placed)}/expire")
    await paged.until_state(id_of(placed), "payment_failed")
    again = await paged.call("POST", f"/orders/{id_of(placed)}/pay", {}, **mine(placed))
    assert again.status_code == 200, again.text
    await on_page(paged, again.json(), "pay")
    await paged.until_state(id_of(placed), "paid")


async def test_a_session_is_authorised_captured_and_refunded(paged: Shop) -> None:
    await paged.rules(capture="on_confirmation")
    await paged.stocked({"MUG": 5})
    placed = await paged.placed({"MUG": 1})
    await on_page(paged, placed, "pay")
    await paged.until_state(id_of(placed), "confirmed")
    await rest(paged)
    assert await sums(paged, placed) == (1_000, 0)
    await paged.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund")
    await rest(paged)
    assert (await sums(paged, placed), await refunds(paged)) == ((1_000, 1_000), [("succeeded", 1_000)])


# ── which ways there are ──────────────────────────────────────────────────────────────────────


async def test_buyers_are_offered_what_the_merchant_chose_and_what_fits(shop: Shop) -> None:
    assert await methods(shop) == ["stripe", "bank_transfer", "cash_on_delivery"]
    assert await methods(shop, "?amount=29&currency=GBP") == ["bank_transfer", "cash_on_delivery"]
    assert await methods(shop, "?amount=1000&currency=KWD") == ["stripe"]
    assert await methods(shop, "?amount=1234&currency=KWD") == []
    await shop.rules(payment_methods=["cash_on_delivery", "paypal"])
    assert await methods(shop) == ["cash_on_delivery"]
    (cash,) = (await shop.call("GET", "/payment-methods")).json()["data"]
    assert cash == {
        "name": "cash_on_delivery", "can": [], "currencies": ["GBP"], "least": None, "most": None,
    }  # fmt: skip


async def test_a_method_that_does_not_fit_is_refused_and_nothing_is_held(shop: Shop) -> None:
    await shop.stocked({"PIN": 5}, price=20)
    answer = await shop.place({"PIN": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "method_unavailable")
    assert answer.json()["offered"] == ["bank_transfer", "cash_on_delivery"]
    assert (await shop.available("PIN"), await shop.count("orders")) == (5, 0)
    placed = await shop.placed({"PIN": 1}, "bank_transfer")
    again = await shop.call(
        "POST", f"/orders/{id_of(placed)}/pay", {"payment_method": "stripe"}, **mine(placed)
    )
    assert again.json()["code"] == "method_unavailable"
    await shop.placed({"PIN": 2})


async def test_one_that_is_set_up_wrongly_disappears_and_doctor_names_it(database_url: str) -> None:
    wrong = {"STRIPE_WEBHOOK_SECRETS": "", "STRIPE_CHECKOUT": "both"}
    async with open_shop(database_url, providers=wrong) as shop:
        assert await methods(shop) == ["bank_transfer", "cash_on_delivery"]
        webhook = await shop.call("POST", "/webhooks/stripe", {})
        assert webhook.status_code == 404
    settings = Settings(providers=stripe_at("http://127.0.0.1:1") | wrong)
    found = {finding.what: finding for finding in await examine(settings, database_url, [])}
    assert not found["stripe"].well
    assert "HOLDFAST_STRIPE_WEBHOOK_SECRETS" in found["stripe"].found
    assert "HOLDFAST_STRIPE_CHECKOUT" in found["stripe"].found


async def test_doctor_warns_of_test_keys_in_production(database_url: str) -> None:
    for mode, well in (("development", True), ("production", False)):
        settings = Settings(mode=mode, providers=stripe_at("http://127.0.0.1:1"))  # type: ignore[arg-type]
        found = [finding for finding in await examine(settings, database_url, []) if finding.what == "stripe"]
        assert bool(found) is not well


async def test_what_was_begun_with_test_keys_is_not_asked_about_with_live_ones(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.fault("webhook_drop", count=20)
    placed = await shop.placed({"MUG": 1})
    await shop.at_bank(placed, "pay")
    stripe = shop.process.providers["stripe"]
    stripe.live = True
    later(minutes=2)
    await shop.sweep()
    assert await shop.state(id_of(placed)) == "pending_payment"
    stripe.live = False
    later(minutes=10)
    await shop.sweep()
    assert await shop.state(id_of(placed)) == "paid"


async def test_what_a_browser_brings_back_has_bounds(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    path = f"/payments/{placed['payment']['id']}/return"
    good = await shop.call("POST", path, {"params": {"payment_intent": "pi_of_another"}}, **mine(placed))
    assert (good.status_code, good.json()["state"]) == (200, "pending")
    wrong: list[Json] = [
        {"params": {"x" * 101: "y"}},
        {"params": {"x": 1}},
        {"param": {}},
        {"params": {"x": "y" * 5_000}},
    ]
    for body in wrong:
        answer = await shop.call("POST", path, body, **mine(placed))
        assert answer.status_code == 422, answer.text
    stranger = await shop.call("POST", path, {"params": {}})
    assert stranger.status_code == 404


async def _has_event(shop: Shop, state: str) -> bool:
    return bool(await shop.fetch("SELECT 1 FROM provider_events WHERE state = $1", state))
