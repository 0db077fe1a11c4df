"""Several payments of one order: which is captured, and which is given back (§3.2, §3.5, §3.10)."""

import httpx
import pytest
from msgspec.structs import replace

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Proof, ProviderEvent, RefundSaid, Refused, Said, Unknown
from tests.providers.razorpay.things import (
    BANK,
    adapter,
    attempted,
    event,
    link,
    made,
    new_ask,
    order,
    payment,
    press,
    refund,
    seen,
    to_refund,
)
from tests.providers.sandbox_server import Sandbox
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

CHECKOUTS = pytest.mark.parametrize("checkout", ["order", "link"])


@CHECKOUTS
async def test_two_payments_that_took_money_are_given_back_one_by_one(
    bank: Sandbox, client: httpx.AsyncClient, checkout: str
) -> None:
    razorpay = adapter(client, bank.at(BANK), checkout=checkout)
    first = await made(razorpay)
    press(bank, first, "decline", "pay")
    paid = await seen(razorpay, first)
    assert (paid.state, paid.amount_minor, paid.declined) == (AttemptState.CAPTURED, 49_900, None)
    press(bank, first, "late_success")
    both = await seen(razorpay, first)
    assert (both.state, both.amount_minor) == (AttemptState.CAPTURED, 99_800)
    known = replace(both, charge_ref=paid.charge_ref)  # the shop keeps the one that it learned first
    refunds = [to_refund(known, 49_900) for _ in range(2)]
    given = [await razorpay.refund(one) for one in refunds]
    assert [one.amount_minor for one in given if isinstance(one, RefundSaid)] == [49_900, 49_900]
    for wanted, one in zip(refunds, given, strict=True):
        assert isinstance(one, RefundSaid)
        assert (one.payment_ref, one.reference) == (first.provider_ref, wanted.refund_id)
        assert await razorpay.find_refund(wanted) == one
        assert await razorpay.refund(wanted) == one, "asked again, it is the same"
    assert isinstance(await razorpay.refund(to_refund(known, 100)), Refused)
    assert await seen(razorpay, first) == both, "what was given back was taken all the same"


