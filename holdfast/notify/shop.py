"""What letters need to know of the shop that sends them, and what fills one."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec

from holdfast import ids
from holdfast.db.queries import Transaction
from holdfast.money import Money
from holdfast.notify.letter import in_money, in_time
from holdfast.shop_settings.rules import ShopRules
from holdfast.vault import Vault


class Sender(msgspec.Struct, frozen=True):
    """The shop as its letters show it."""

    rules: ShopRules
    base_url: str
    secret_key: str
    vault: Vault

    def money(self, money: Money) -> str:
        """An amount in the shop's locale."""
        return in_money(money, locale=self.rules.locale)

    def moment(self, moment: datetime) -> str:
        """A moment in the shop's locale."""
        return in_time(moment, locale=self.rules.locale)

    def order_link(self, order_id: str) -> str:
        """The order's page, for whoever reads the letter: a guest owns the order by this."""
        return f"{self.base_url}/orders/{order_id}?token={ids.token_for(self.secret_key, order_id)}"


class Filled(msgspec.Struct, frozen=True):
    """To whom a letter goes, and what its template is filled with."""

    to: str | None
    values: Mapping[str, object]
    stop: str | None = None


Fill: TypeAlias = Callable[[Transaction, str, Sender], Awaitable[Filled | None]]
"""Read what a subject's letter says; None when there is nothing to say."""
