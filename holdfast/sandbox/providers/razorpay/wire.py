"""Requests as Razorpay reads them: the key, JSON bodies, and lists (gateways.md §3.1, §3.8)."""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from litestar import Response
from msgspec import Meta, Struct

from holdfast.sandbox.bank import gate
from holdfast.sandbox.bank.bodies import Mistake, read_json
from holdfast.sandbox.bank.gate import Answer, Call, Dialect, HttpCall, Route, encode
from holdfast.sandbox.providers.razorpay import errors
from holdfast.sandbox.providers.razorpay.account import BANK, Account

Wanted = TypeVar("Wanted")
Amount = Annotated[int, Meta(ge=1)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
NotesIn = dict[str, Any] | list[Any]

NOTES_MAX = 15
NOTE_CHARS_MAX = 256
LIST_DEFAULT, LIST_MAX = 10, 100
LEAST_INR = 100
TENS = frozenset(("BHD", "IQD", "JOD", "KWD", "OMR", "TND"))
"""Currencies with three decimals, the last of which is 0 (§1.2)."""

_KEY = re.compile(r"[A-Za-z0-9_-]{10,}")

DIALECT = Dialect(
    rate_limited=errors.rate_limited,
    conflict=errors.running,
    broken=errors.broken,
    key_reused=errors.key_reused,
)


class Ask(Struct, frozen=True):
    """One call: what its address, query and body say."""

    account: Account
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes

    def read(self, kind: type[Wanted]) -> Wanted:
        """The body as a struct; raises Refused in Razorpay's words."""
        return read_json(self.body, kind, _refused)

    def find(self, table: Mapping[str, Wanted]) -> Wanted:
        """The object that the address names; raises Refused."""
        thing = table.get(self.path["id"])
        if thing is None:
            raise errors.no_such_id()
        return thing

    def page(self, things: Iterable[Any]) -> "Collection":
        """A page of what is given newest first: `count`, `skip`, `from` and `to`."""
        count, skip = self._number("count", LIST_DEFAULT), self._number("skip", 0)
        since, until = self._number("from", 0), self._number("to", 1 << 62)
        fitting = (thing for thing in things if since <= thing.created_at <= until)
        items = [*islice(fitting, skip, skip + min(count, LIST_MAX))]
        return Collection(count=len(items), items=items)

    def _number(self, name: str, default: int) -> int:
        text = self.query.get(name, str(default))
        if not text.isdecimal():
            raise errors.invalid(f"The {name} must be an integer.", field=name)
        return int(text)


Act: TypeAlias = Callable[[Ask], Any]


class Collection(Struct, frozen=True, kw_only=True):
    """A list as the API shows it."""

    entity: Literal["collection"] = "collection"
    count: int
    items: list[Any]


async def handle(request: HttpCall, route: Route) -> Response[Any]:
    """Let a call in, act, and answer as Razorpay would."""
    account: Account = request.route_handler.opt[BANK]
    call = Call(on=route.on)

    async def read() -> gate.Act:
        _check_key(request, account.settings.keys)
        path = {name: str(value) for name, value in request.path_params.items()}
        ask = Ask(account, path, request.query_params, await request.body())
        call.payment = account.order_of(path.get("id", ""))
        key = request.headers.get("x-refund-idempotency") if route.on == "refund" else None
        if key is not None:
            if _KEY.fullmatch(key) is None:
                raise errors.invalid("The idempotency key must be at least 10 characters: A-Z a-z 0-9 _ -")
            call.key = f"{path['id']}:{key}"
            call.asked = gate.fingerprint(sorted(ask.read(dict[str, Any]).items()))
        return lambda: _act(call, route.act, ask)

    return await gate.answer(account.books, DIALECT, call, read)


def money(amount: int, currency: str) -> None:
    """Refuse an amount that the currency does not allow."""
    if currency == "INR" and amount < LEAST_INR:
        raise errors.invalid("Order amount less than minimum amount allowed", field="amount")
    if currency in TENS and amount % 10:
        raise errors.invalid("The last digit of the amount must be 0 in this currency", field="amount")


def notes(given: NotesIn) -> NotesIn:
    """Notes as they are kept: empty ones are a list."""
    if len(given) > NOTES_MAX:
        raise errors.invalid("The notes may not have more than 15 fields.", field="notes")
    if isinstance(given, list):
        if given:
            raise errors.invalid("The notes must be an object.", field="notes")
        return []
    if any(len(str(value)) > NOTE_CHARS_MAX for value in given.values()):
        raise errors.invalid("The notes may not be greater than 256 characters.", field="notes")
    return given or []


def _check_key(request: HttpCall, keys: Mapping[str, str]) -> None:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(credentials.strip(), validate=True)
    except binascii.Error:
        given = b""
    wanted = f"{keys['key_id']}:{keys['key_secret']}".encode()
    if scheme.lower() != "basic" or not hmac.compare_digest(given, wanted):
        raise errors.wrong_key()


def _act(call: Call, act: Act, ask: Ask) -> Answer:
    thing = act(ask)
    if call.on == "create":
        call.payment = ask.account.order_of(thing.id)
    return Answer(200, encode(thing))


def _refused(mistake: Mistake) -> gate.Refused:
    field = mistake.field
    match mistake.kind:
        case "unreadable":
            return errors.invalid("The request body could not be read as JSON.")
        case "missing":
            return errors.invalid(f"The {field} field is required.", field=field)
        case "unknown":
            return errors.invalid(f"{field} is/are not required and should not be sent", field=field)
        case "wrong":
            return errors.invalid(f"The {field or 'request'} is invalid: {mistake.text}", field=field)
