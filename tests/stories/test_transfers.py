"""Bank transfers: what the buyer sends, what two people agree to, and what a statement says twice."""

import base64
import io

import httpx
import pytest
from PIL import Image

from holdfast.accounts.roles import Role
from holdfast.cli.people import make_key
from tests.house import Json, Shop
from tests.stories.money import id_of, lines, matters, mine, resolve, rest, sums, transfer, transferred

pytestmark = pytest.mark.anyio


def picture(kind: str = "PNG", **more: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(written, kind, **more)
    return written.getvalue()


async def send(shop: Shop, placed: Json, **body: object) -> httpx.Response:
    return await shop.call("POST", f"/orders/{id_of(placed)}/transfer-proofs", body, **mine(placed))


async def second_person(shop: Shop) -> dict[str, str]:
    made = await make_key(shop.database, email="bea@example.com", role=Role.STAFF, label="test")
    return {"Authorization": f"Bearer {made.key}"}


async def test_a_receipt_is_kept_shown_to_staff_and_ends_with_the_transfer(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    file = base64.b64encode(picture()).decode()
    sent = await send(shop, placed, bank_reference=" ft 123 ", file=file)
    assert sent.status_code == 201, sent.text
    assert (sent.json()["bank_reference"], sent.json()["media_type"]) == ("FT123", "image/jpeg")
    assert (await matters(shop))["transfer_announced"]["detail"] == {"order_id": id_of(placed)}
    (proof,) = (await shop.as_staff("GET", f"/admin/orders/{id_of(placed)}/transfers"))["proofs"]
    shown = await shop.call("GET", f"/admin/transfer-proofs/{proof['id']}", **shop.staff)
    assert shown.headers["content-type"] == "application/octet-stream"
    assert shown.headers["content-disposition"] == f'attachment; filename="{proof["id"]}.jpg"'
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(shown.content)).size == (40, 30)
    assert (await shop.state(id_of(placed)), await sums(shop, placed)) == ("pending_payment", (0, 0))
    await transferred(shop, placed, 2_000, "FT123")
    assert (await shop.state(id_of(placed)), await matters(shop)) == ("paid", {})


async def test_only_the_buyer_sends_and_only_staff_see_a_receipt(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    path = f"/orders/{id_of(placed)}/transfer-proofs"
    assert (await shop.call("POST", path, {"bank_reference": "FT1"})).status_code == 404
    assert await shop.count("transfer_proofs") == 0
    proof = (await send(shop, placed, file=base64.b64encode(picture("JPEG")).decode())).json()
    for headers in (mine(placed), {}):
        refused = await shop.call("GET", f"/admin/transfer-proofs/{proof['id']}", **headers)
        assert refused.status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "field_invalid"),
        ({"bank_reference": "  "}, 422, "field_invalid"),
        ({"bank_reference": "x" * 65}, 422, "field_invalid"),
        ({"file": "not base64!"}, 422, "field_invalid"),
        ({"file": base64.b64encode(b"<svg onload=alert(1)>").decode()}, 422, "upload_invalid"),
        ({"file": base64.b64encode(picture("GIF")).decode()}, 422, "upload_invalid"),
        ({"file": base64.b64encode(b"x" * 5_300_000).decode()}, 422, "upload_invalid"),
        ({"file": base64.b64encode(b"x" * 5_600_000).decode()}, 413, "body_too_large"),
    ],
)
async def test_what_is_no_receipt_is_refused_and_nothing_is_kept(
    shop: Shop, body: Json, status: int, code: str
) -> None:
    await shop.stocked({"MUG": 5})
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    refused = await send(shop, placed, **body)
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert (await shop.count("transfer_proofs"), await matters(shop)) == (0, {})


