"""Who may do what: one table of actions and roles. Every route names its action."""

from enum import StrEnum

import msgspec

from holdfast.errors import Forbidden, Unauthenticated


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
    READ_ORDERS = "read_orders"
    CANCEL_ORDERS = "cancel_orders"
    SET_ORDER_FACTS = "set_order_facts"
    """Prices, moment and reference of an order, and leaving out what buyers must give."""
    CONFIRM_CASH = "confirm_cash"
    RECORD_TRANSFER = "record_transfer"
    CAPTURE = "capture"
    REFUND = "refund"
    HANDLE_RETURNS = "handle_returns"
    EDIT_CATALOGUE = "edit_catalogue"
    MOVE_STOCK = "move_stock"
    READ_ATTENTION = "read_attention"
    RESOLVE_ATTENTION = "resolve_attention"
    READ_EVENTS = "read_events"
    REPLAY_EVENTS = "replay_events"
    CHANGE_SETTINGS = "change_settings"


_EVERYBODY = frozenset(Role)
_STAFF = frozenset({Role.STAFF, Role.ADMIN})

MAY: dict[Action, frozenset[Role]] = {
    Action.BROWSE: _EVERYBODY,
    Action.SHOP: _EVERYBODY,
    Action.DELIVER_WEBHOOK: _EVERYBODY,
    Action.LOOK_AT_HEALTH: _EVERYBODY,
    Action.READ_ORDERS: _STAFF,
    Action.CANCEL_ORDERS: _STAFF,
    Action.SET_ORDER_FACTS: _STAFF,
    Action.CONFIRM_CASH: _STAFF,
    Action.RECORD_TRANSFER: _STAFF,
    Action.CAPTURE: _STAFF,
    Action.REFUND: _STAFF,
    Action.HANDLE_RETURNS: _STAFF,
    Action.EDIT_CATALOGUE: _STAFF,
    Action.MOVE_STOCK: _STAFF,
    Action.READ_ATTENTION: _STAFF,
    Action.RESOLVE_ATTENTION: _STAFF,
    Action.READ_EVENTS: _STAFF,
    Action.REPLAY_EVENTS: _STAFF,
    Action.CHANGE_SETTINGS: frozenset({Role.ADMIN}),
}


class Principal(msgspec.Struct, frozen=True):
    """Who asks: ``id`` is a user's, or ``guest``."""

    id: str
    role: Role

    @property
    def is_staff(self) -> bool:
        return self.role in _STAFF


GUEST = Principal("guest", Role.GUEST)


def may(principal: Principal, action: Action) -> bool:
    """Whether the table allows it."""
    return principal.role in MAY[action]


def check(principal: Principal, action: Action) -> None:
    """Raise Unauthenticated for a guest who would have to say who they are, Forbidden for everybody else."""
    if may(principal, action):
        return
    if principal.role is Role.GUEST:
        raise Unauthenticated(reason="This needs an API key (Authorization: Bearer hf_…)")
    raise Forbidden(role=principal.role, action=action)
