"""How the sandbox's pages are made: templates, headers, and money as people read it."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response

HERE = Path(__file__).parent
STYLE = (HERE / "static" / "sandbox.css").read_bytes()
POLICY = "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",  # the address holds a client secret
    "X-Content-Type-Options": "nosniff",
}
WHOLE = frozenset(
    (
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    )
)
THOUSANDTHS = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))
SIGNS = {"eur": "€", "gbp": "£", "inr": "₹", "usd": "$"}


def money(amount: int, currency: str) -> str:
    """An amount in minor units as people read it: £25.99, JPY 2,599."""
    currency = currency.lower()
    digits = 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2
    major, minor = divmod(amount, 10**digits)
    number = f"{major:,}" + (f".{minor:0{digits}}" if digits else "")
    return f"{SIGNS[currency]}{number}" if currency in SIGNS else f"{currency.upper()} {number}"


_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["money"] = money


def render(template: str, *, status_code: int = 200, **context: object) -> Response[str]:
    """A page from a template; every value is escaped."""
    text = _templates.get_template(template).render(**context)
    return Response(text, status_code=status_code, media_type="text/html", headers=HEADERS)


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """The caller is a program, not a browser."""
    return "application/json" in request.headers.get("accept", "")