async def test_more_than_any_one_payment_has_left_is_refused(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    razorpay = adapter(client, bank.at(BANK))
    said = await made(razorpay)
    press(bank, said, "decline", "pay", "late_success")
    both = await seen(razorpay, said)
    wanted = to_refund(both, 60_000)
    assert isinstance(await razorpay.refund(wanted), Refused)
    assert await razorpay.find_refund(wanted) is None
    part, rest = to_refund(both, 20_000), to_refund(both, 49_900)
    assert isinstance(await razorpay.refund(part), RefundSaid)
    assert isinstance(await razorpay.refund(rest), RefundSaid), "the other payment has so much"


async def test_a_refund_of_an_order_whose_payment_is_not_known_yet_finds_it(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    razorpay = adapter(client, bank.at(BANK))
    said = await made(razorpay)
    refused = await razorpay.refund(to_refund(said, 100))
    assert isinstance(refused, Refused)
    assert refused.code == "nothing_captured"
    press(bank, said, "pay")
    assert isinstance(await razorpay.refund(to_refund(said, 100)), RefundSaid)


async def test_a_late_authorisation_is_captured_in_place_of_one_that_lapsed(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    razorpay = adapter(client, bank.at(BANK))
    said = await made(razorpay, authorise_only=True)
    press(bank, said, "decline", "pay")
    held = await seen(razorpay, said)
    assert (held.state, held.amount_minor) == (AttemptState.AUTHORIZED, 49_900)
    press(bank, said, "expire")
    lapsed = await seen(razorpay, said)
    assert (lapsed.state, lapsed.next_action) == (AttemptState.EXPIRED, None)
    answer = await razorpay.capture(attempted(held, 49_900))
    assert answer == lapsed, "there is nothing to capture"
    press(bank, said, "late_success")
    again = await razorpay.capture(attempted(held, 49_900))
    assert isinstance(again, Said)
    assert (again.state, again.amount_minor) == (AttemptState.CAPTURED, 49_900)
    assert again.charge_ref != held.charge_ref
    assert (await seen(razorpay, said)).state is AttemptState.CAPTURED


@pytest.mark.parametrize("amount", [10_000, 49_901])
async def test_a_part_of_what_is_authorised_is_not_captured(
    bank: Sandbox, client: httpx.AsyncClient, amount: int
) -> None:
    razorpay = adapter(client, bank.at(BANK))
    said = await made(razorpay, authorise_only=True)
    press(bank, said, "pay")
    assert isinstance(await razorpay.capture(attempted(said, amount)), Refused)
    assert (await seen(razorpay, said)).state is AttemptState.AUTHORIZED


async def test_what_an_event_of_a_payment_tells_is_said_of_the_order_or_of_its_link(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    for checkout in ("order", "link"):
        razorpay = adapter(client, bank.at(BANK), checkout=checkout)
        said = await made(razorpay)
        press(bank, said, "decline", "pay")
        now = await seen(razorpay, said)
        order_id = bank.control("GET", f"/payments/{said.provider_ref}")["id"]
        body = event("payment.captured", payment=payment(id=now.charge_ref, order_id=order_id))
        for either in (razorpay, adapter(client, bank.at(BANK), checkout="order")):
            assert await either.confirm(either.translate(body)) == now


async def test_the_payment_of_a_stranger_on_the_same_account_is_nothing_to_us(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    auth = (bank.keys(BANK)["key_id"], bank.keys(BANK)["key_secret"])
    body = {"amount": 49_900, "currency": "INR", "receipt": "ORD-77"}
    theirs = bank.http.post(f"/{BANK}/v1/orders", json=body, auth=auth).json()
    paid = bank.control("POST", f"/payments/{theirs['id']}/pay")
    razorpay = adapter(client, bank.at(BANK))
    for told in (
        event("payment.captured", payment=paid),
        event("refund.processed", refund=refund(payment_id=paid["id"], notes=[]), payment=paid),
    ):
        assert await razorpay.confirm(razorpay.translate(told)) is None
    lost = event("payment.captured", payment=payment(order_id="order_nobodys"))
    assert isinstance(await razorpay.confirm(razorpay.translate(lost)), Unknown)


@CHECKOUTS
async def test_a_refund_on_the_dashboard_is_said_of_our_object_and_a_lapse_as_a_lapse(
    bank: Sandbox, client: httpx.AsyncClient, checkout: str
) -> None:
    razorpay = adapter(client, bank.at(BANK), checkout=checkout)
    said = await made(razorpay)
    press(bank, said, "pay")
    given = bank.control("POST", f"/payments/{said.provider_ref}/refund", {"amount": 500})
    told = razorpay.translate(event("refund.processed", refund=given))
    assert told.proof is Proof.ASK
    found = await razorpay.confirm(told)
    assert isinstance(found, RefundSaid)
    assert (found.payment_ref, found.amount_minor, found.reference) == (said.provider_ref, 500, None)


async def test_a_lapse_that_is_told_as_a_refund_is_a_lapse(bank: Sandbox, client: httpx.AsyncClient) -> None:
    razorpay = adapter(client, bank.at(BANK))
    said = await made(razorpay, authorise_only=True)
    press(bank, said, "pay")
    lapsed = bank.control("POST", f"/payments/{said.provider_ref}/expire")
    told: ProviderEvent = razorpay.translate(event("refund.processed", refund=lapsed))
    found = await razorpay.confirm(told)
    assert isinstance(found, Said)
    assert (found.state, found.reference) == (AttemptState.EXPIRED, said.reference)


async def test_one_receipt_may_stand_on_several_orders_and_the_paid_one_is_found(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    razorpay, ask = adapter(client, bank.at(BANK)), new_ask()
    auth = (bank.keys(BANK)["key_id"], bank.keys(BANK)["key_secret"])
    body = {"amount": 49_900, "currency": "INR", "receipt": ask.attempt_id}
    first, second, _ = (
        bank.http.post(f"/{BANK}/v1/orders", json=body, auth=auth).json()["id"] for _ in range(3)
    )
    found = await razorpay.find(ask.attempt_id)
    assert isinstance(found, Said)
    assert found.provider_ref == first
    bank.control("POST", f"/payments/{second}/pay")
    found = await razorpay.find(ask.attempt_id)
    assert isinstance(found, Said)
    assert (found.provider_ref, found.state) == (second, AttemptState.CAPTURED)


async def test_the_setting_may_change_while_a_payment_is_open(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    as_order, as_link = (adapter(client, bank.at(BANK), checkout=way) for way in ("order", "link"))
    for made_by, other in ((as_order, as_link), (as_link, as_order)):
        said = await made(made_by)
        press(bank, said, "pay")
        paid = await seen(other, said)
        assert (paid.state, paid.reference) == (AttemptState.CAPTURED, said.reference)
        assert isinstance(await other.refund(to_refund(paid, 100)), RefundSaid)


async def test_sums_that_cannot_be_are_unknown(script: Told, client: httpx.AsyncClient) -> None:
    razorpay = adapter(client, script.url)
    script.answer(200, order(amount=9_000_000_000_000_001))
    assert isinstance(await razorpay.look_up("order_1"), Unknown)
    script.answer(200, link(status="paid", amount_paid=0))
    assert isinstance(await razorpay.look_up("plink_1"), Unknown)
