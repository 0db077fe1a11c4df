"""Bank transfers for staff: what buyers sent, what was recorded, and recording another."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import clock
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.errors.request import NotFound
from holdfast.order.read_order import OrderAnswer, read_order
from holdfast.payment.by_hand.proofs import Proof, proofs_of, read_file
from holdfast.payment.by_hand.transfers import Recorded, Transfer, record_transfer, transfers_of
from holdfast.web.admin.orders import BankReference, Positive, do_to_order
from holdfast.web.session import Asked, PathId, principal_of, process_of

_ENDINGS = {"image/jpeg": "jpg", "application/pdf": "pdf"}


class Received(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Money that stands on a statement, in minor units."""

    amount: Positive
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}(?!\n)$")]


class TransferBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A transfer as it stands on the bank's statement."""

    bank_reference: BankReference
    received: Received
    value_date: date


class Transfers(msgspec.Struct, frozen=True):
    """What buyers said, and what stands on the statement."""

    proofs: list[Proof]
    transfers: list[Recorded]


@get("/orders/{order_id:str}/transfers", opt={"action": Action.RECORD_TRANSFER})
async def list_transfers(request: Asked, order_id: PathId) -> Transfers:
    """What the buyer of an order has sent, and the transfers that were recorded for it."""
    database = process_of(request).database
    if await read(database, lambda c: read_order(c, order_id)) is None:
        raise NotFound(kind="order", id=order_id)
    proofs = await read(database, lambda c: proofs_of(c, order_id=order_id))
    return Transfers(proofs, await read(database, lambda c: transfers_of(c, order_id=order_id)))


@post("/orders/{order_id:str}/transfers", status_code=200, opt={"action": Action.RECORD_TRANSFER})
async def record(request: Asked, order_id: PathId, data: JSONBody[TransferBody]) -> Response[OrderAnswer]:
    """A bank transfer has come; a large one waits for a second person. Needs an Idempotency-Key."""
    rules, actor = process_of(request).rules, principal_of(request).id
    transfer = Transfer(data.bank_reference, data.received.amount, data.received.currency, data.value_date)

    async def deed(tx: Transaction) -> None:
        await record_transfer(
            tx, order_id=order_id, transfer=transfer, rules=rules, actor=actor, at=clock.now()
        )

    return await do_to_order(request, order_id, "record_transfer", deed)


@get(
    "/transfer-proofs/{proof_id:str}",
    media_type="application/octet-stream",
    opt={"action": Action.RECORD_TRANSFER},
)
async def read_proof(request: Asked, proof_id: PathId) -> Response[bytes]:
    """The picture or PDF that a buyer sent: a stranger's file is saved, never shown as a page of ours."""
    found = await read(process_of(request).database, lambda c: read_file(c, proof_id=proof_id))
    headers = {
        "Content-Disposition": f'attachment; filename="{proof_id}.{_ENDINGS[found.media_type]}"',
    }
    return Response(found.body, media_type="application/octet-stream", headers=headers)


ROUTES = [list_transfers, record, read_proof]
