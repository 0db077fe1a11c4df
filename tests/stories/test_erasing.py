"""Somebody asks what is held about them, and to be forgotten: by themselves, or by the staff for a guest."""

import base64
import io
from collections.abc import Sequence

import asyncpg
import httpx
import pytest
from PIL import Image

from holdfast.retention.person.columns import COLUMNS, Fate
from tests.api.answers import refused, rows
from tests.api.events import deliver, event, intent_of
from tests.house import ADDRESS, Json, Shop
from tests.stories.money import id_of, later, rest, sums
from tests.stories.people import ADA, EVE, PASSWORD, Town

pytestmark = pytest.mark.anyio

NAME, STREET, PHONE = "Ada Byron", "1 High Street", "+44 113 496 0000"
HOME = {**ADDRESS, "phone": PHONE}
OF_ADA = (ADA, NAME, STREET, PHONE)
BY_LAW = {place for place, fate in COLUMNS.items() if fate is Fate.KEPT_BY_LAW}


async def found(town: Town, words: Sequence[str] = OF_ADA) -> dict[str, list[str]]:
    """Every column of every table in which one of the words stands, whatever its type, with the words."""
    connection = await asyncpg.connect(town.shop.owner_url)
    places: dict[str, set[str]] = {}
    try:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        )
        for table in tables:
            for row in await connection.fetch(f'SELECT * FROM "{table["relname"]}"'):  # noqa: S608 - our own names
                for column, kept in row.items():
                    text = kept.decode("utf-8", "replace") if isinstance(kept, bytes) else str(kept)
                    named = {word for word in words if word.lower() in text.lower()}
                    if named:
                        places.setdefault(f"{table['relname']}.{column}", set()).update(named)
    finally:
        await connection.close()
    return {place: sorted(named) for place, named in sorted(places.items())}


async def done(answer: httpx.Response) -> Json:
    assert answer.status_code < 300, answer.text
    got: Json = answer.json()
    return got


async def bought(shop: Shop, who: dict[str, str], method: str = "stripe", **more: object) -> Json:
    """An order of one mug to her home; the key of the request stands beside the answer."""
    body = shop.order_body({"MUG": 1}, method, shipping_address=HOME, billing_address=HOME, **more)
    key = shop.new_key()
    placed = await done(await shop.call("POST", "/orders", body, **who, **key))
    return {**placed, "again": (body, key)}


async def delivered(shop: Shop, placed: Json) -> None:
    """It has gone all the way, and staff have written her name wherever one can write."""
    await shop.pay(placed)
    order_id = id_of(placed)
    words = {"reason": f"{NAME} called"}
    noted = {"event": "confirmed", "note": f"call {PHONE}", **words}
    await shop.as_staff("POST", f"/admin/orders/{order_id}/moves", noted)
    parcel = {
        "carrier": "Post",
        "tracking_number": "AB 1",
        "tracking_url": "https://post.example/ada@example.com",
    }
    sent = await shop.as_staff("POST", f"/admin/orders/{order_id}/shipments", {**parcel, **words})
    shipment_id = sent["shipments"][0]["id"]
    moved = {"event": "delivered", "reason": f"taken in by {NAME}"}
    await shop.as_staff("POST", f"/admin/shipments/{shipment_id}/moves", moved)


async def brought_back(shop: Shop, placed: Json, who: dict[str, str]) -> None:
    """Half of a return: asked for with words and a picture, and refused; then a refund all the same."""
    path, picture = f"/orders/{id_of(placed)}/returns", io.BytesIO()
    wish = {"lines": [{"position": 1, "quantity": 1, "reason": "damaged"}], "comment": f"{NAME}, {STREET}"}
    return_id = (await done(await shop.call("POST", path, wish, **who)))["returns"][-1]["id"]
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    photo = {"file": base64.b64encode(picture.getvalue()).decode()}
    await done(await shop.call("POST", f"{path}/{return_id}/photos", photo, **who))
    refusal = {"decision": "refuse", "reason": f"{NAME} has dropped it"}
    await shop.as_staff("POST", f"/admin/returns/{return_id}/decide", refusal)
    gift = {"amount": {"amount": 100, "currency": "GBP"}, "reason": f"for {NAME}"}
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refund", gift)


async def reviewed(shop: Shop, who: dict[str, str]) -> None:
    """What she says of the mug, and everybody can read; the desk has read one text that names no address."""
    for body in (f"Write to {ADA}", "A mug"):
        said = {"author": NAME, "stars": 5, "title": f"Sent to {STREET}", "body": body}
        review = await done(await shop.call("PUT", "/account/reviews/p-mug", said, **who))
        approval = {"decision": "approve", "version": review["version"]}
        await shop.as_staff("POST", f"/admin/reviews/{review['id']}/decide", approval)


