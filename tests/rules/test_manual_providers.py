"""Bank transfer and cash on delivery: what the buyer is told, and references that survive typing."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors.provider import SignatureInvalid
from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Ask, Provider, RefundAsk, Refused, Said, Unknown
from holdfast.payment.providers.bank_transfer import reference_for, reference_is_valid
from holdfast.payment.providers.cash_on_delivery import cash_on_delivery
from holdfast.payment.providers.offered import Wired, wire_up, with_staff
from holdfast.settings import Settings
from holdfast.shop_settings.rules import BankAccount, ShopRules
from tests.clients import http_client
from tests.providers.stripe_things import at_once

ASK = Ask(
    attempt_id="att_01KAB3YV1M0000000000000000",
    order_id="ord_01KAB3YV1M0000000000000001",
    order_number=1001,
    amount_minor=2599,
    currency="GBP",
    return_url="http://127.0.0.1:8000/orders/1001",
)
ACCOUNT = BankAccount(holder="Ann", iban="GB33BUKB20201555555555", bank="Demo Bank")
RULES = ShopRules(bank_account=ACCOUNT)
TRANSFER, CASH = with_staff({}, RULES)["bank_transfer"], cash_on_delivery(RULES)
MANUAL: list[Provider] = [TRANSFER, CASH]
ALPHABET = "123456789ABCDEFGHJKMNPQRSTVWXYZ"
attempts = st.text(min_size=1).map(lambda text: f"att_{text}")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_a_bank_transfer_tells_the_buyer_where_to_send_what_under_which_reference() -> None:
    said = TRANSFER.plan(ASK)
    assert said == Said(
        provider_ref=said.provider_ref,
        state=AttemptState.PENDING,
        amount_minor=2599,
        currency="GBP",
        live=True,
        reference=ASK.attempt_id,
        next_action={
            "type": "bank_details",
            "holder": "Ann",
            "iban": "GB33BUKB20201555555555",
            "bank": "Demo Bank",
            "reference": said.provider_ref,
            "amount": {"amount": 2599, "currency": "GBP"},
        },
    )
    assert reference_is_valid(said.provider_ref)
    assert TRANSFER.plan(ASK) == said


def test_cash_on_delivery_is_pending_and_asks_nothing_of_the_buyer() -> None:
    assert CASH.plan(ASK) == Said(
        provider_ref=ASK.attempt_id,
        state=AttemptState.PENDING,
        amount_minor=2599,
        currency="GBP",
        live=True,
        reference=ASK.attempt_id,
    )


@pytest.mark.anyio
@pytest.mark.parametrize("provider", MANUAL, ids=lambda provider: provider.name)
async def test_one_that_calls_nobody_never_says_yes_or_no_to_money(provider: Provider) -> None:
    assert (provider.asks, provider.live) == (False, True)
    assert await provider.create(ASK) == provider.plan(ASK)
    ref = provider.plan(ASK).provider_ref
    assert isinstance(await provider.look_up(ref), Unknown)
    closed = await provider.close(ref)
    refunded = await provider.refund(RefundAsk("rfd_1", ref, None, 100, "GBP"))
    assert isinstance(closed, Refused)
    assert closed.code == "calls_nobody"
    assert isinstance(refunded, Refused)
    assert refunded.code == "manual"
    with pytest.raises(SignatureInvalid):
        at_once(provider.read_event({}, b"{}", datetime.now(UTC)))


@given(attempt=attempts)
def test_a_reference_is_twelve_characters_that_cannot_be_misread(attempt: str) -> None:
    reference = reference_for(attempt)
    assert len(reference) == 12
    assert set(reference) <= set(ALPHABET)
    assert not set(reference) & set("0OILU")
    assert reference_is_valid(reference)


@given(attempt=attempts, place=st.integers(0, 11), wrong=st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(attempt: str, place: int, wrong: str) -> None:
    reference = reference_for(attempt)
    typed = reference[:place] + wrong + reference[place + 1 :]
    assert reference_is_valid(typed) is (typed == reference)


@given(attempt=attempts, one=st.integers(0, 11), other=st.integers(0, 11))
def test_two_swapped_characters_are_always_found(attempt: str, one: int, other: int) -> None:
    reference = reference_for(attempt)
    characters = list(reference)
    characters[one], characters[other] = characters[other], characters[one]
    typed = "".join(characters)
    assert reference_is_valid(typed) is (typed == reference)


@given(attempt=attempts)
def test_case_spaces_hyphens_and_the_letters_that_look_like_one_do_not_matter(attempt: str) -> None:
    reference = reference_for(attempt)
    assert reference_is_valid(f" {reference[:4]} {reference[4:8]}-{reference[8:]}".lower())
    assert reference_is_valid(reference.replace("1", "l"))


@given(text=st.text())
def test_what_somebody_typed_is_judged_and_nothing_else(text: str) -> None:
    assert reference_is_valid(text) in (True, False)


@pytest.mark.parametrize(
    "text", ["", "1", "0" * 12, "é" * 12, reference_for("a")[:11], reference_for("a") + "1"]
)
def test_what_is_no_reference_is_not_valid(text: str) -> None:
    assert not reference_is_valid(text)


@settings(max_examples=20)
@given(numbers=st.sets(st.integers(0, 10**9), min_size=200, max_size=200))
def test_references_of_different_attempts_differ(numbers: set[int]) -> None:
    assert len({reference_for(f"att_{number}") for number in numbers}) == 200


@pytest.mark.anyio
async def test_only_what_is_configured_is_there() -> None:
    async with http_client() as client:
        nobody = wire_up(Settings(), client)
        assert nobody == Wired({}, {})
        assert set(with_staff(nobody.providers, ShopRules())) == {"bank_transfer", "cash_on_delivery"}
        without_bank = ShopRules(bank_account=BankAccount(iban=""))
        assert set(with_staff(nobody.providers, without_bank)) == {"cash_on_delivery"}
        for key, live in (
            ("sk_test_1", False),
            ("rk_test_1", False),
            ("sk_live_1", True),
            ("rk_live_1", True),
        ):
            given = {"STRIPE_SECRET_KEY": key, "STRIPE_WEBHOOK_SECRETS": "whsec_1,whsec_2"}
            wired = wire_up(Settings(providers=given), client)
            providers = with_staff(wired.providers, ShopRules(payment_methods=("cash_on_delivery",)))
            assert set(providers) == {"stripe", "bank_transfer", "cash_on_delivery"}
            assert (providers["stripe"].live, providers["stripe"].asks) == (live, True)
            assert all(provider.name == name for name, provider in providers.items())


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"STRIPE_SECRET_KEY": "sk_test_1"}, "STRIPE_WEBHOOK_SECRETS"),
        ({"STRIPE_WEBHOOK_SECRETS": "whsec_1"}, "STRIPE_SECRET_KEY"),
        ({"STRIPE_WEBHOOK_SECRETS": "whsec_1, ,", "STRIPE_SECRET_KEY": "a b"}, "STRIPE_SECRET_KEY"),
        ({"STRIPE_WEBHOOK_SECRETS": " , "}, "STRIPE_WEBHOOK_SECRETS"),
        ({"STRIPE_CHECKOUT": "both"}, "STRIPE_CHECKOUT"),
        ({"STRIPE_SECRET": "sk_test_1"}, "STRIPE_SECRET"),
        ({"STRIPE_API_BASE": "ftp://x"}, "STRIPE_API_BASE"),
    ],
)
async def test_one_that_is_set_up_wrongly_is_left_out_and_named(given: dict[str, str], named: str) -> None:
    async with http_client() as client:
        wired = wire_up(Settings(providers=given), client)
    assert wired.providers == {}
    assert f"HOLDFAST_{named} is" in wired.left_out["stripe"]
    assert not [value for value in given.values() if len(value) > 6 and value in wired.left_out["stripe"]]
