"""What TeleBirr's answers and notifications mean in the shop's words. Pure: bytes in, facts out (§7.3-7.7).

Fields come as text or as numbers; their text as it was written is what was signed and what is read.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, field

from holdfast.payment.payment import AttemptState
from holdfast.payment.provider import Refused, Said
from holdfast.payment.wire import amounts
from holdfast.payment.wire.references import whole

NAME = "telebirr"
QUOTA = "49401021002"
"""Too many calls: no answer to what was asked."""
_DATE = "%Y%m%d%H%M%S"

# What ends up in a column: nothing that PostgreSQL's text or bigint would refuse.
Ref = Annotated[str, Meta(pattern=r"\A[!-~]{1,255}\Z")]
Maybe = Annotated[str, Meta(pattern=r"\A[!-~]{0,255}\Z")]
AmountText = Annotated[str, Meta(pattern=r"\A[0-9]{1,15}(\.[0-9]{1,4})?\Z")]
CurrencyText = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]

# The words of a query and, capitalised otherwise, those of a notification (§7.5); no word is in both.
STATES = {
    "WAIT_PAY": AttemptState.PENDING,
    "PAYING": AttemptState.PENDING,
    "ACCEPTED": AttemptState.PENDING,
    "PAY_SUCCESS": AttemptState.CAPTURED,
    "PAY_FAILED": AttemptState.FAILED,
    "ORDER_CLOSED": AttemptState.EXPIRED,
    "REFUNDING": AttemptState.CAPTURED,
    "REFUND_SUCCESS": AttemptState.CAPTURED,
    "REFUND_FAILED": AttemptState.CAPTURED,
    "Pending": AttemptState.PENDING,
    "Paying": AttemptState.PENDING,
    "Completed": AttemptState.CAPTURED,
    "Failure": AttemptState.FAILED,
    "Expired": AttemptState.EXPIRED,
}
_NOTHING = Raw(b"null")
REFUND_STATES = {"REFUND_SUCCESS": "succeeded", "REFUNDING": "pending", "REFUND_FAILED": "failed"}


class _Token(msgspec.Struct, frozen=True, rename="camel"):
    """A fabric token (§7.2)."""

    token: Annotated[str, Meta(pattern=r"\A[ -~]{1,4000}\Z")]
    effective_date: str
    expiration_date: str


class Order(msgspec.Struct, frozen=True):
    """An order as a query shows it, or a notification tells of it."""

    merch_order_id: Ref
    status: str
    total_amount: AmountText
    trans_currency: CurrencyText
    payment_order_id: Maybe = ""
    trans_id: Maybe = ""

    def says(self, *, live: bool) -> Said | None:
        """None for a status that we do not know."""
        state = STATES.get(self.status)
        if state is None:
            return None
        return Said(
            provider_ref=self.merch_order_id,
            state=state,
            amount_minor=amounts.from_text(NAME, self.total_amount, self.trans_currency),
            currency=self.trans_currency,
            live=live,
            reference=whole(self.merch_order_id),
            declined=self.status if state is AttemptState.FAILED else None,
            charge_ref=self.trans_id or None,
        )


class _Envelope(msgspec.Struct, frozen=True):
    """Every answer, yes or no, in either of its shapes (§7.3, §7.7)."""

    result: str = ""
    code: Raw = _NOTHING
    msg: Raw = _NOTHING
    biz_content: Raw = Raw(b"{}")
    error_code: Raw = field(name="errorCode", default=_NOTHING)
    error_msg: Raw = field(name="errorMsg", default=_NOTHING)


def texts(body: bytes | Raw) -> dict[str, str]:
    """An object's fields, each as the text that stands there; null is empty. Raises UNREADABLE."""
    return {name: _text(raw) for name, raw in msgspec.json.decode(body, type=dict[str, Raw]).items()}


def told(body: bytes) -> dict[str, str]:
    """A notification's fields; it may be wrapped, and what is signed as trans_id sent as transId (§7.6)."""
    fields = texts(body)
    if "sign" not in fields and "data" in fields:
        fields = texts(fields["data"].encode())
    return fields


def as_signed(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields under the names that they were signed by."""
    renamed = dict(fields)
    if "trans_id" not in renamed and "transId" in renamed:
        renamed["trans_id"] = renamed.pop("transId")
    return renamed


def order_of(fields: Mapping[str, str]) -> Order:
    """The order that an answer or a notification tells of; raises UNREADABLE."""
    status = fields.get("order_status") or fields.get("trade_status") or ""
    return msgspec.convert({**as_signed(fields), "status": status}, Order)


def token(body: bytes) -> tuple[str, int]:
    """A token, the word Bearer in it, and its seconds: both dates are in one zone, whichever it is (§7.2)."""
    found = msgspec.convert(texts(body), _Token)
    begin, end = (datetime.strptime(text, _DATE) for text in (found.effective_date, found.expiration_date))  # noqa: DTZ007
    return found.token, int((end - begin).total_seconds())


def content(body: bytes) -> dict[str, str] | Refused | None:
    """What a yes is about; a no; or neither. HTTP's 200 alone says nothing (§7.3)."""
    answer = msgspec.json.decode(body, type=_Envelope)
    if answer.result == "SUCCESS" and _text(answer.code) == "0":
        return texts(answer.biz_content)
    return _no(_text(answer.code), _text(answer.msg)) if answer.result == "FAIL" else None


def refusal(body: bytes) -> Refused | None:
    """A final no in TeleBirr's own words."""
    answer = msgspec.json.decode(body, type=_Envelope)
    if answer.result == "FAIL":
        return _no(_text(answer.code), _text(answer.msg))
    return _no(_text(answer.error_code), _text(answer.error_msg))


def _no(code: str, message: str) -> Refused | None:
    return None if code in ("", QUOTA) else Refused(code, message)


def _text(raw: Raw) -> str:
    written = bytes(raw)
    if written == b"null":
        return ""
    return msgspec.json.decode(raw, type=str) if written.startswith(b'"') else written.decode()
