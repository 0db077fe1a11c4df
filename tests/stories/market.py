"""What stories about vendors share: somebody who sells, and what a ledger comes to."""

from typing import Any

from holdfast import clock
from holdfast.accounts.keys import create_key
from holdfast.accounts.people import join_vendor
from holdfast.db.queries import Transaction
from holdfast.db.transaction import transaction
from tests.house import Json, Shop


async def selling(shop: Shop, slug: str, commission_bp: int = 1_000) -> tuple[str, dict[str, str]]:
    """A vendor, and the headers of somebody who sells for it."""
    body = {"slug": slug, "name": f"The {slug}", "commission_bp": commission_bp}
    vendor_id: str = (await shop.as_staff("POST", "/admin/vendors", body))["id"]

    async def join(tx: Transaction) -> str:
        at = clock.now()
        person = await join_vendor(tx, email=f"{slug}@example.com", vendor_id=vendor_id, at=at)
        assert person is not None
        return (await create_key(tx, user_id=person.id, label="loom", at=at)).secret

    return vendor_id, {"Authorization": f"Bearer {await transaction(shop.database, join)}"}


async def entries(shop: Shop, who: dict[str, str]) -> list[tuple[str, int]]:
    """A vendor's ledger as (kind, minor units), oldest first."""
    found = await seen(shop, who, "/vendor/ledger")
    return [(row["kind"], row["amount"]["amount"]) for row in reversed(found["data"])]


async def owed(shop: Shop, who: dict[str, str]) -> tuple[int, int]:
    """What a vendor is owed, and what of it can be paid out, in minor units."""
    found = (await seen(shop, who, "/vendor/balance"))["data"]
    return (found[0]["owed"]["amount"], found[0]["payable"]["amount"]) if found else (0, 0)


async def seen(shop: Shop, who: dict[str, str], path: str) -> Any:
    """What somebody is shown."""
    answer = await shop.call("GET", path, **who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def done(shop: Shop, who: dict[str, str], path: str, body: object = None) -> Json:
    """What a vendor does, who is not refused."""
    answer = await shop.call("POST", path, body, **who)
    assert answer.status_code in (200, 201), answer.text
    found: Json = answer.json()
    return found
