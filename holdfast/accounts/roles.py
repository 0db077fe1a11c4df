"""Who may do what: one table of actions and roles. Every route names its action."""

from enum import StrEnum

import msgspec

from holdfast.errors.people import Forbidden, Unauthenticated


class Role(StrEnum):
    """What somebody is; a guest is a buyer without an account."""

    GUEST = "guest"
    CUSTOMER = "customer"
    VENDOR = "vendor"
    STAFF = "staff"
    ADMIN = "admin"


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
    READ_STOCK = "read_stock"
    MOVE_STOCK = "move_stock"
    SET_STOCK_TERMS = "set_stock_terms"
    """Locations, backorder limits, thresholds."""
    READ_ATTENTION = "read_attention"
    RESOLVE_ATTENTION = "resolve_attention"
    READ_EVENTS = "read_events"
    REPLAY_EVENTS = "replay_events"
    CHANGE_SETTINGS = "change_settings"
    READ_AUDIT = "read_audit"


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
    Action.READ_STOCK: _STAFF,
    Action.MOVE_STOCK: _STAFF,
    Action.SET_STOCK_TERMS: _STAFF,
    Action.READ_ATTENTION: _STAFF,
    Action.RESOLVE_ATTENTION: _STAFF,
    Action.READ_EVENTS: _STAFF,
    Action.REPLAY_EVENTS: _STAFF,
    Action.CHANGE_SETTINGS: frozenset({Role.ADMIN}),
    Action.READ_AUDIT: frozenset({Role.ADMIN}),
}


class Principal(msgspec.Struct, frozen=True):
    """Who asks: ``id`` is a user's, or ``guest``; ``session_id`` is there if they have logged in."""

    id: str
    role: Role
    session_id: str | None = None

    @property
    def is_staff(self) -> bool:
        return self.role in _STAFF

    @property
    def customer_id(self) -> str | None:
        """Whose the carts and orders are that they make; None for guests, and for staff, who make others'."""
        return self.id if self.role in (Role.CUSTOMER, Role.VENDOR) else None


GUEST = Principal("guest", Role.GUEST)


def may(principal: Principal, action: Action) -> bool:
    """Whether the table allows it."""
    return principal.role in MAY[action]


def check(principal: Principal, action: Action) -> None:
    """Raise Unauthenticated for a guest who would have to say who they are, Forbidden for everybody else."""
    if may(principal, action):
        return
    if principal.role is Role.GUEST:
        raise Unauthenticated(reason="This needs a log-in, or an API key (Authorization: Bearer hf_…)")
    raise Forbidden(role=principal.role, action=action)