async def live_here(town: Town) -> tuple[dict[str, str], Json, Json]:
    """Ada in every place where somebody can be: how she asks, what she bought as a guest, what is open."""
    shop = town.shop
    await shop.stocked({"MUG": 9, "JUG": 0})
    as_guest = await bought(shop, {})
    await delivered(shop, as_guest)
    await town.register(ADA)
    await town.post("/account/login", {"email": ADA, "password": "not the password"})
    ada = await town.bearer(ADA)
    await done(
        await shop.call("POST", "/account/addresses", {"address": HOME, "default_shipping": True}, **ada)
    )
    await done(await shop.call("PUT", "/account/wishlist/MUG", **ada))
    await done(await shop.call("POST", "/stock/JUG/alerts", {"email": ADA.upper()}))
    await done(
        await shop.call("POST", "/account/keys", {"name": f"{NAME}'s till", "scopes": ["shop"]}, **ada)
    )
    begun = {"lines": [{"sku": "MUG", "quantity": 2}]}
    checkout = (await done(await shop.call("POST", "/checkouts", begun, **ada)))["checkout"]
    await done(await shop.call("PATCH", f"/checkouts/{checkout['id']}", {"email": ADA}, **ada))
    await town.post("/account/password/forgot", {"email": ADA})
    mine = await bought(shop, ada)
    await delivered(shop, mine)
    await brought_back(shop, mine, ada)
    await reviewed(shop, ada)
    ended = await bought(shop, ada, "bank_transfer")
    proof = {"bank_reference": f"from {NAME}"}
    await done(await shop.call("POST", f"/orders/{id_of(ended)}/transfer-proofs", proof, **ada))
    await rest(shop)
    await named_by_others(shop, mine)
    return ada, as_guest, ended


async def named_by_others(shop: Shop, placed: Json) -> None:
    """Where no key leads: in events of the provider that say nothing to us, and in a traceback."""
    intent = await intent_of(shop, placed, "succeeded")
    for thing in (
        {"id": "cus_1", "email": ADA},
        {"id": "ch_9", "payment_intent": intent["id"], "name": NAME},
    ):
        assert (await deliver(shop, event("customer.updated", thing))).json()["state"] == "ignored"
    await shop.as_owner(
        "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, traceback)"
        " VALUES (1, 'exception', 0, 'account_letter', jsonb_build_object('trace', $1::text))",
        ADA,
    )


async def test_a_customer_reads_what_is_held_and_is_erased_once_nothing_is_open(town: Town) -> None:
    shop = town.shop
    ada, as_guest, ended = await live_here(town)
    told = await done(await shop.call("GET", "/account/data", **ada))
    assert (told["account"]["email"], told["emails"]) == (ADA, [ADA])
    assert [one["order"]["email"] for one in told["orders"]] == [ADA] * 3
    empty = {name for name, held in told.items() if held in ([], None)}
    assert empty == set(), "everything that is there is told"
    assert "password_hash" not in str(told)
    assert {"register", "order_confirmed", "shipped", "return_refused"} <= {
        one["kind"] for one in told["letters"]
    }
    everywhere = await found(town)
    assert len(everywhere) > 20
    assert {"provider_event_bodies.body", "pgqueuer_log.traceback", "idempotency_keys.answer"} < set(
        everywhere
    )

    events = [bytes(row["body"]) for row in await shop.fetch("SELECT body FROM provider_event_bodies")]
    before = await rows(shop)
    wrong = await shop.call("POST", "/account/erase", {"password": "not the password"}, **ada)
    refused(wrong, 401, "login_refused")
    answer = await shop.call("POST", "/account/erase", {"password": PASSWORD}, **ada)
    in_the_way = refused(answer, 409, "erasure_refused")["open"]
    assert {(one["what"], one["order_id"]) for one in in_the_way} == {
        ("order", id_of(ended)),
        ("attention", id_of(ended)),
    }
    assert await rows(shop) | {"login_failures": 0} == before | {"login_failures": 0}
    assert await found(town) == everywhere

    await done(await shop.call("POST", f"/orders/{id_of(ended)}/cancel", **ada))
    for matter in (await shop.as_staff("GET", "/admin/attention"))["data"]:
        step = {"step": matter["steps"][0]}
        await shop.as_staff("POST", f"/admin/attention/{matter['matter']['id']}/resolve", step)
    await rest(shop)
    erased = await done(await shop.call("POST", "/account/erase", {"password": PASSWORD}, **ada))
    assert (erased["orders"], erased["invoices_kept"]) == (3, 2)
    await rest(shop)
    assert set(await found(town)) == BY_LAW
    (mug,) = await shop.fetch("SELECT review_count, stars_sum FROM products WHERE slug = 'p-mug'")
    assert tuple(mug) == (0, 0)
    kept = await shop.fetch("SELECT document FROM invoices")
    assert {row["document"]["buyer"]["email"] for row in kept} == {ADA}
    await nothing_is_undone(town, ada, as_guest, events)


