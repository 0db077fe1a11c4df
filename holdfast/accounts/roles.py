"""Who may do what: one table of actions and roles, one of what they need. Every route names its action.

A permission is a word that an action needs beside the role. Members of the staff hold those they were
granted, admins all of them, everybody the one for shopping. An API key may do what its owner may, as far as
its scopes reach, which are the same words.
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

import msgspec

from holdfast.errors.people import Forbidden, PermissionMissing, Unauthenticated


class Role(StrEnum):
    """What somebody is; a guest is a buyer without an account."""

    GUEST = "guest"
    CUSTOMER = "customer"
    VENDOR = "vendor"
    STAFF = "staff"
    ADMIN = "admin"


class Permission(StrEnum):
    """What members of the staff are granted, and what API keys are narrowed to."""

    SHOP = "shop"
    """Carts, orders and payments of one's own; nobody needs to be granted it."""
    ORDERS = "orders"
    STOCK = "stock"
    REFUNDS = "refunds"
    CATALOGUE = "catalogue"
    MARKETING = "marketing"
    SETTINGS = "settings"
    REPORTS = "reports"


GRANTED = frozenset(Permission) - {Permission.SHOP}
"""Those that somebody has to be granted."""
USUAL = GRANTED - {Permission.SETTINGS}
"""What a new member of the staff holds if nobody says otherwise."""
_CLIENTS_KEPT = 4_096  # different (role, permissions, scopes), of which a shop has a few


class Action(StrEnum):
    """What can be done over HTTP."""

    BROWSE = "browse"
    SHOP = "shop"
    """Carts, checkouts, orders and payments of one's own."""
    DELIVER_WEBHOOK = "deliver_webhook"
    LOOK_AT_HEALTH = "look_at_health"
    LOG_IN = "log_in"
    """Register, log in, ask for a link, follow one."""
    MANAGE_ACCOUNT = "manage_account"
    """One's own; by a log-in, never by a key."""
    LIST_OWN_ORDERS = "list_own_orders"
    ACT_FOR_BUYERS = "act_for_buyers"
    """Carts, checkouts, orders and payments of others as if they were one's own."""
    MANAGE_PEOPLE = "manage_people"
    """What others may do, and the keys they have."""
    READ_LOCKOUTS = "read_lockouts"
    LIFT_LOCKOUTS = "lift_lockouts"
    READ_ORDERS = "read_orders"
    CANCEL_ORDERS = "cancel_orders"
    SET_ORDER_FACTS = "set_order_facts"
    """Prices, moment and reference of an order, and leaving out what buyers must give."""
    MOVE_ORDERS = "move_orders"
    SHIP = "ship"
    ISSUE_INVOICES = "issue_invoices"
    CONFIRM_CASH = "confirm_cash"
    RECORD_TRANSFER = "record_transfer"
    CAPTURE = "capture"
    REFUND = "refund"
    HANDLE_RETURNS = "handle_returns"
    EDIT_CATALOGUE = "edit_catalogue"
    MODERATE_REVIEWS = "moderate_reviews"
    READ_COUPONS = "read_coupons"
    EDIT_COUPONS = "edit_coupons"
    READ_STOCK = "read_stock"
    MOVE_STOCK = "move_stock"
    SET_STOCK_TERMS = "set_stock_terms"
    """Locations, backorder limits, thresholds."""
    READ_ATTENTION = "read_attention"
    RESOLVE_ATTENTION = "resolve_attention"
    READ_EVENTS = "read_events"
    REPLAY_EVENTS = "replay_events"
    CHANGE_SETTINGS = "change_settings"
    SELL = "sell"
    """See and send what one's own vendor has sold, and what it is owed."""
    READ_VENDORS = "read_vendors"
    MANAGE_VENDORS = "manage_vendors"
    PAY_VENDORS = "pay_vendors"
    READ_AUDIT = "read_audit"
    HANDLE_PERSONAL_DATA = "handle_personal_data"
    """Tell what is held about somebody else, and erase them."""


_EVERYBODY = frozenset(Role)
_STAFF = frozenset({Role.STAFF, Role.ADMIN})
_KNOWN = _EVERYBODY - {Role.GUEST}

