"""The control API under /_sandbox/: how a person or a test makes the sandbox misbehave.

Owns its addresses and JSON; leaves to each bank what a verb or a fault does. A payment is named by the
provider's id or by the merchant's own reference, so that no address says which bank is meant.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.params import FromPath
from msgspec import Meta

from holdfast.sandbox.bank.bank import Bank, NoSuchThingError, NotNowError, Told
from holdfast.sandbox.bank.faults import Fault
from holdfast.sandbox.config import SettingsChange, change_settings

Call = Request[Any, Any, Any]


class FaultRequest(Fault, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault, and at which bank; not needed where `payment` names one."""

    bank: Annotated[str, Meta(max_length=40)] | None = None


class SettingsRequest(SettingsChange, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change at which bank."""

    bank: Annotated[str, Meta(max_length=40)]


def control_router() -> Router:
    """The control API over the banks that the application has in its `opt`."""
    return Router(
        "/_sandbox",
        route_handlers=[
            state,
            arm_fault,
            clear_faults,
            payment,
            act_on_payment,
            act_on_refund,
            resend,
            settings,
        ],
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
    return _json({bank.name: bank.state() for bank in _banks(request).values()})


@post("/faults", status_code=201)
async def arm_fault(request: Call) -> Response[bytes]:
    """Arm a fault."""
    wanted = msgspec.json.decode(await request.body(), type=FaultRequest)
    fault = msgspec.convert({name: getattr(wanted, name) for name in Fault.__struct_fields__}, type=Fault)
    if wanted.bank is None and wanted.payment is not None:
        bank = _owner(request, wanted.payment)
    else:
        bank = _named(request, wanted.bank)
    struck = bank.arm(fault)
    return _json({"armed": not struck, "struck": struck, "fault": fault}, status=201)


@delete("/faults", status_code=200)
async def clear_faults(request: Call) -> Response[bytes]:
    """Disarm all faults of all banks."""
    for bank in _banks(request).values():
        bank.books.faults.clear()
    return _json({"faults": []})


@get("/payments/{thing_id:str}")
async def payment(request: Call, thing_id: FromPath[str]) -> Response[bytes]:
    """One payment in words that all banks share, with the address of its hosted page."""
    return _json(_owner(request, thing_id).payment(thing_id))


@post("/payments/{thing_id:str}/{verb:str}", status_code=200)
async def act_on_payment(request: Call, thing_id: FromPath[str], verb: FromPath[str]) -> Response[bytes]:
    """Do as the buyer or the buyer's bank would."""
    return await _act(request, thing_id, verb)


@post("/refunds/{thing_id:str}/{verb:str}", status_code=200)
async def act_on_refund(request: Call, thing_id: FromPath[str], verb: FromPath[str]) -> Response[bytes]:
    """Let a refund succeed or fail."""
    return await _act(request, thing_id, verb)


@post("/webhooks/{event_id:str}/resend", status_code=202)
async def resend(request: Call, event_id: FromPath[str]) -> Response[bytes]:
    """Deliver an event once more."""
    _owner(request, event_id).resend(event_id)
    return _json({"resent": event_id}, status=202)


@put("/settings")
async def settings(request: Call) -> Response[bytes]:
    """Change a bank's settings while it runs."""
    wanted = msgspec.json.decode(await request.body(), type=SettingsRequest)
    bank = _named(request, wanted.bank)
    given = {name: getattr(wanted, name) for name in SettingsChange.__struct_fields__}
    change_settings(bank.books.settings, SettingsChange(**given))
    return _json(bank.books.settings)


async def _act(request: Call, thing_id: str, verb: str) -> Response[bytes]:
    told = msgspec.json.decode(await request.body() or b"{}", type=Told)
    return _json(_owner(request, thing_id).act(thing_id, verb, told))


def _banks(request: Call) -> Mapping[str, Bank]:
    banks: Mapping[str, Bank] = request.route_handler.opt["banks"]
    return banks


def _named(request: Call, name: str | None) -> Bank:
    banks = _banks(request)
    if name is None or name not in banks:
        raise NoSuchThingError(f"say which bank: {', '.join(banks)}")
    return banks[name]


def _owner(request: Call, thing_id: str) -> Bank:
    for bank in _banks(request).values():
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
