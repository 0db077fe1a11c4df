"""Ways to pay that call nobody: what the buyer is to do is decided here, and staff say what came of it.

Owns the answers of everything that only staff can know or do (gateways.md §11).
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from holdfast.errors import RequestMalformed, SignatureInvalid
from holdfast.payment.provider import Ask, ProviderEvent, RefundSaid, Refused, Said, Unknown


class ByStaff:
    """Settled by staff alone; ``plan`` says what the buyer is to do."""

    live = True
    asks = False

    def __init__(self, name: str, plan: Callable[[Ask], Said]) -> None:
        self.name, self._plan = name, plan

    def plan(self, ask: Ask) -> Said:
        """What the buyer is to do; the same for the same ask."""
        return self._plan(ask)

    async def create(self, ask: Ask) -> Said | Unknown | Refused:
        """The plan: there is nobody to ask."""
        return self.plan(ask)

    async def find(self, attempt_id: str) -> Said | Unknown | None:
        """Only staff know."""
        return Unknown(f"only staff know what came for {attempt_id}")

    async def look_up(self, provider_ref: str) -> Said | Unknown | Refused:
        """Only staff, who see the account or count the till, know."""
        return Unknown(f"only staff know what came for {provider_ref}")

    async def close(self, provider_ref: str) -> Said | Unknown | Refused:
        """Nobody can be kept from paying; what comes late is late money."""
        return Refused("calls_nobody", f"nobody can stop what is sent for {provider_ref}")

    async def refund(
        self,
        refund_id: str,
        payment_ref: str,
        amount_minor: int,
        currency: str,
        again: int | None = None,  # noqa: ARG002 - nobody keeps an answer
    ) -> RefundSaid | Unknown | Refused:
        """Staff give it back and record that."""
        return Refused(
            "manual", f"{refund_id}: give {amount_minor} minor units of {currency} for {payment_ref} back"
        )

    async def find_refund(self, refund_id: str, payment_ref: str) -> RefundSaid | Unknown | None:  # noqa: ARG002
        """Nobody but staff keeps one."""
        return None

    def read_event(self, headers: Mapping[str, str], body: bytes, at: datetime) -> ProviderEvent:  # noqa: ARG002
        """Nobody signs for it: always SignatureInvalid."""
        raise SignatureInvalid

    def translate(self, body: bytes) -> ProviderEvent:
        """No event is ever stored for it: always RequestMalformed."""
        raise RequestMalformed(reason=f"{self.name} sends no events, and these are {len(body)} bytes")