MAY: dict[Action, frozenset[Role]] = {
    Action.BROWSE: _EVERYBODY,
    Action.SHOP: _EVERYBODY,
    Action.DELIVER_WEBHOOK: _EVERYBODY,
    Action.LOOK_AT_HEALTH: _EVERYBODY,
    Action.LOG_IN: _EVERYBODY,
    Action.MANAGE_ACCOUNT: _KNOWN,
    Action.LIST_OWN_ORDERS: _KNOWN,
    Action.ACT_FOR_BUYERS: _STAFF,
    Action.MANAGE_PEOPLE: frozenset({Role.ADMIN}),
    Action.READ_LOCKOUTS: _STAFF,
    Action.LIFT_LOCKOUTS: _STAFF,
    Action.READ_ORDERS: _STAFF,
    Action.CANCEL_ORDERS: _STAFF,
    Action.SET_ORDER_FACTS: _STAFF,
    Action.MOVE_ORDERS: _STAFF,
    Action.SHIP: _STAFF,
    Action.ISSUE_INVOICES: _STAFF,
    Action.CONFIRM_CASH: _STAFF,
    Action.RECORD_TRANSFER: _STAFF,
    Action.CAPTURE: _STAFF,
    Action.REFUND: _STAFF,
    Action.HANDLE_RETURNS: _STAFF,
    Action.EDIT_CATALOGUE: _STAFF,
    Action.MODERATE_REVIEWS: _STAFF,
    Action.READ_COUPONS: _STAFF,
    Action.EDIT_COUPONS: _STAFF,
    Action.READ_STOCK: _STAFF,
    Action.MOVE_STOCK: _STAFF,
    Action.SET_STOCK_TERMS: _STAFF,
    Action.READ_ATTENTION: _STAFF,
    Action.RESOLVE_ATTENTION: _STAFF,
    Action.READ_EVENTS: _STAFF,
    Action.REPLAY_EVENTS: _STAFF,
    Action.CHANGE_SETTINGS: _STAFF,
    Action.SELL: frozenset({Role.VENDOR, Role.ADMIN}),
    Action.READ_VENDORS: _STAFF,
    Action.MANAGE_VENDORS: _STAFF,
    Action.PAY_VENDORS: _STAFF,
    Action.READ_AUDIT: frozenset({Role.ADMIN}),
    Action.HANDLE_PERSONAL_DATA: _STAFF,
}


NEEDS: dict[Action, Permission | None] = {
    Action.BROWSE: None,
    Action.SHOP: Permission.SHOP,
    Action.DELIVER_WEBHOOK: None,
    Action.LOOK_AT_HEALTH: None,
    Action.LOG_IN: None,
    Action.MANAGE_ACCOUNT: None,
    Action.LIST_OWN_ORDERS: Permission.SHOP,
    Action.ACT_FOR_BUYERS: Permission.ORDERS,
    Action.MANAGE_PEOPLE: Permission.SETTINGS,
    Action.READ_LOCKOUTS: Permission.ORDERS,
    Action.LIFT_LOCKOUTS: Permission.ORDERS,
    Action.READ_ORDERS: Permission.ORDERS,
    Action.CANCEL_ORDERS: Permission.ORDERS,
    Action.SET_ORDER_FACTS: Permission.ORDERS,
    Action.MOVE_ORDERS: Permission.ORDERS,
    Action.SHIP: Permission.ORDERS,
    Action.ISSUE_INVOICES: Permission.ORDERS,
    Action.CONFIRM_CASH: Permission.ORDERS,
    Action.RECORD_TRANSFER: Permission.ORDERS,
    Action.CAPTURE: Permission.ORDERS,
    Action.REFUND: Permission.REFUNDS,
    Action.HANDLE_RETURNS: Permission.REFUNDS,
    Action.EDIT_CATALOGUE: Permission.CATALOGUE,
    Action.MODERATE_REVIEWS: Permission.MARKETING,
    Action.READ_COUPONS: Permission.MARKETING,
    Action.EDIT_COUPONS: Permission.MARKETING,
    Action.READ_STOCK: Permission.STOCK,
    Action.MOVE_STOCK: Permission.STOCK,
    Action.SET_STOCK_TERMS: Permission.STOCK,
    Action.READ_ATTENTION: Permission.ORDERS,
    Action.RESOLVE_ATTENTION: Permission.ORDERS,
    Action.READ_EVENTS: Permission.ORDERS,
    Action.REPLAY_EVENTS: Permission.ORDERS,
    Action.CHANGE_SETTINGS: Permission.SETTINGS,
    Action.SELL: Permission.SHOP,
    Action.READ_VENDORS: Permission.ORDERS,
    Action.MANAGE_VENDORS: Permission.SETTINGS,
    Action.PAY_VENDORS: Permission.REFUNDS,
    Action.READ_AUDIT: Permission.SETTINGS,
    Action.HANDLE_PERSONAL_DATA: Permission.SETTINGS,
}
"""The permission that each action needs beside the role; None where neither people nor keys need one."""

