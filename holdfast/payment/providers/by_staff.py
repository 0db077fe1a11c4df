"""Ways to pay that call nobody: what the buyer is to do is decided here, and staff say what came of it.

Owns the answers of everything that only staff can know or do (gateways.md §11).
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import RequestMalformed
from holdfast.payment.provider import (
    Answer,
    Ask,
    Attempted,
    Can,
    Facts,
    ProviderEvent,
    RefundAnswer,
    RefundAsk,
    RefundSaid,
    Refused,
    Said,
    Unknown,
)


class ByStaff:
    """Settled by staff alone; ``plan`` says what the buyer is to do."""

    live = True
    asks = False

    def __init__(self, name: str, plan: Callable[[Ask], Said], can: Can) -> None:
        self.name, self.can, self._plan = name, can, plan

    def plan(self, ask: Ask) -> Said:
        """What the buyer is to do; the same for the same ask."""
        return self._plan(ask)

    async def create(self, ask: Ask) -> Answer:
        """The plan: there is nobody to ask."""
        return self.plan(ask)

    async def find(self, attempt_id: str) -> Said | Unknown | None:
        """Only staff know."""
        return Unknown(f"only staff know what came for {attempt_id}")

    async def look_up(self, provider_ref: str) -> Answer:
        """Only staff, who see the account or count the till, know."""
        return Unknown(f"only staff know what came for {provider_ref}")

    async def finish(self, attempted: Attempted) -> Answer:
        """Nobody approves anything."""
        return await self.look_up(attempted.provider_ref)

    async def capture(self, attempted: Attempted) -> Answer:
        """Nothing is set aside."""
        return Refused("calls_nobody", f"nothing is set aside for {attempted.provider_ref}", by_hand=True)

    async def close(self, provider_ref: str) -> Answer:
        """Nobody can be kept from paying; what comes late is late money."""
        return Refused("calls_nobody", f"nobody can stop what is sent for {provider_ref}")

    async def refund(self, refund: RefundAsk) -> RefundAnswer:
        """Staff give it back and record that."""
        wish = f"give {refund.amount_minor} minor units of {refund.currency} for {refund.provider_ref} back"
        return Refused("manual", f"{refund.refund_id}: {wish}", by_hand=True)

    async def find_refund(self, refund: RefundAsk) -> RefundSaid | Unknown | None:  # noqa: ARG002
        """Nobody but staff keeps one."""
        return None

    def check_return(self, params: Mapping[str, str], provider_ref: str) -> None:
        """The buyer was nowhere."""

    async def read_event(self, headers: Mapping[str, str], body: bytes, at: datetime) -> ProviderEvent:  # noqa: ARG002
        """Nobody signs for it: always SignatureInvalid."""
        raise SignatureInvalid

    def translate(self, body: bytes) -> ProviderEvent:
        """No event is ever stored for it: always RequestMalformed."""
        raise RequestMalformed(reason=f"{self.name} sends no events, and these are {len(body)} bytes")

    async def confirm(self, event: ProviderEvent) -> Facts | Unknown | None:
        """No event is ever stored for it."""
        return event.facts
