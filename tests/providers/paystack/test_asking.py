"""What the adapter asks of Paystack: once under each reference, in hundredths (gateways.md §4.1, §4.2)."""

import httpx
import pytest

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Refused, Said, Unknown, redirect
from tests.providers.paystack.things import (
    BANK,
    KEY,
    REFERENCE,
    Json,
    adapter,
    new_ask,
    no,
    paid,
    transaction,
    yes,
)
from tests.providers.sandbox_server import Sandbox
from tests.providers.told_server import Told

pytestmark = pytest.mark.anyio

PAGE = "https://checkout.paystack.com/0peioxfhpn"


def made(reference: str, **changes: object) -> Json:
    data = {"authorization_url": PAGE, "access_code": "0peioxfhpn", "reference": reference}
    return yes(data | changes)


async def test_a_transaction_is_asked_for_as_the_documentation_says(
    script: Told, client: httpx.AsyncClient
) -> None:
    ask = new_ask()
    reference = ask.attempt_id.replace("_", "")
    script.answer(200, made(reference))
    said = await adapter(client, script.url, secret_keys=(KEY, "sk_test_older")).create(ask)
    ((method, path, headers, asked),) = script.asked
    assert (method, path) == ("POST", "/transaction/initialize")
    assert headers["authorization"] == f"Bearer {KEY}"
    assert asked == {
        "email": "ama@example.com",
        "amount": "2599",
        "currency": "GHS",
        "reference": reference,
        "callback_url": ask.return_url,
        "metadata": {
            "order_id": ask.order_id,
            "attempt_id": ask.attempt_id,
            "cancel_action": ask.return_url,
        },
    }
    assert said == Said(
        provider_ref=reference,
        state=AttemptState.PENDING,
        amount_minor=2599,
        currency="GHS",
        live=False,
        reference=ask.attempt_id,
        next_action=redirect(PAGE),
    )


@pytest.mark.parametrize(
    ("amount", "currency", "sent"), [(655, "XOF", "65500"), (100, "RWF", "10000"), (50_00, "NGN", "5000")]
)
async def test_amounts_are_hundredths_of_every_currency(
    script: Told, client: httpx.AsyncClient, amount: int, currency: str, sent: str
) -> None:
    script.answer(500, b"")
    paystack = adapter(client, script.url, currencies=("NGN", "RWF", "XOF"))
    await paystack.create(new_ask(amount_minor=amount, currency=currency))
    assert script.asked[0][3]["amount"] == sent
    script.answer(200, yes(transaction(amount=int(sent), currency=currency)))
    said = await paystack.look_up(REFERENCE)
    assert isinstance(said, Said)
    assert said.amount_minor == amount
    script.answer(200, yes(transaction(amount=65_550, currency="XOF")))
    assert isinstance(await paystack.look_up(REFERENCE), Unknown), "there is no half franc"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "GBP"}, "amount_not_payable"),
        ({"currency": "KWD", "amount_minor": 1_234}, "amount_not_payable"),
        ({"email": None}, "email_needed"),
    ],
    ids=str,
)
async def test_what_it_cannot_take_is_not_asked_for(
    script: Told, client: httpx.AsyncClient, change: Json, code: str
) -> None:
    answer = await adapter(client, script.url).create(new_ask(**change))
    assert isinstance(answer, Refused)
    assert (answer.code, script.asked) == (code, [])


@pytest.mark.parametrize(
    "answer",
    [
        made("another"),
        made(REFERENCE, authorization_url="javascript:alert(1)"),
        made(REFERENCE, authorization_url=None),
        yes(None),
        {"status": False, "message": "no"},
        {"status": "true", "data": {}},
    ],
    ids=str,
)
async def test_a_200_alone_is_neither_a_yes_nor_a_no(
    script: Told, client: httpx.AsyncClient, answer: Json
) -> None:
    script.answer(200, answer)
    said = await adapter(client, script.url).create(new_ask(attempt_id="att_01JD0000000000000000000001"))
    assert isinstance(said, Unknown)


async def test_a_reference_that_was_used_is_read_and_never_asked_for_anew(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    paystack, ask = adapter(client, bank.at(BANK)), new_ask()
    first = await paystack.create(ask)
    assert isinstance(first, Said)
    again = await paystack.create(ask)
    assert isinstance(again, Said)
    assert (again.provider_ref, again.state) == (first.provider_ref, AttemptState.PENDING)
    assert again.next_action is None, "the page's address comes only once"
    bank.control("POST", f"/payments/{first.provider_ref}/pay")
    after = await paystack.create(ask)
    assert isinstance(after, Said)
    assert after.state is AttemptState.CAPTURED
    assert await paystack.find(ask.attempt_id) == after


async def test_what_was_refused_and_stands_for_nothing_is_refused(
    bank: Sandbox, client: httpx.AsyncClient
) -> None:
    paystack, ask = adapter(client, bank.at(BANK)), new_ask(amount_minor=5)
    answer = await paystack.create(ask)
    assert isinstance(answer, Refused)
    assert answer.code == "invalid_amount"
    assert not paystack.can.fits(5, "GHS", None)
    assert await paystack.find(ask.attempt_id) is None


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, no("Transaction reference not found.", code="transaction_not_found")),
        (404, no("Transaction reference not found")),
    ],
    ids=str,
)
async def test_nothing_is_found_only_where_that_is_said(
    script: Told, client: httpx.AsyncClient, status: int, answer: Json
) -> None:
    paystack = adapter(client, script.url)
    script.answer(status, answer)
    assert await paystack.find("att_01JD0000000000000000000001") is None
    for status_of_other, other in ((401, no("Invalid key", code="invalid_Key")), (400, no("no"))):
        script.answer(status_of_other, other)
        assert isinstance(await paystack.find("att_01JD0000000000000000000001"), Unknown)


async def test_a_page_that_nobody_pays_stays_open(bank: Sandbox, client: httpx.AsyncClient) -> None:
    paystack = adapter(client, bank.at(BANK))
    made = await paystack.create(new_ask())
    assert isinstance(made, Said)
    closed = await paystack.close(made.provider_ref)
    assert isinstance(closed, Said)
    assert closed.state is AttemptState.PENDING
    said = await paid(paystack, bank)
    assert await paystack.close(said.provider_ref) == said
