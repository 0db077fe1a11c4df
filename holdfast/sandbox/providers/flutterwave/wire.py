"""What a call of either API says: its path, query, headers and JSON body, read the way that API refuses."""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from holdfast.sandbox.bank.gate import Answer, Call, HttpCall, Refused, encode
from holdfast.sandbox.providers.flutterwave.account import Account
from holdfast.sandbox.providers.flutterwave.amounts import minor

Wanted = TypeVar("Wanted")
Number: TypeAlias = Decimal
"""A JSON number, or the same as text."""

_FIELD = re.compile(r"field `([^`]*)`")
_PLACE = re.compile(r"at `\$\.([^`]*)`")


class PageInfo(Struct, frozen=True):
    """Where a list stands."""

    total: int
    current_page: int
    total_pages: int


class Page(Struct, frozen=True):
    """Beside the rows of a list."""

    page_info: PageInfo


class Yes(Struct, frozen=True, kw_only=True):
    """What a good answer says, and its status."""

    message: str
    data: Any
    meta: Page | UnsetType = UNSET
    status_code: int = 200

    def answer(self) -> Answer:
        """The envelope that both APIs use."""
        said: dict[str, Any] = {"status": "success", "message": self.message}
        if self.meta is not UNSET:
            said["meta"] = self.meta
        return Answer(self.status_code, encode(said | {"data": self.data}))


class Ask(Struct, frozen=True, kw_only=True):
    """One call."""

    account: Account
    call: Call
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    invalid: Callable[..., Refused]
    """How this API says that a request is wrong: a message, and `field`."""
    page_rows: int

    def read(self, kind: type[Wanted]) -> Wanted:
        """The body as a struct; raises Refused in this API's words."""
        try:
            return msgspec.convert(msgspec.json.decode(self.body or b"{}"), type=kind, strict=False)
        except msgspec.ValidationError as error:
            message = str(error)
            found = _FIELD.search(message) or _PLACE.search(message)
            missing = message.startswith("Object missing required field")
            raise self.invalid(
                "is required" if missing else message, field=found[1] if found else "body"
            ) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self.invalid("The request body could not be read as JSON") from error

    def money(self, given: Number, currency: str) -> int:
        """An amount of the body in minor units; raises Refused."""
        amount = minor(given, currency)
        if amount is None:
            raise self.invalid("should be a positive amount of its currency", field="amount")
        return amount

    def rows(self, things: Iterable[Any], message: str) -> Yes:
        """A page of what is given newest first."""
        found, text = [*things], self.query.get("page", "1")
        if not text.isdecimal() or text == "0":
            raise self.invalid("must be a positive number", field="page")
        page, pages = int(text), max(1, -(-len(found) // self.page_rows))
        rows = found[(page - 1) * self.page_rows : page * self.page_rows]
        return Yes(message=message, data=rows, meta=Page(PageInfo(len(found), page, pages)))


Act: TypeAlias = Callable[[Ask], Yes]


async def hear(
    request: HttpCall, account: Account, call: Call, *, invalid: Callable[..., Refused], page_rows: int
) -> Ask:
    """Take a call down."""
    path = {name: str(value) for name, value in request.path_params.items()}
    call.payment = account.bill_of(path.get("id") or request.query_params.get("tx_ref") or "")
    return Ask(
        account=account,
        call=call,
        path=path,
        query=dict(request.query_params),
        headers=dict(request.headers),
        body=await request.body(),
        invalid=invalid,
        page_rows=page_rows,
    )


def account_of(request: HttpCall, bank: str) -> Account:
    """The account that the application keeps for its bank."""
    account: Account = request.route_handler.opt[bank]
    return account