async def nothing_is_undone(town: Town, ada: dict[str, str], as_guest: Json, events: list[bytes]) -> None:
    """The books stand, what was done once is not done again, and the door is closed."""
    shop, before = town.shop, await rows(town.shop)
    refused(await shop.call("GET", "/account", **ada), 401, "unauthenticated")
    login = await shop.call("POST", "/account/login", {"email": ADA, "password": PASSWORD})
    refused(login, 401, "login_refused")
    assert await sums(shop, as_guest) == (1_000, 0)
    wish, key = as_guest["again"]
    refused(await shop.call("POST", "/orders", wish, **key), 409, "answer_erased")
    for body in events:
        assert (await deliver(shop, body)).json()["state"] == "duplicate"
    assert await rows(shop) | {"login_failures": 0, "login_places": 0} == before | {
        "login_failures": 0,
        "login_places": 0,
    }
    (deed,) = await town.audited("person.erased")
    assert deed["actor"] == deed["subject"], "by herself"
    assert deed["subject"].startswith("usr_")
    assert [row["subject"] for row in await town.audited("person.told")] == [deed["subject"]]
    again = await shop.as_staff("POST", "/admin/people/erase", {"email": ADA})
    assert again["orders"] == 0
    await town.register(ADA)
    assert await done(await shop.call("GET", "/orders", **await town.bearer(ADA)))


async def test_an_old_order_is_known_by_its_id_and_an_address_however_it_is_written(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 9})
    hers = await bought(shop, {}, email="Ada@Example.com")
    await delivered(shop, hers)
    await rest(shop)
    later(days=40)
    await shop.rules(return_days=90)
    path, token = f"/orders/{id_of(hers)}/returns", {"X-Holdfast-Token": hers["token"]}
    wish = {"lines": [{"position": 1, "quantity": 1, "reason": "damaged"}], "comment": f"{NAME}, {STREET}"}
    return_id = (await done(await shop.call("POST", path, wish, **token)))["returns"][-1]["id"]
    await done(await shop.call("POST", f"{path}/{return_id}/withdraw", **token))
    written_small = event("customer.updated", {"id": "cus_1", "email": ADA, "name": NAME})
    assert (await deliver(shop, written_small)).json()["state"] == "ignored"
    assert {"provider_event_bodies.body", "idempotency_keys.answer"} < set(await found(town))
    assert (await shop.as_staff("POST", "/admin/people/erase", {"email": "Ada@Example.com"}))["orders"] == 1
    await rest(shop)
    assert set(await found(town)) == BY_LAW


async def test_staff_erase_a_guest_and_nobody_who_works_there(town: Town) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 9})
    hers = await bought(shop, {})
    body = {"email": ADA.upper()}
    answer = await shop.call("POST", "/admin/people/erase", body, **shop.staff)
    assert refused(answer, 409, "erasure_refused")["open"][0] == {
        "what": "order", "order_id": id_of(hers), "subject": id_of(hers),
    }  # fmt: skip
    await delivered(shop, hers)
    other = await bought(shop, {}, email="ada@example.org")
    await delivered(shop, other)
    await rest(shop)
    told = await shop.as_staff("POST", "/admin/people/data", body)
    assert [one["order"]["id"] for one in told["orders"]] == [id_of(hers)]
    assert [one["document"]["buyer"]["email"] for one in told["invoices"]] == [ADA]
    assert (await shop.as_staff("POST", "/admin/people/erase", body))["orders"] == 1
    await shop.drain()
    assert set(await found(town, [ADA])) == {"shipments.tracking_url", *BY_LAW}, "in the other one's"
    assert (await shop.order(id_of(other)))["answer"]["order"]["email"] == "ada@example.org"
    (deed,) = await town.audited("person.erased")
    assert deed["subject"].startswith("ers_")
    answer = await shop.call("POST", "/admin/people/erase", {"email": "staff@example.com"}, **shop.staff)
    assert refused(answer, 409, "erasure_refused")["open"] == [{"what": "role", "subject": "admin"}]
    assert await shop.count("users") == 1


async def test_what_another_customer_bought_under_somebodys_address_is_neither_told_nor_erased(
    town: Town,
) -> None:
    shop = town.shop
    await shop.stocked({"MUG": 9})
    await town.register(EVE)
    eve = await town.bearer(EVE)
    gift = await bought(shop, eve, email=ADA)
    begun = {"lines": [{"sku": "MUG", "quantity": 1}]}
    checkout = (await done(await shop.call("POST", "/checkouts", begun, **eve)))["checkout"]
    path = f"/checkouts/{checkout['id']}"
    await done(await shop.call("PATCH", path, {"email": ADA}, **eve))
    told = await shop.as_staff("POST", "/admin/people/data", {"email": ADA})
    assert {name for name, held in told.items() if held} == {"emails"}
    assert (await shop.as_staff("POST", "/admin/people/erase", {"email": ADA}))["orders"] == 0
    assert (await shop.call("GET", f"/orders/{id_of(gift)}", **eve)).json()["order"]["email"] == ADA
    assert (await shop.call("GET", path, **eve)).json()["email"] == ADA
