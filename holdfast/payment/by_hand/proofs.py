"""What a buyer says about a transfer: the bank's reference, a picture or PDF of the receipt.

A hint for the staff, never proof of money. Owned by the attempt it was sent for; personal data,
so it can be erased.
"""

from datetime import datetime

import msgspec

from holdfast import ids
from holdfast.attention.matters import Kind, Matter, open_matters
from holdfast.db.queries import Connection, Many, Maybe, One, Queries, Transaction
from holdfast.errors.request import NotFound, TooMany
from holdfast.limits import TRANSFER_PROOFS_MAX
from holdfast.payment.by_hand.lock_attempt import lock_attempt
from holdfast.payment.by_hand.transfers import TRANSFER, written
from holdfast.uploads import Upload


class Proof(msgspec.Struct, frozen=True):
    """What a buyer sent, without the file; ``media_type`` is None where there is none."""

    id: str
    order_id: str
    bank_reference: str | None
    media_type: str | None
    at: datetime


class ProofFile(msgspec.Struct, frozen=True):
    """The file itself."""

    media_type: str
    body: bytes


class sql(Queries):
    count: One[int]
    add: One[str]
    of_order: Many[Proof]
    file: Maybe[ProofFile]


async def send_proof(
    tx: Transaction, *, order_id: str, bank_reference: str | None, upload: Upload | None, at: datetime
) -> Proof:
    """Keep what a buyer says about a transfer, and have the staff look at it.

    Raises NotFound, MethodUnavailable, or TooMany beyond TRANSFER_PROOFS_MAX.
    """
    _, attempt = await lock_attempt(tx, order_id=order_id, method=TRANSFER, in_use=True)
    if await sql.count(tx, attempt_id=attempt.id) >= TRANSFER_PROOFS_MAX:
        raise TooMany(what="proofs of this transfer", most=TRANSFER_PROOFS_MAX)
    reference = written(bank_reference) if bank_reference else None
    media_type = upload.media_type if upload else None
    proof_id = await sql.add(
        tx,
        id=ids.mint("prf"),
        attempt_id=attempt.id,
        bank_reference=reference,
        media_type=media_type,
        body=upload.body if upload else None,
        at=at,
    )
    await open_matters(
        tx, matters=[Matter(Kind.TRANSFER_ANNOUNCED, attempt.id, {"order_id": order_id})], at=at
    )
    return Proof(proof_id, order_id, reference, media_type, at)


async def proofs_of(connection: Connection, *, order_id: str) -> list[Proof]:
    """What the buyer has sent for an order, oldest first."""
    return await sql.of_order(connection, order_id=order_id)


async def read_file(connection: Connection, *, proof_id: str) -> ProofFile:
    """The file of one; raises NotFound."""
    found = await sql.file(connection, id=proof_id)
    if found is None:
        raise NotFound(kind="file", id=proof_id)
    return found