async def test_a_receipt_is_for_a_transfer_and_there_are_not_too_many(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    card = await shop.placed({"MUG": 1})
    assert (await send(shop, card, bank_reference="FT1")).json()["code"] == "method_unavailable"
    placed = await shop.placed({"MUG": 1}, "bank_transfer")
    answers = [await send(shop, placed, bank_reference=f"FT{number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [409]
    assert answers[-1].json()["code"] == "too_many"
    assert await shop.count("transfer_proofs") == 5


async def test_a_large_transfer_counts_once_a_second_person_agrees(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.rules(transfer_approval_above_minor=1_999)
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, placed, 2_000, "FT1")
    assert (await shop.state(id_of(placed)), await sums(shop, placed)) == ("pending_payment", (0, 0))
    matter = (await matters(shop))["transfer_to_approve"]
    path = f"/admin/attention/{matter['id']}/resolve"
    alone = await shop.call("POST", path, {"step": "approve"}, **shop.staff)
    assert (alone.status_code, alone.json()["code"]) == (403, "second_person_needed")
    assert (await sums(shop, placed), list(await matters(shop))) == ((0, 0), ["transfer_to_approve"])
    agreed = await shop.call("POST", path, {"step": "approve"}, **await second_person(shop))
    assert agreed.status_code == 200, agreed.text
    assert (await shop.state(id_of(placed)), await sums(shop, placed)) == ("paid", (2_000, 0))
    assert (await lines(shop), await matters(shop)) == ([("committed", 2)], {})
    (row,) = (await shop.as_staff("GET", f"/admin/orders/{id_of(placed)}/transfers"))["transfers"]
    assert (row["state"], row["recorded_by"] != row["decided_by"]) == ("counted", True)


async def test_at_the_limit_one_person_is_enough(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.rules(transfer_approval_above_minor=2_000)
    placed = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, placed, 2_000, "FT1")
    assert (await shop.state(id_of(placed)), await matters(shop)) == ("paid", {})


async def test_a_transfer_that_was_refused_may_pay_the_order_it_was_really_for(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.rules(transfer_approval_above_minor=1_000)
    wrong = await shop.placed({"MUG": 2}, "bank_transfer")
    right = await shop.placed({"MUG": 2}, "bank_transfer")
    await transferred(shop, wrong, 2_000, "FT1")
    assert (await transfer(shop, right, 2_000, "ft 1")).json()["code"] == "transfer_already_used"
    await resolve(shop, "transfer_to_approve", "refuse")
    assert (await shop.state(id_of(wrong)), await sums(shop, wrong)) == ("pending_payment", (0, 0))
    await transferred(shop, right, 2_000, "FT1")
    matter = (await matters(shop))["transfer_to_approve"]
    path = f"/admin/attention/{matter['id']}/resolve"
    other = await second_person(shop)
    assert (await shop.call("POST", path, {"step": "approve"}, **other)).status_code == 200
    again = await shop.call("POST", path, {"step": "approve"}, **other)
    assert (again.status_code, again.json()["code"]) == (409, "already_resolved")
    await rest(shop)
    assert (await sums(shop, right), await shop.count("ledger")) == ((2_000, 0), 1)


async def test_cash_that_is_refused_at_the_door_cancels_the_order_and_frees_its_units(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2}, "cash_on_delivery")
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/confirm-cash")
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/refuse-cash", {"reason": "not at home"})
    seen = await shop.order(id_of(placed))
    assert (seen["answer"]["order"]["state"], seen["answer"]["payment"]["state"]) == (
        "cancelled",
        "cancelled",
    )
    assert (seen["timeline"][-1]["reason"], await shop.available("MUG")) == ("not at home", 2)
    (attempt,) = await shop.fetch("SELECT state FROM payment_attempts")
    assert attempt["state"] == "cancelled"


async def test_cash_that_was_collected_cannot_be_refused_any_more(shop: Shop) -> None:
    await shop.stocked({"MUG": 2})
    placed = await shop.placed({"MUG": 2}, "cash_on_delivery")
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/confirm-cash")
    await shop.as_staff("POST", f"/admin/orders/{id_of(placed)}/collect-cash", {"collected_minor": 2_000})
    path = f"/admin/orders/{id_of(placed)}/refuse-cash"
    refused = await shop.call("POST", path, {}, **shop.staff)
    assert (refused.status_code, refused.json()["code"]) == (409, "move_refused")
    assert (await shop.state(id_of(placed)), await sums(shop, placed)) == ("confirmed", (2_000, 0))


async def test_cash_is_offered_up_to_its_limit_and_only_where_couriers_take_it(shop: Shop) -> None:
    await shop.stocked({"MUG": 5})
    await shop.rules(cash_on_delivery={"most_minor": 1_000, "countries": ["GB"]})
    too_dear = await shop.place({"MUG": 2}, "cash_on_delivery")
    assert (too_dear.status_code, too_dear.json()["code"]) == (422, "method_unavailable")
    abroad = {"name": "A", "line1": "1 Rue", "city": "Paris", "postal_code": "75008", "country": "FR"}
    too_far = await shop.place({"MUG": 1}, "cash_on_delivery", shipping_address=abroad)
    assert (too_far.status_code, too_far.json()["code"]) == (422, "method_unavailable")
    assert await shop.count("orders") == 0
    assert (await shop.place({"MUG": 1}, "cash_on_delivery")).status_code == 201
    path = "/payment-methods?currency=GBP&amount=1001&country=GB"
    offered = (await shop.call("GET", path)).json()["data"]
    assert "cash_on_delivery" not in [method["name"] for method in offered]
