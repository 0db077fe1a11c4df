"""The hosted page, where a buyer pays, declines, cancels, or proves who they are.

It stands for Stripe's own script in the shop's page: the client secret is all the authority that it asks
for, and where the buyer is led afterwards is the intent's return address or the page's parameter
`return_url`.
"""

import hmac
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath

from holdfast.sandbox import pages
from holdfast.sandbox.providers.stripe.account import Account
from holdfast.sandbox.providers.stripe.charges import BUYER_ACTIONS
from holdfast.sandbox.providers.stripe.gate import account_of, let_overtake
from holdfast.sandbox.providers.stripe.objects import PaymentIntent, ReturnUrl

REDIRECT_STATUS = {"succeeded": "succeeded", "requires_capture": "succeeded", "processing": "processing"}
_encode = msgspec.json.Encoder().encode
Call: TypeAlias = Request[Any, Any, Any]


class NotHereError(Exception):
    """The page cannot be shown, or the choice not made."""

    def __init__(self, status: int, message: str) -> None:
        """Refuse with this HTTP status and a sentence for the buyer."""
        super().__init__(message)
        self.status = status


def page_router() -> Router:
    """`GET` and `POST /pay/{intent}`."""
    return Router(
        "/pay",
        route_handlers=[show, choose],
        exception_handlers={NotHereError: _sorry},
    )


@get("/{intent_id:str}")
async def show(request: Call, intent_id: FromPath[str]) -> Response[Any]:
    """The page as the intent stands."""
    account = account_of(request)
    given = _read_form(request.scope["query_string"])
    return _page(request, account, _find(account, intent_id, given), given)


@post("/{intent_id:str}", status_code=200)
async def choose(request: Call, intent_id: FromPath[str]) -> Response[Any]:
    """What the buyer chose; a choice that no longer fits changes nothing: a second click is harmless."""
    account = account_of(request)
    given = _read_form(request.scope["query_string"], await request.body())
    intent = _find(account, intent_id, given)
    action = BUYER_ACTIONS.get(given.get("action", ""))
    if action is None:
        raise NotHereError(400, "That is not something that can be done here.")
    return_url = given.get("return_url", "")
    if urlsplit(return_url).scheme in ("http", "https") and account.return_urls.get(intent.id) != return_url:
        account.save(ReturnUrl(intent.id, return_url))
    if intent.status in action.allowed:
        intent = action.act(account, intent)
        await let_overtake(account)
    home = account.return_urls.get(intent.id)
    if pages.wants_json(request) or home is None or intent.status == "requires_action":
        return _page(request, account, intent, given)
    return Response("", status_code=303, headers={**pages.HEADERS, "Location": _way_home(home, intent)})


def _read_form(*encoded: bytes) -> dict[str, str]:
    return {name: value for part in encoded for name, value in parse_qsl(part.decode("latin-1"))}


def _find(account: Account, intent_id: str, given: dict[str, str]) -> PaymentIntent:
    intent = account.intents.get(intent_id)
    if intent is None:
        raise NotHereError(404, "There is no such payment.")
    if not hmac.compare_digest(given.get("client_secret", "").encode(), intent.client_secret.encode()):
        raise NotHereError(403, "This link is not complete: its client secret does not fit the payment.")
    return intent


def _page(request: Call, account: Account, intent: PaymentIntent, given: dict[str, str]) -> Response[Any]:
    if pages.wants_json(request):
        return Response(_encode(intent), media_type="application/json")
    return pages.render(
        "pay.html",
        intent=intent,
        return_url=given.get("return_url", ""),
        way_home=_way_home(account.return_urls[intent.id], intent)
        if intent.id in account.return_urls
        else None,
    )


def _sorry(request: Call, error: NotHereError) -> Response[Any]:
    if pages.wants_json(request):
        body = {"error": {"type": "invalid_request_error", "message": str(error)}}
        return Response(_encode(body), status_code=error.status, media_type="application/json")
    return pages.render("sorry.html", status_code=error.status, status=error.status, message=str(error))


def _way_home(return_url: str, intent: PaymentIntent) -> str:
    """The return address with the three parameters that Stripe appends."""
    parts = urlsplit(return_url)
    told = {
        "payment_intent": intent.id,
        "payment_intent_client_secret": intent.client_secret,
        "redirect_status": REDIRECT_STATUS.get(intent.status, "failed"),
    }
    query = "&".join(text for text in (parts.query, urlencode(told)) if text)
    return urlunsplit(parts._replace(query=query))
