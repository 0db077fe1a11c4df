"""The description of the API: what the framework reads from the routes, and what holds for all of them.

Every operation may answer with a problem, in one shape; what the framework would say of its own
errors is taken out.
"""

import re
from typing import Any, get_args, get_type_hints

import msgspec
from litestar import Litestar, Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityRequirement, SecurityScheme

from holdfast.limits import IDEMPOTENCY_KEY_CHARS_MAX, IDEMPOTENCY_KEY_CHARS_MIN
from holdfast.shop_settings.rules import ShopRules

STAFF_ONLY: SecurityRequirement = {"api_key": []}


class _NoPages(Router):
    """Litestar would add pages of its own; ours are in ``docs.py``."""

    def register(self, value: Any) -> list[Any]:  # noqa: ARG002 - nothing is registered
        return []


CONFIG = OpenAPIConfig(
    title="Holdfast",
    version="1",
    description=(
        "Checkout without overselling: catalogue, carts, stock holds, orders, payments.\n\n"
        "Money is a number of minor units with a currency. Errors are `application/problem+json` with a "
        "stable `code`. Guests own carts, checkouts and orders by the `token` of the answer that made them; "
        "customers own theirs by their log-in: a cookie, with which every change needs the header "
        "`X-CSRF-Token` of `GET /account`, or a bearer token."
    ),
    use_handler_docstrings=True,
    openapi_router=_NoPages("/", route_handlers=[]),
    components=Components(
        security_schemes={
            "api_key": SecurityScheme(
                type="http", scheme="bearer", description="A key of the staff: `hf_…`."
            ),
            "login": SecurityScheme(type="http", scheme="bearer", description="A log-in: `hs_…`."),
            "cookie": SecurityScheme(
                type="apiKey", name="holdfast_session", security_scheme_in="cookie", description="A log-in."
            ),
        }
    ),
)

_PROBLEM = {
    "type": "object",
    "description": "A problem (RFC 9457); further members depend on the code.",
    "required": ["type", "code", "status", "title", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "code": {"type": "string", "description": "Stable; for programs."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "title": {"type": "string"},
        "detail": {"type": "string", "description": "A sentence for people."},
        "field": {"type": "string", "description": "The field at fault, such as `lines[0].quantity`."},
    },
}

_HEADERS: dict[str, dict[str, Any]] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The same key and body give the same answer. Needed where money or stock moves.",
        "schema": {
            "type": "string",
            "minLength": IDEMPOTENCY_KEY_CHARS_MIN,
            "maxLength": IDEMPOTENCY_KEY_CHARS_MAX,
            "pattern": "^[ -~]+$",
        },
    },
    "Token": {
        "name": "X-Holdfast-Token",
        "in": "header",
        "required": False,
        "description": "The secret by which a guest owns a cart, checkout or order.",
        "schema": {"type": "string"},
    },
}

_HEADERS["NeededKey"] = _HEADERS["IdempotencyKey"] | {"required": True}

_KEYED = re.compile(r"\b[Nn]eeds an Idempotency-Key")
_PARTS = {"/api/v1/admin/settings": "ShopRules"}
_OWNED = re.compile(r"^/api/v1/(carts|checkouts|holds|orders|payments)")
_KEYLESS = "/api/v1/account"  # its answers hold secrets, which are never kept; a link works once by itself
_FRAMEWORKS_OWN = "400"


def document(app: Litestar) -> bytes:
    """The whole description as JSON, made when it is first asked for."""
    if "description" not in app.state:
        app.state.description = _write(app)
    made: bytes = app.state.description
    return made


def _write(app: Litestar) -> bytes:
    found: dict[str, Any] = msgspec.to_builtins(app.openapi_schema.to_schema())
    _mend_tuples(found)
    components = found["components"]
    _close(components["schemas"], _taken(app))
    _open_partly(found)
    components["schemas"]["Problem"] = _PROBLEM
    components["parameters"] = _HEADERS
    components["responses"] = {
        "Problem": {
            "description": "A problem",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }
    spared = _without_body(app)
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            _complete(operation, path=path, method=method)
            if (path, method) in spared:
                operation["requestBody"]["required"] = False
    return msgspec.json.encode(found)


def _mend_tuples(node: Any) -> None:
    """The framework takes the dots of ``tuple[X, ...]`` for a kind of their own, which everything is of."""
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for part in parts:
        _mend_tuples(part)
    if isinstance(node, dict) and "oneOf" in node:
        kinds = [kind for kind in node["oneOf"] if kind != {}]
        if len(kinds) < len(node["oneOf"]):
            node.pop("oneOf")
            node.update(kinds[0])


def _taken(app: Litestar) -> set[str]:
    """The names of all structs that bodies are read into; they take no field but their own."""
    seen: set[type] = set()

    def look(kind: Any) -> None:
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in seen:
            seen.add(kind)
            for inner in get_type_hints(kind, include_extras=False).values():
                look(inner)
        for inner in get_args(kind):
            look(inner)

    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if handler.parsed_data_field is not None:
                look(handler.parsed_data_field.annotation)
    look(ShopRules)
    return {kind.__name__ for kind in seen}


def _without_body(app: Litestar) -> set[tuple[str, str]]:
    """(path, method) of those that have a body which may be left out."""
    return {
        (route.path_format, method.lower())
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if handler.parsed_data_field is not None and handler.parsed_data_field.has_default
        for method in handler.http_methods
    }


def _close(schemas: dict[str, Any], names: set[str]) -> None:
    for name, schema in schemas.items():
        if name.rpartition("_")[2] in names and schema.get("type") == "object":
            schema["additionalProperties"] = False


def _open_partly(found: dict[str, Any]) -> None:
    """Where some fields of a whole are changed, the body is the whole with nothing needed."""
    for path, name in _PARTS.items():
        whole = {k: v for k, v in found["components"]["schemas"][name].items() if k != "required"}
        content = found["paths"][path]["patch"]["requestBody"]["content"]
        content["application/json"]["schema"] = whole


def _complete(operation: dict[str, Any], *, path: str, method: str) -> None:
    """What the framework cannot know of an operation."""
    operation["tags"] = [_tag(path)]
    operation["summary"] = operation["description"].partition("\n")[0].partition(". ")[0].rstrip(".")
    operation["responses"].pop(_FRAMEWORKS_OWN, None)
    operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    wanted = []
    if method == "post" and path.startswith("/api/") and not path.startswith(_KEYLESS):
        wanted.append("NeededKey" if _KEYED.search(operation["description"]) else "IdempotencyKey")
    wanted += ["Token"] if _OWNED.match(path) else []
    if wanted:
        operation.setdefault("parameters", []).extend(
            {"$ref": f"#/components/parameters/{name}"} for name in wanted
        )


def _tag(path: str) -> str:
    parts = path.removeprefix("/api/v1").strip("/").split("/")
    return " ".join(parts[:2] if parts[0] == "admin" else parts[:1])
