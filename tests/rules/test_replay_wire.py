"""What a replay sends, stocks and reads: bodies by value, and asking until somebody answers."""

import json
from collections.abc import Callable

import httpx
import pytest

from holdfast.replay.journal import Journal
from holdfast.replay.read import read_lines
from holdfast.replay.send import NobodyAnswersError, send
from holdfast.replay.stocking import to_stock
from holdfast.replay.wire import adjust_body, country_code, import_body, order_body, receive_body, slug

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def journal_of(*rows: str) -> Journal:
    return read_lines([HEADER, *rows], digest="00000000")


SMALL = journal_of(
    "536365,85123A,WHITE HANGING HEART,5,2011-07-01 08:26:00,2.55,17850,France",
    "536365,POST,POSTAGE,1,2011-07-01 08:26:00,18.00,17850,France",
    "536366,85123A,WHITE HANGING HEART,2,2011-07-01 08:28:00,2.95,,EIRE",
    "536367,21730,GLASS STAR,1,2011-07-01 08:30:00,4.25,,EIRE",
    "536368,85123A,damages,-3,2011-07-01 08:34:00,0.0,,United Kingdom",
    "536369,72140F,,-40,2011-07-01 08:35:00,0.0,,United Kingdom",
)


def test_an_order_is_sent_at_its_own_moment_and_prices_with_a_total_of_our_own() -> None:
    assert json.loads(order_body(SMALL.orders[0])) == {
        "lines": [
            {"sku": "85123A", "quantity": 5, "unit_price": {"amount": 255, "currency": "GBP"}},
            {"sku": "POST", "quantity": 1, "unit_price": {"amount": 1800, "currency": "GBP"}},
        ],
        "shipping_address": {"name": "17850", "country": "FR"},
        "shipping_option": "collect",
        "payment_method": "stripe",
        "expected_total": {"amount": 5 * 255 + 1800, "currency": "GBP"},
        "placed_at": "2011-07-01T07:26:00Z",
        "reference": "536365",
    }


def test_an_adjustment_is_sent_with_its_remark_and_takes_what_is_there() -> None:
    bodies = [json.loads(adjust_body(adjustment)) for adjustment in SMALL.adjustments]
    assert bodies[0] == {
        "lines": [{"sku": "85123A", "location": "main", "quantity": -3}],
        "reason": "damages",
        "clamp": True,
    }
    assert bodies[1]["reason"] == "no remark"


def test_a_code_becomes_a_product_with_one_variant() -> None:
    fee = next(product for product in SMALL.products if product.code == "POST")
    assert json.loads(import_body([fee]))["products"] == [
        {
            "slug": "item-post",
            "name": "POSTAGE",
            "description": "",
            "category": None,
            "variants": [
                {
                    "sku": "POST",
                    "name": "POSTAGE",
                    "price": {"amount": 1800, "currency": "GBP"},
                    "tracked": False,
                }
            ],
        }
    ]


def test_plenty_is_what_orders_want_and_stock_keepers_take() -> None:
    assert to_stock(SMALL, "plenty") == {"85123A": 10, "21730": 1, "72140F": 40}


def test_scarce_is_half_of_what_orders_want_rounded_down() -> None:
    assert to_stock(SMALL, "scarce") == {"85123A": 3}
    lines = json.loads(receive_body(to_stock(SMALL, "scarce").items()))["lines"]
    assert lines == [{"sku": "85123A", "location": "main", "quantity": 3}]


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("United Kingdom", "GB"),
        ("USA", "US"),
        ("Czech Republic", "CZ"),
        ("Hong Kong", "HK"),
        ("EIRE", "EIRE"),
        ("RSA", "RSA"),
        ("Unspecified", "Unspecified"),
        ("European Community", "European Community"),
        ("Channel Islands", "Channel Islands"),
    ],
)
def test_a_country_is_a_code_where_the_standard_knows_it(country: str, code: str) -> None:
    assert country_code(country) == code


def test_slugs_are_plain_and_no_two_codes_share_one() -> None:
    codes = ["85123A", "85123a", "M", "m", "BANK CHARGES", "BANKCHARGES", "gift_0001_20", "?", "É"]
    slugs = [slug(code) for code in codes]
    assert len(set(slugs)) == len(codes)
    assert slugs[0] == "item-85123a"
    for address in slugs:
        assert all(part.isascii() and part.isalnum() and part == part.lower() for part in address.split("-"))


def client_that_meets(
    *answers: httpx.Response | Exception,
) -> tuple[httpx.AsyncClient, Callable[[], list[str]]]:
    """A client whose server gives these answers in turn, and the keys that the server saw."""
    ahead, keys = iter(answers), []

    def serve(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        answer = next(ahead)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.AsyncClient(transport=httpx.MockTransport(serve)), lambda: keys


async def ask(client: httpx.AsyncClient, patience_s: float) -> httpx.Response:
    async with client:
        return await send(
            client,
            "POST",
            "http://shop/orders",
            headers={"Idempotency-Key": "k1"},
            patience_s=patience_s,
        )


@pytest.mark.anyio
async def test_a_server_that_comes_back_is_asked_again_with_the_same_key() -> None:
    client, keys = client_that_meets(httpx.ReadError("reset"), httpx.Response(503), httpx.Response(201))
    assert (await ask(client, 10)).status_code == 201
    assert keys() == ["k1"] * 3


@pytest.mark.anyio
async def test_a_conflict_is_asked_again_only_when_the_shop_says_so() -> None:
    client, keys = client_that_meets(
        httpx.Response(409, headers={"Retry-After": "0"}),
        httpx.Response(409, json={"code": "out_of_stock"}),
    )
    assert (await ask(client, 10)).json() == {"code": "out_of_stock"}
    assert len(keys()) == 2


@pytest.mark.anyio
async def test_patience_ends() -> None:
    client, keys = client_that_meets(httpx.ConnectError("refused"), httpx.ConnectError("refused"))
    with pytest.raises(NobodyAnswersError, match="refused"):
        await ask(client, 0.15)
    assert len(keys()) == 2
