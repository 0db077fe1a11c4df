"""Letters of what comes after the sale: goods that come back, disputes, and money that comes too late."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from holdfast import clock
from tests.house import Json, Shop
from tests.stories.money import cancel, id_of, intents, matters, mine, receive, resolve, rest, tell
from tests.stories.people import ADA, Town, links, plain
from tests.stories.test_disputes import at_the_bank, comes_to_be, disputed
from tests.stories.test_late_money import pays_late, undecided

pytestmark = pytest.mark.anyio

DESK = "desk@example.com"
SCRIPT = '<script>alert("x")</script>'
ESCAPED = "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;"


async def new_letters(town: Town) -> list[EmailMessage]:
    """What has come since somebody looked last."""
    before = len(town.box.letters)
    await town.shop.send_letters()
    return town.box.letters[before:]


async def the_letter(town: Town, to: str = ADA) -> str:
    """The one letter to somebody that has come since then, unharmed by what people have written in it."""
    (letter,) = [x for x in await new_letters(town) if x["To"] == to]
    html = letter.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content()
    assert html.get_content().count(ESCAPED) == plain(letter).count(SCRIPT) + (SCRIPT in letter["Subject"])
    return plain(letter).replace("\r\n", "\n")


async def sent(town: Town) -> set[str]:
    """The kinds of letters that have come."""
    return {row["kind"] for row in await town.shop.fetch("SELECT kind FROM letters WHERE state = 'sent'")}


async def delivered(town: Town) -> Json:
    """Six mugs with a strange name that their buyer has."""
    shop = town.shop
    await shop.rules(desk_email=DESK, seller={"name": "Mugs Ltd", "address": [SCRIPT, "London"]})
    price = {"amount": 1_000, "currency": "GBP"}
    mug = {"slug": "p-mug", "name": SCRIPT, "variants": [{"sku": "MUG", "name": SCRIPT, "price": price}]}
    await shop.as_staff("POST", "/admin/catalog/import", {"products": [mug]})
    await receive(shop, "MUG", 6)
    placed = await shop.placed({"MUG": 6})
    await shop.pay(placed)
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/shipments", {})
    await new_letters(town)
    return placed


async def ask(shop: Shop, placed: Json) -> str:
    body = {
        "lines": [{"position": 1, "quantity": 1, "reason": "wrong_item"}],
        "comment": f"Look!\n\n{SCRIPT}",
    }
    answer = await shop.call("POST", f"/orders/{id_of(placed)}/returns", body, **mine(placed))
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["returns"][-1]["id"]
    return found


async def does(shop: Shop, return_id: str, verb: str, **body: Any) -> None:
    await shop.as_staff("POST", f"/admin/returns/{return_id}/{verb}", body)


async def came(shop: Shop, placed: Json) -> str:
    """A mug that lies on the desk again."""
    return_id = await ask(shop, placed)
    await does(shop, return_id, "decide", decision="approve")
    await does(shop, return_id, "receive", lines=[{"position": 1, "restocked": 1}])
    return return_id


async def test_who_sends_goods_back_is_told_of_every_step_and_so_is_the_desk(town: Town) -> None:
    shop, placed = town.shop, await delivered(town)
    return_id = await ask(shop, placed)
    (to_buyer, to_desk) = sorted(await new_letters(town), key=lambda letter: str(letter["To"]))
    assert f"1 \N{MULTIPLICATION SIGN} {SCRIPT}: wrong item" in plain(to_buyer)
    assert f"You have written: Look! {SCRIPT}" in plain(to_buyer)
    assert return_id in plain(to_desk)
    assert ADA not in plain(to_desk)
    for letter in (to_buyer, to_desk):
        html = letter.get_body(("html",))
        assert html is not None
        assert "<script" not in html.get_content()
        assert ESCAPED in html.get_content()
    (link,) = links(to_buyer)
    token = parse_qs(urlsplit(link).query)["token"][0]
    assert (await shop.call("GET", urlsplit(link).path, X_Holdfast_Token=token)).status_code == 200
    await does(shop, return_id, "decide", decision="approve")
    assert f"Return: {return_id}\nTo: Mugs Ltd, {SCRIPT}, London" in await the_letter(town)
    await does(shop, return_id, "receive", lines=[{"position": 1, "written_off": 1}])
    assert f"{SCRIPT}: 1 of 1" in await the_letter(town)
    await does(shop, return_id, "settle", by="refund", amount={"amount": 700, "currency": "GBP"})
    await rest(shop)
    (told, back) = await new_letters(town)
    assert "You get £7.00" in told["Subject"] + back["Subject"]
    refused = await ask(shop, placed)
    await does(shop, refused, "decide", decision="refuse", reason=f"worn {SCRIPT}")
    assert f"The reason: worn {SCRIPT}" in await the_letter(town)
    kept = await ask(shop, placed)
    await shop.call("POST", f"/orders/{id_of(placed)}/returns/{kept}/withdraw", **mine(placed))
    assert "we do not wait for it" in await the_letter(town)
    for by, says in (
        ("exchange", "we exchange"),
        ("credit", "we credit"),
        ("close", f"The reason: {SCRIPT}"),
    ):
        await does(shop, await came(shop, placed), "settle", by=by, reason=SCRIPT)
        assert says in await the_letter(town)
    assert await sent(town) == {
        "order_confirmed", "shipped", "return_requested", "return_to_decide", "return_approved",
        "return_received", "return_refunded", "refund_done", "return_refused", "return_withdrawn",
        "return_exchanged", "return_credited", "return_closed",
    }  # fmt: skip
    assert await new_letters(town) == []


async def test_the_desk_is_told_of_a_dispute_until_when_to_answer_and_how_it_ended(town: Town) -> None:
    shop = town.shop
    await shop.rules(desk_email=DESK)
    await shop.fault("webhook_duplicate", count=2)
    placed = await disputed(shop)
    text = await the_letter(town, DESK)
    assert "Amount: £20.00\nAt: stripe, " in text
    assert "Answer until: " in text
    await resolve(shop, "dispute_opened", "answered")
    assert await new_letters(town) == []
    await at_the_bank(shop, placed, "won")
    await comes_to_be(shop, placed, "paid")
    assert "the bank leaves you the money" in await the_letter(town, DESK)
    other = await shop.placed({"MUG": 1})
    await shop.pay(other)
    await new_letters(town)
    claim = {"id": "dp_<script>alert(1)</script>", "object": "dispute", "status": "needs_response"}
    sums = {"amount": 1_000, "currency": "gbp", "payment_intent": (await intents(shop, other))[0]["id"]}
    for status in ("needs_response", "needs_response", "lost", "lost"):
        await tell(shop, "charge.dispute.updated", claim | sums | {"status": status})
        if status == "needs_response":
            await shop.send_letters()
    await rest(shop)
    await shop.send_letters()
    opened, lost = (x for x in town.box.to(DESK)[2:])
    for letter, says in ((opened, "Answer it at the provider"), (lost, "for good")):
        html = letter.get_body(("html",))
        assert html is not None
        assert says in plain(letter)
        assert "&lt;script&gt;alert(1)" in html.get_content()
    assert await sent(town) == {
        "order_confirmed", "dispute_evidence_due", "dispute_won", "dispute_opened", "dispute_lost",
    }  # fmt: skip


async def test_the_desk_is_told_once_more_before_a_dispute_has_to_be_answered(town: Town) -> None:
    shop = town.shop
    await shop.rules(desk_email=DESK)
    await disputed(shop)
    assert "Answer until: " in await the_letter(town, DESK)
    ((due_at,),) = await shop.fetch("SELECT due_at FROM disputes")
    clock.stop(due_at - timedelta(hours=48, minutes=1))
    await shop.sweep()
    await new_letters(town)
    assert "dispute_due_soon" not in await sent(town)
    clock.stop(due_at - timedelta(hours=48))
    for _ in range(2):
        await shop.sweep()
    assert "nobody has said yet that this dispute was answered" in await the_letter(town, DESK)
    await resolve(shop, "dispute_opened", "answered")
    clock.go()
    other = await shop.placed({"MUG": 1})  # of this one the staff have just been told
    await shop.pay(other)
    await at_the_bank(shop, other, "opened")
    await comes_to_be(shop, other, "disputed")
    await new_letters(town)
    await shop.fetch("UPDATE disputes SET due_at = now() + interval '1 day' WHERE state = 'evidence_due'")
    await shop.sweep()
    await new_letters(town)
    assert await shop.fetch("SELECT state FROM letters WHERE kind = 'dispute_due_soon'") == [("sent",)]


async def test_who_pays_too_late_is_told_what_was_decided_also_after_the_order_has_ended(town: Town) -> None:
    shop = town.shop
    await shop.rules(desk_email=DESK)
    placed = await undecided(shop)
    told = await new_letters(town)
    assert "Somebody of us looks at it now" in "".join(plain(x).replace("\r\n", " ") for x in told)
    assert "late money undecided" in "".join(plain(x) for x in town.box.to(DESK))
    await resolve(shop, "late_money_undecided", "owe")
    assert "The MUG: 2\n\nWe write again when they are here." in await the_letter(town)
    await receive(shop, "MUG", 4)
    assert "is here now" in await the_letter(town)
    ended = await shop.placed({"MUG": 1})
    await cancel(shop, ended)
    await rest(shop)
    await new_letters(town)
    await pays_late(shop, ended)
    subjects = [str(letter["Subject"]) for letter in await new_letters(town)]
    assert any("had ended when your payment came" in subject for subject in subjects)
    assert any("was given back" in subject for subject in subjects)
    matter = (await matters(shop))["late_money_refunded"]
    assert (matter["subject"], matter["detail"]) == (id_of(ended), {"captured_minor": 1_000})
    await resolve(shop, "late_money_refunded", "seen")
    await pays_late(shop, ended)
    assert (await matters(shop), await new_letters(town)) == ({}, [])
    assert await shop.state(id_of(placed)) == "paid"
