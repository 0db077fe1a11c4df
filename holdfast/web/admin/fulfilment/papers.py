"""Papers of an order: the packing slip, and its invoice."""

import asyncio
from typing import Annotated

from litestar import Response, get, post
from litestar.params import QueryParameter

from holdfast import audit, clock, ids
from holdfast.accounts.roles import Action
from holdfast.db.queries import Transaction
from holdfast.db.transaction import read
from holdfast.fulfilment.invoice import Invoice
from holdfast.fulfilment.issue_invoice import issue_invoice
from holdfast.fulfilment.papers.packing_slip import packing_slip_pdf, read_slip
from holdfast.web.api.orders import invoice_answer, pdf_answer
from holdfast.web.session import Asked, PathId, do_once, principal_of, process_of

ShipmentId = Annotated[str | None, QueryParameter(pattern=ids.ID.pattern)]


@get(
    "/orders/{order_id:str}/packing-slip.pdf",
    media_type="application/pdf",
    opt={"action": Action.READ_ORDERS},
)
async def packing_slip(request: Asked, order_id: PathId, shipment: ShipmentId = None) -> Response[bytes]:
    """What has not left yet, or what lies in one shipment; without prices."""
    process = process_of(request)
    slip = await read(
        process.database,
        lambda c: read_slip(
            c, order_id=order_id, shipment_id=shipment, shop=process.rules.name, at=clock.now()
        ),
    )
    return pdf_answer(await asyncio.to_thread(packing_slip_pdf, slip), f"packing-slip-{slip.order.number}")


@get("/orders/{order_id:str}/invoice.pdf", media_type="application/pdf", opt={"action": Action.READ_ORDERS})
async def read_one(request: Asked, order_id: PathId) -> Response[bytes]:
    """The invoice of an order as it was issued."""
    return await invoice_answer(request, order_id)


@post("/orders/{order_id:str}/invoice", status_code=200, opt={"action": Action.ISSUE_INVOICES})
async def issue(request: Asked, order_id: PathId) -> Response[Invoice]:
    """The invoice of a paid or confirmed order, issued now if it has none. Needs an Idempotency-Key."""
    rules, actor, at = process_of(request).rules, principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Invoice:
        invoice = await issue_invoice(tx, order_id=order_id, rules=rules, actor=actor, at=at)
        await audit.record(tx, actor=actor, action="issue_invoice", subject=order_id, at=at)
        return invoice

    return await do_once(request, effect)


ROUTES = [packing_slip, read_one, issue]
