"""Several charges under one object of ours: each one's money is in the books, or a person is told of it."""

import pytest

from holdfast.db.transaction import transaction
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Facts, ProviderEvent, Said
from holdfast.webhook.apply import Received, apply_events
from tests.house import Json, Shop
from tests.stories.money import (
    id_of,
    intents,
    later,
    matters,
    paying_again,
    rest,
    sums,
    transferred,
)

pytestmark = pytest.mark.anyio


async def told(shop: Shop, key: str, facts: Facts) -> str:
    """What the inbox makes of an event that says this."""
    received = [Received("stripe", ProviderEvent(key, "told", facts), b"{}")]
    (state,) = await transaction(
        shop.database, lambda tx: apply_events(tx, received, rules=shop.process.rules)
    )
    return state


async def says(shop: Shop, placed: Json, state: AttemptState, charge: str, amount: int = 1_000) -> Said:
    (intent,) = await intents(shop, placed)
    return Said(intent["id"], state, amount, "GBP", live=False, charge_ref=charge)


async def charge_of(shop: Shop) -> str:
    (row,) = await shop.fetch("SELECT charge_ref FROM payment_attempts")
    found: str = row["charge_ref"]
    return found


async def test_a_second_charge_that_is_not_added_up_is_shown(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    for charge in ("ch_1", "ch_2"):
        said = await says(shop, placed, AttemptState.CAPTURED, charge)
        assert await told(shop, f"evt_{charge}", said) == "applied"
    assert (await sums(shop, placed), await shop.state(id_of(placed))) == ((1_000, 0), "paid")
    matter = (await matters(shop))["payment_mismatch"]["detail"]
    assert (matter["what"], matter["charge_ref"]) == ("charge_ref", "ch_2")
    assert (matter["said_minor"], matter["currency"]) == (1_000, "GBP")


async def test_charges_that_are_added_up_are_in_the_books(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await told(shop, "evt_1", await says(shop, placed, AttemptState.CAPTURED, "ch_2"))
    await told(shop, "evt_2", await says(shop, placed, AttemptState.CAPTURED, "ch_1", 2_000))
    await told(shop, "evt_3", await says(shop, placed, AttemptState.CAPTURED, "ch_2"))
    assert (await sums(shop, placed))[0] == 2_000
    assert "payment_mismatch" not in await matters(shop)


async def test_what_will_be_refunded_is_the_charge_that_took_the_money(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1})
    await told(shop, "evt_1", await says(shop, placed, AttemptState.PENDING, "ch_declined"))
    assert await charge_of(shop) == "ch_declined"
    await told(shop, "evt_2", await says(shop, placed, AttemptState.CAPTURED, "ch_paid"))
    assert (await sums(shop, placed), await charge_of(shop)) == ((1_000, 0), "ch_paid")
    assert await matters(shop) == {}


async def test_what_was_paid_in_another_currency_is_not_closed_for_ever(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 1}, "bank_transfer")
    again = await paying_again(shop, placed, "stripe")
    await shop.fault("wrong_currency")
    await shop.at_bank(placed | again, "pay")
    await rest(shop)
    assert (await matters(shop))["payment_mismatch"]["detail"]["what"] == "currency"
    await transferred(shop, placed, 1_000, "FT1")
    for _ in range(3):
        later(minutes=1)
        await shop.try_again()
    assert (await shop.state(id_of(placed)), await shop.count("pgqueuer")) == ("paid", 0)
