"""Coupons in a shop, and what became of their uses."""

from typing import Any

from tests.house import Json, Shop


async def couponed(shop: Shop, code: str = "SPRING", **more: Any) -> Json:
    """A coupon of ten per cent, or of what else is said."""
    body = {"kind": "percent", "percent_bp": 1_000} if "kind" not in more else {}
    return await shop.as_staff("PUT", f"/admin/coupons/{code}", {**body, **more})


async def uses(shop: Shop, code: str = "SPRING") -> tuple[int, list[str]]:
    """How often a coupon counts as used, and what became of each use, the newest first."""
    page = (await shop.as_staff("GET", "/admin/coupons"))["data"]
    (found,) = [coupon["uses"] for coupon in page if coupon["code"] == code]
    listed = (await shop.as_staff("GET", f"/admin/coupons/{code}/uses"))["data"]
    return found, [use["state"] for use in listed]
