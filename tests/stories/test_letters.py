"""Letters about orders, money and goods: who is told of what, once, and what if nobody takes them."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from holdfast import clock
from holdfast.letters import About
from holdfast.limits import LETTER_GAPS_MINUTES
from tests.api.answers import refused
from tests.house import Json, Shop
from tests.stories.money import (
    cancel,
    control,
    id_of,
    intents,
    later,
    matters,
    pay_again,
    paying_again,
    placed_ago,
    receive,
    rest,
    transferred,
)
from tests.stories.people import ADA, EVE, Town, links, plain

pytestmark = pytest.mark.anyio

DESK = "desk@example.com"


async def kinds(town: Town) -> list[tuple[str, str]]:
    """Every letter that was asked for, and how it stands."""
    rows = await town.shop.fetch("SELECT kind, state FROM letters ORDER BY created_at, kind")
    return [(row["kind"], row["state"]) for row in rows]


async def sent(town: Town) -> set[str]:
    """The kinds of letters that have come, after those that are due."""
    await town.shop.send_letters()
    return {kind for kind, state in await kinds(town) if state == "sent"}


async def last(town: Town, address: str = ADA) -> str:
    """What the newest letter says, after those that are due."""
    await town.shop.send_letters()
    return plain(town.box.last(address)).replace("\r\n", "\n")


async def pays_late(shop: Shop, placed: Json) -> None:
    """The bank collects although nobody expected it any more."""
    intent = (await intents(shop, placed))[0]
    await control(shop, f"payments/{intent['id']}/late_success")
    await rest(shop)


async def test_an_order_by_transfer_tells_how_to_pay_what_is_missing_and_what_was_too_much(
    town: Town,
) -> None:
    shop = town.shop
    await shop.rules(name="Mugs & More", locale="de_DE")
    await shop.stocked({"MUG": 9})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    text = await last(town)
    details = placed["payment"]["next_action"]
    assert f"Reference: {details['reference']}" in text
    assert "IBAN: GB33BUKB20201555555555" in text
    assert "2 \N{MULTIPLICATION SIGN} The MUG: 20,00\xa0£" in text
    assert "We keep the goods for you until" in text
    link = f"{shop.url}/orders/{id_of(placed)}?token={placed['token']}"
    assert links(town.box.last(ADA)) == [link]
    written = town.box.last(ADA).get_body(("html",))
    assert written is not None
    html = written.get_content()
    assert f'href="{link}"' in html
    assert re.search("<td[^>]*>2 \N{MULTIPLICATION SIGN} The MUG</td><td[^>]*>20,00\xa0£</td>", html)
    await transferred(shop, placed, 500, "FT1")
    text = await last(town)
    assert "5,00\xa0£" in text.replace("15,00", "")
    assert "15,00\xa0£ is missing" in text
    assert "Amount: 15,00\xa0£" in text
    await transferred(shop, placed, 1_700, "FT2")
    await rest(shop)
    assert await sent(town) == {
        "order_received", "paid_short", "paid_too_much", "order_confirmed", "refund_started",
    }  # fmt: skip
    (much,) = [x for x in town.box.letters if "too much" in str(x["Subject"])]
    assert "The 2,00\xa0£ that is too much goes back" in plain(much)
    before = len(town.box.letters)
    await shop.send_letters()
    assert len(town.box.letters) == before


async def test_a_card_order_is_confirmed_shipped_delivered_and_given_back(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 9})
    placed = await shop.placed({"MUG": 2})
    await shop.pay(placed)
    await shop.send_letters()
    assert await kinds(town) == [("order_received", "not_needed"), ("order_confirmed", "sent")]
    body = {"carrier": "Post", "tracking_number": "AB 1", "tracking_url": "https://post.example/AB1"}
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/shipments", body)
    (parcel,) = await shop.fetch("SELECT id FROM shipments")
    text = await last(town)
    assert "The MUG: 2" in text
    assert "Brought by: Post\nTracking number: AB 1" in text
    assert "Follow your parcel:\nhttps://post.example/AB1" in text
    await shop.as_staff("POST", f"/admin/shipments/{parcel['id']}/moves", {"event": "delivered"})
    assert "was delivered" in await last(town)
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund", {"reason": "chipped"})
    await shop.send_letters()
    await rest(shop)
    assert await sent(town) >= {"order_confirmed", "shipped", "delivered", "refund_started", "refund_done"}


async def test_a_payment_that_fails_and_an_order_that_runs_out_are_told_once(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 9})
    placed = await shop.placed({"MUG": 2})
    await shop.at_bank(placed, "decline")
    await shop.until_state(id_of(placed), "payment_failed")
    text = await last(town)
    assert "the payment of £20.00 for your order" in text
    assert "We keep the goods for you until" in text
    assert await kinds(town) == [("order_received", "not_needed"), ("payment_failed", "sent")]
    later(minutes=30)
    await shop.sweep()
    assert "You can still pay it" in await last(town)
    later(hours=25)
    await shop.sweep()
    await shop.sweep()
    assert await shop.state(id_of(placed)) == "cancelled"
    assert "is cancelled" in await last(town)
    assert await sent(town) == {"payment_failed", "order_expired", "order_cancelled"}
    assert len(town.box.letters) == 3


async def test_a_payment_that_fails_again_is_told_if_there_was_nothing_to_tell_the_first_time(
    town: Town,
) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 9})
    placed = await shop.placed({"MUG": 2})
    await shop.at_bank(placed, "decline")
    await shop.until_state(id_of(placed), "payment_failed")
    again = await paying_again(shop, placed)
    await shop.send_letters()
    assert await kinds(town) == [("order_received", "sent"), ("payment_failed", "not_needed")]
    await shop.at_bank(again, "decline")
    await shop.until_state(id_of(placed), "payment_failed")
    assert "did not go through" in await last(town)
    assert await sent(town) == {"order_received", "payment_failed"}
    assert len(town.box.letters) == 2


async def test_late_money_is_given_back_or_waits_for_goods_and_the_buyer_knows(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 3})
    placed = await placed_ago(shop, {"MUG": 3}, minutes=20)
    await shop.sweep()
    await shop.pay(await shop.placed({"MUG": 3}, email=EVE))
    await pays_late(shop, placed)
    await shop.send_letters()
    (sorry,) = [x for x in town.box.to(ADA) if "could not be kept" in str(x["Subject"])]
    assert "Your £30.00 goes back to you" in plain(sorry)
    await shop.rules(late_money="owe")
    await receive(shop, "MUG", 2)
    waits = await placed_ago(shop, {"MUG": 2}, minutes=20)
    await shop.sweep()
    await shop.pay(await shop.placed({"MUG": 2}, email=EVE))
    await pays_late(shop, waits)
    assert "The MUG: 2\n\nWe write again when they are here." in await last(town)
    await receive(shop, "MUG", 2)
    assert "is here now" in await last(town)
    assert await sent(town) >= {"money_too_late", "refund_done", "goods_owed", "goods_arrived"}


async def test_goods_that_are_cancelled_while_they_are_owed_are_not_told_to_have_arrived(town: Town) -> None:
    shop = town.shop
    await shop.rules(late_money="owe")
    await shop.stocked({"MUG": 3})
    placed = await placed_ago(shop, {"MUG": 2}, minutes=20)
    await shop.sweep()
    await shop.pay(await shop.placed({"MUG": 2}, email=EVE))
    await pays_late(shop, placed)
    assert "The MUG: 1\n\nWe write again when they are here." in await last(town)
    lines = {"lines": [{"position": 1, "quantity": 1}]}
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/cancel", lines)
    await rest(shop)
    await shop.send_letters()
    assert await shop.state(id_of(placed)) == "paid"
    told = {kind for kind, _ in await kinds(town)}
    assert ("goods_arrived" in told, "refund_done" in told) == (False, True)


async def test_what_was_paid_twice_is_told_and_so_is_a_refund_that_fails(town: Town) -> None:
    shop = town.shop
    await shop.rules(desk_email=DESK)
    await shop.stocked({"MUG": 9})
    placed = await shop.placed({"MUG": 2})
    assert (await pay_again(shop, placed, "bank_transfer")).status_code == 200
    await transferred(shop, placed, 2_000, "FT1")
    await pays_late(shop, placed)
    assert "paid_twice" in await sent(town)
    (twice,) = [x for x in town.box.to(ADA) if "twice" in str(x["Subject"])]
    assert "£20.00 goes back to you" in plain(twice)
    text = await last(town, DESK)
    (refund,) = await shop.fetch("SELECT id FROM refunds")
    assert f"Matter: refund by hand\nAbout: {refund['id']}\n" in text
    assert f"Order: {id_of(placed)}" in text
    other = await shop.placed({"MUG": 1})
    await shop.pay(other)
    await shop.send_letters()
    await shop.fault("refund_fails", ms=0)
    await shop.as_staff("POST", f"/admin/orders/{id_of(other)}/refund", {"reason": "chipped"})
    await rest(shop)
    assert "the payment provider could not do it" in await last(town)
    assert "refund failed" in await last(town, DESK)
    assert ADA not in "".join(plain(letter) for letter in town.box.to(DESK))


async def test_who_waits_is_told_and_can_stop_it_in_the_mail_program(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 1, "JUG": 1, "CUP": 1})
    placed = await shop.placed({"MUG": 1, "JUG": 1, "CUP": 1}, "cash_on_delivery", email=EVE)
    for sku in ("MUG", "JUG"):
        await shop.call("POST", f"/stock/{sku}/alerts", {"email": ADA})
    await receive(shop, "MUG", 5)
    await shop.sweep()
    text = await last(town)
    letter = town.box.last(ADA)
    assert f"{shop.url}/products/p-mug" in text
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    one_click = re.fullmatch(r"<(.*)>", letter["List-Unsubscribe"])
    assert one_click is not None
    assert ADA not in one_click[1]
    rows = await shop.fetch("SELECT sku FROM stock_alerts")
    assert [row["sku"] for row in rows] == ["JUG"]
    refused(await shop.client.post(one_click[1][:-4] + "AAAA"), 422, "link_invalid")
    assert await shop.count("stock_alerts") == 1
    form = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        assert (await shop.client.post(one_click[1], data=form)).status_code == 204
        assert await shop.count("stock_alerts") == 0
    await shop.call("POST", "/stock/CUP/alerts", {"email": ADA})
    await cancel(shop, placed)
    await shop.sweep()
    await shop.client.post(one_click[1], data=form)
    await shop.send_letters()
    assert len(town.box.to(ADA)) == 1


async def test_the_desk_gets_one_letter_when_several_skus_become_few(town: Town) -> None:
    shop = town.shop
    await shop.rules(desk_email=DESK, low_stock_at=3)
    await shop.stocked({"MUG": 4, "JUG": 4, "CUP": 9})
    placed = await shop.placed({"MUG": 2, "JUG": 1, "CUP": 1})
    await shop.pay(placed)
    clock.stop(datetime.now(UTC))
    await shop.sweep()
    text = await last(town, DESK)
    await shop.sweep()
    await shop.send_letters()
    assert "JUG: 3 left, alarm at 3\nMUG: 2 left, alarm at 3" in text
    assert len(town.box.to(DESK)) == 1


async def test_a_kind_that_is_switched_off_is_not_sent_and_without_an_address_nothing_is(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 9})
    await shop.rules(letters_off=["order_received"])
    await shop.placed({"MUG": 1}, "bank_transfer")
    assert await sent(town) == set()
    assert await kinds(town) == [("order_received", "not_needed")]
    answer = await shop.call("PATCH", "/admin/settings", {"letters_off": ["advertising"]}, **shop.staff)
    assert answer.status_code == 422
    answer = await shop.call("PATCH", "/admin/settings", {"locale": "xx_XX"}, **shop.staff)
    assert answer.status_code == 422
    assert shop.process.rules.letters_off == (About.ORDER_RECEIVED,)
    assert town.box.letters == []


async def test_a_domain_that_is_not_ascii_gets_its_letter_and_what_is_no_domain_is_not_tried_again(
    town: Town,
) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 9})
    for domain in ("straße.example", "\N{SNOWMAN}.example"):
        await shop.placed({"MUG": 1}, "bank_transfer", email=f"ada@{domain}")
    await shop.send_letters()
    assert await kinds(town) == [("order_received", "sent"), ("order_received", "refused")]
    (letter,) = town.box.letters
    assert letter["To"] == "ada@xn--strae-oqa.example"


async def test_a_server_that_takes_none_is_tried_at_growing_gaps_and_given_up_in_sight(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 99})
    town.box.later = 1_000
    at = datetime.now(UTC)
    clock.stop(at)
    placed = await shop.placed({"MUG": 1}, "bank_transfer")
    for gap in LETTER_GAPS_MINUTES:
        await shop.send_letters()
        tries = 1_000 - town.box.later
        at += timedelta(minutes=gap) - timedelta(seconds=1)
        clock.stop(at)
        await shop.send_letters()
        assert 1_000 - town.box.later == tries
        at += timedelta(seconds=1)
        clock.stop(at)
    assert await matters(shop) == {}
    await shop.send_letters()
    assert await kinds(town) == [("order_received", "given_up")]
    found = (await matters(shop))["letter_given_up"]
    assert found["subject"] == id_of(placed)
    assert found["detail"] == {"letter": "order_received", "tries": len(LETTER_GAPS_MINUTES) + 1}
    town.box.later = 0
    at += timedelta(days=1)
    clock.stop(at)
    await shop.send_letters()
    assert town.box.letters == []
