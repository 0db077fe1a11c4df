"""The control API under /_sandbox/: how a person or a test makes the sandbox misbehave.

Owns its addresses and JSON; leaves to each bank what an action or a fault does.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.params import FromPath
from msgspec import Meta, Struct

from holdfast.sandbox.faults import Fault, Faults
from holdfast.sandbox.journal import Line

Call = Request[Any, Any, Any]


class PaymentRow(Struct, frozen=True, kw_only=True):
    """One payment as the first page lists it."""

    bank: str
    id: str
    amount: int
    currency: str
    status: str
    description: str
    page: str
    created: int


class NoSuchThingError(LookupError):
    """No bank knows this id, or this action."""


class NotNowError(ValueError):
    """The thing is in a state that does not allow the action."""


class Bank(Protocol):
    """What every provider's stand-in offers to the rest of the sandbox."""

    name: str
    faults: Faults

    def routers(self) -> Sequence[Router]:
        """Its own API and hosted page."""
        ...

    def restore(self, line: Line) -> None:
        """Put back an object of the journal."""
        ...

    def resume(self) -> None:
        """Go on delivering, once the loop runs."""
        ...

    def stop(self) -> None:
        """Forget what was to happen later."""
        ...

    def state(self) -> Mapping[str, object]:
        """Settings, counts, faults, and what has not been delivered."""
        ...

    def latest(self, limit: int) -> Sequence[PaymentRow]:
        """Its last payments, newest first."""
        ...

    def knows(self, thing_id: str) -> bool:
        """Whether a payment, refund or event with this id is its own."""
        ...

    def arm(self, fault: Fault) -> bool:
        """Arm a fault; true if its moment had passed already and it struck at once."""
        ...

    def act(self, thing_id: str, action: str) -> Struct:
        """Do as a buyer or a bank would; raises NoSuchThingError or NotNowError."""
        ...

    def resend(self, event_id: str) -> None:
        """Deliver an event once more."""
        ...

    def change_settings(self, change: Mapping[str, object]) -> Struct:
        """Change what is given; raises msgspec.ValidationError."""
        ...


class FaultRequest(Fault, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault, and at which bank."""

    bank: Annotated[str, Meta(max_length=40)] = "stripe"


def control_router() -> Router:
    """The control API over the banks that the application has in its `opt`."""
    return Router(
        "/_sandbox",
        route_handlers=[state, arm_fault, clear_faults, act_on_payment, act_on_refund, resend, settings],
        exception_handlers={
            NoSuchThingError: _refuse_404,
            NotNowError: _refuse_409,
            msgspec.ValidationError: _refuse_400,
            msgspec.DecodeError: _refuse_400,
            OverflowError: _refuse_400,
        },
    )


@get("/state")
async def state(request: Call) -> Response[bytes]:
    """What every bank holds now."""
    return _json({bank.name: bank.state() for bank in _banks(request)})


@post("/faults", status_code=201)
async def arm_fault(request: Call) -> Response[bytes]:
    """Arm a fault."""
    wanted = msgspec.json.decode(await request.body(), type=FaultRequest)
    fault = msgspec.convert({name: getattr(wanted, name) for name in Fault.__struct_fields__}, type=Fault)
    struck = _named(request, wanted.bank).arm(fault)
    return _json({"armed": not struck, "struck": struck, "fault": fault}, status=201)


@delete("/faults", status_code=200)
async def clear_faults(request: Call) -> Response[bytes]:
    """Disarm all faults of all banks."""
    for bank in _banks(request):
        bank.faults.clear()
    return _json({"faults": []})


@post("/payments/{thing_id:str}/{action:str}", status_code=200)
async def act_on_payment(request: Call, thing_id: FromPath[str], action: FromPath[str]) -> Response[bytes]:
    """Do as the buyer or the buyer's bank would."""
    return _json(_owner(request, thing_id).act(thing_id, action))


@post("/refunds/{thing_id:str}/{action:str}", status_code=200)
async def act_on_refund(request: Call, thing_id: FromPath[str], action: FromPath[str]) -> Response[bytes]:
    """Let a refund succeed or fail."""
    return _json(_owner(request, thing_id).act(thing_id, action))


@post("/webhooks/{event_id:str}/resend", status_code=202)
async def resend(request: Call, event_id: FromPath[str]) -> Response[bytes]:
    """Deliver an event once more."""
    _owner(request, event_id).resend(event_id)
    return _json({"resent": event_id}, status=202)


@put("/settings")
async def settings(request: Call) -> Response[bytes]:
    """Change a bank's settings while it runs; `bank` is stripe unless said."""
    change = msgspec.json.decode(await request.body(), type=dict[str, object])
    return _json(_named(request, str(change.pop("bank", "stripe"))).change_settings(change))


def _banks(request: Call) -> tuple[Bank, ...]:
    banks: tuple[Bank, ...] = request.route_handler.opt["banks"]
    return banks


def _named(request: Call, name: str) -> Bank:
    for bank in _banks(request):
        if bank.name == name:
            return bank
    raise NoSuchThingError(f"no bank called {name}")


def _owner(request: Call, thing_id: str) -> Bank:
    for bank in _banks(request):
        if bank.knows(thing_id):
            return bank
    raise NoSuchThingError(f"no bank knows {thing_id}")


def _json(value: object, *, status: int = 200) -> Response[bytes]:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def _refuse_400(_: Call, error: Exception) -> Response[bytes]:
    return _json({"error": str(error)}, status=400)


def _refuse_404(_: Call, error: Exception) -> Response[bytes]:
    return _json({"error": str(error)}, status=404)


def _refuse_409(_: Call, error: Exception) -> Response[bytes]:
    return _json({"error": str(error)}, status=409)
