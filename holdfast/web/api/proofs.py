"""What a buyer says about a bank transfer: its reference at the bank, a picture or PDF of the receipt."""

import asyncio
from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import clock
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.errors.request import FieldInvalid
from holdfast.limits import UPLOAD_BODY_BYTES_MAX
from holdfast.payment.by_hand.proofs import Proof, send_proof
from holdfast.uploads import read_upload
from holdfast.web.session import Asked, PathId, check_owner, do_once


class ProofBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At least one of both."""

    bank_reference: (
        Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^\s*[^\s\x00][^\x00]*$")] | None
    ) = None
    """As the buyer's bank writes it."""
    file: bytes | None = None
    """A JPEG, PNG or WebP picture, or a PDF, in base64 (RFC 4648 §4)."""


@post(
    "/orders/{order_id:str}/transfer-proofs",
    status_code=201,
    request_max_body_size=UPLOAD_BODY_BYTES_MAX,
    opt={"action": Action.SHOP},
)
async def send(request: Asked, order_id: PathId, data: JSONBody[ProofBody]) -> Response[Proof]:
    """Tell the shop that the money was sent, so that its staff look for it."""
    await check_owner(request, order_id, kind="order")
    if data.bank_reference is None and data.file is None:
        raise FieldInvalid(field="bank_reference", reason="give it, or a file, or both")
    upload = None
    if data.file is not None:
        upload = await asyncio.to_thread(partial(read_upload, data.file, pdf=True))
    at = clock.now()

    async def effect(tx: Transaction) -> Proof:
        return await send_proof(
            tx, order_id=order_id, bank_reference=data.bank_reference, upload=upload, at=at
        )

    return await do_once(request, effect, status=201, required=False)


ROUTES = [send]
