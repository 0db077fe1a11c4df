"""The hosted page, where a buyer pays, declines, cancels, or proves who they are; one for all banks.

Owns how it looks and what a click does; leaves to each bank whose page it is and where it leads back to.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from litestar import Response, Router, get, post
from msgspec import Struct

from holdfast.sandbox import pages
from holdfast.sandbox.bank.bank import BUYER_VERBS, NotNowError, Told, Verb
from holdfast.sandbox.bank.books import Books
from holdfast.sandbox.bank.gate import HttpCall, encode, let_overtake

PageStage = Literal["open", "proof", "held", "paid", "waiting", "over"]
"""To pay, to prove who one is, authorised, paid, under way, and ended without money."""


class Home(Struct, frozen=True):
    """Where the buyer is led from the page: a link, or a form when the provider posts to the shop."""

    url: str
    fields: Mapping[str, str] | None = None


class View(Struct, frozen=True, kw_only=True):
    """What the page shows."""

    bank: str
    """The provider's name."""
    payment: str
    stage: PageStage
    amount: int
    """What is to pay, or was paid or set aside, in minor units."""
    currency: str
    notice: str = ""
    """Why the last try failed."""
    facts: tuple[tuple[str, str], ...] = ()
    """What the payment is for: labels and values."""
    fields: Mapping[str, str] = {}
    """What the form hands on with a click."""
    home: Home | None = None
    thing: Any
    """The payment as the API shows it, for callers that want JSON."""


class Page(Struct, frozen=True, kw_only=True):
    """What the page needs of a bank."""

    path: str
    """Below the bank's base URL; a part of it may be a path parameter."""
    find: Callable[[Mapping[str, str]], str]
    """The payment that path, query and form name; raises NotHereError."""
    view: Callable[[str, Mapping[str, str]], View]
    """The page of a payment as it stands, given the same parameters."""
    verbs: Mapping[str, Verb]


class NotHereError(Exception):
    """The page cannot be shown, or the choice not made."""

    def __init__(self, status: int, message: str) -> None:
        """Refuse with this HTTP status and a sentence for the buyer."""
        super().__init__(message)
        self.status = status


def page_router(books: Books, page: Page) -> Router:
    """`GET` and `POST` of one bank's page."""

    @get("/")
    async def show(request: HttpCall) -> Response[Any]:
        given = await _given(request)
        return _shown(request, page.view(page.find(given), given))

    @post("/", status_code=200)
    async def choose(request: HttpCall) -> Response[Any]:
        """A choice that no longer fits changes nothing: a second click is harmless."""
        given = await _given(request)
        payment = page.find(given)
        verb = given.get("action")
        if verb is None:  # a shop's form that opens the page
            return _shown(request, page.view(payment, given))
        if verb not in page.verbs or verb not in BUYER_VERBS:
            raise NotHereError(400, "That is not something that can be done here.")
        try:
            page.verbs[verb](payment, Told())
        except NotNowError:
            pass
        else:
            await let_overtake(books)
        view = page.view(payment, given)
        home = view.home
        if pages.wants_json(request) or home is None or home.fields is not None or view.stage == "proof":
            return _shown(request, view)
        return Response("", status_code=303, headers={**pages.HEADERS, "Location": home.url})

    return Router(page.path, route_handlers=[show, choose], exception_handlers={NotHereError: _sorry})


def with_query(url: str, told: Mapping[str, str]) -> str:
    """An address with more parameters at the end of its query."""
    parts = urlsplit(url)
    query = "&".join(text for text in (parts.query, urlencode(told)) if text)
    return urlunsplit(parts._replace(query=query))


def is_web_address(url: str) -> bool:
    """An address that a browser may be led to; a script is none."""
    return urlsplit(url).scheme in ("http", "https")


async def _given(request: HttpCall) -> dict[str, str]:
    form = await request.body() if request.method == "POST" else b""
    texts = (request.scope["query_string"], form)
    given = {name: value for text in texts for name, value in parse_qsl(text.decode("latin-1"))}
    return given | {name: str(value) for name, value in request.path_params.items()}


def _shown(request: HttpCall, view: View) -> Response[Any]:
    if pages.wants_json(request):
        return Response(encode(view.thing), media_type="application/json")
    return pages.render("pay.html", view=view, title=view.bank)


def _sorry(request: HttpCall, error: NotHereError) -> Response[Any]:
    if pages.wants_json(request):
        body = {"error": str(error)}
        return Response(encode(body), status_code=error.status, media_type="application/json")
    return pages.render("sorry.html", status_code=error.status, status=error.status, message=str(error))