BY_LOGIN = frozenset({Action.MANAGE_ACCOUNT, Action.MANAGE_PEOPLE})
"""What a key never does, whatever its scopes: who has stolen one cannot make another."""


class Principal(msgspec.Struct, frozen=True):
    """Who asks: ``id`` is a user's, or ``guest``; ``session_id`` is there for a log-in, ``key_id`` for a key.

    ``permissions`` are those that count for this request (``permissions_of``); ``vendor_id`` is whose goods
    somebody of this role sells.
    """

    id: str
    role: Role
    session_id: str | None = None
    permissions: frozenset[Permission] = frozenset()
    key_id: str | None = None
    vendor_id: str | None = None

    @property
    def is_staff(self) -> bool:
        return self.role in _STAFF

    @property
    def customer_id(self) -> str | None:
        """Whose the carts and orders are that they make; None for guests, and for staff, who make others'."""
        return self.id if self.role in (Role.CUSTOMER, Role.VENDOR) else None


GUEST = Principal("guest", Role.GUEST, permissions=frozenset({Permission.SHOP}))


def permissions_of(
    role: str, granted: Iterable[str], scopes: Iterable[str] | None = None
) -> frozenset[Permission]:
    """What somebody of this role holds, by a key no more than its scopes (None: all)."""
    return _permissions(role, tuple(granted), None if scopes is None else tuple(scopes))


@lru_cache(maxsize=_CLIENTS_KEPT)
def _permissions(
    role: str, granted: tuple[str, ...], scopes: tuple[str, ...] | None
) -> frozenset[Permission]:
    """Kept, because every request asks."""
    held = {Permission.SHOP}
    if role == Role.ADMIN:
        held |= GRANTED
    elif role == Role.STAFF:
        held |= {Permission(word) for word in granted}
    return frozenset(held if scopes is None else held.intersection(scopes))


def may(principal: Principal, action: Action) -> bool:
    """Whether the tables allow it."""
    return _has_role(principal, action) and _lacks(principal, action) is None and _is_there(principal, action)


def check(principal: Principal, action: Action) -> None:
    """Raise Unauthenticated for a guest who would have to say who they are, a key where only a log-in does.

    Raise Forbidden for a role that may not, PermissionMissing for people and keys without the permission.
    """
    if not _has_role(principal, action):
        if principal.role is Role.GUEST:
            raise Unauthenticated(reason="This needs a log-in, or an API key (Authorization: Bearer hf_…)")
        raise Forbidden(role=principal.role, action=action)
    if not _is_there(principal, action):
        raise Unauthenticated(reason="This needs a log-in; a key does not do")
    if missing := _lacks(principal, action):
        raise PermissionMissing(permission=missing, action=action)


def _has_role(principal: Principal, action: Action) -> bool:
    return principal.role in MAY[action]


def _is_there(principal: Principal, action: Action) -> bool:
    return action not in BY_LOGIN or principal.session_id is not None


def _lacks(principal: Principal, action: Action) -> Permission | None:
    needed = NEEDS[action]
    return None if needed in principal.permissions else needed
