"""The description of the API as something to walk through: every operation, and every text that it takes."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

import msgspec

from tests.house import ADDRESS, Json, Shop
from tests.races.carts import cart_with

EXAMPLES: Json = {
    **ADDRESS,
    "amount": 1,
    "counted_at": "2026-11-20T08:00:00Z",
    "currency": "GBP",
    "email": "ada@example.com",
    "file": "",
    "from": "main",
    "location": "main",
    "payment_method": "bank_transfer",
    "phone": "+44 113 496 0000",
    "shipping_option": "collect",
    "sku": "MUG",
    "slug": "p-mug",
    "to": "attic",
    "tracking_url": "https://post.example/1",
    "value_date": "2026-11-20",
}
"""What fits, where a field's kind does not say it."""

ALSO: dict[str, Json] = {"POST /api/v1/orders": {"lines": [{"sku": "MUG", "quantity": 1}]}}
"""What is needed, although the description cannot say so."""


class Operation(msgspec.Struct, frozen=True):
    """One method of one address; ``takes`` is the type of its body, "" for none."""

    method: str
    address: str
    parameters: list[Json]
    takes: str
    body: Json

    @property
    def name(self) -> str:
        return f"{self.method} {self.address}"


class Request(msgspec.Struct, frozen=True):
    """What is sent to an operation: its address with the query, and a body of JSON."""

    path: str
    body: str | None


Place: TypeAlias = tuple[str, Callable[[str], Any]]
"""Where a text stands, and what the whole looks like with a given one there."""


class Description:
    """The document of a shop, with real things for the names in its addresses."""

    def __init__(self, document: Json, things: dict[str, str]) -> None:
        self._schemas, self._paths = document["components"]["schemas"], document["paths"]
        self._things = things

    def operations(self) -> Iterator[Operation]:
        """All of them, but for headers that many share."""
        for address, methods in self._paths.items():
            for method, said in methods.items():
                content = said.get("requestBody", {}).get("content", {"": {}})
                takes, body = next(iter(content.items()))
                parameters = [given for given in said.get("parameters", []) if "in" in given]
                yield Operation(method.upper(), address, parameters, takes, body.get("schema", {}))

    def plain(self, operation: Operation) -> Request:
        """A request as it should be."""
        return self._request(operation, {}, self._example(operation.body) if operation.body else None)

    def texts(self, operation: Operation) -> Iterator[tuple[str, Callable[[str], Request]]]:
        """Every text of an operation by its name, and the request that has another one there."""
        body = self._example(operation.body) if operation.body else None

        def in_address(name: str, text: str) -> Request:
            return self._request(operation, {name: text}, body)

        def in_body(whole: Callable[[str], Any], text: str) -> Request:
            return self._request(operation, {}, whole(text))

        for given in operation.parameters:
            for _ in self._places(given["schema"]):
                yield given["name"], partial(in_address, given["name"])
        for name, whole in self._places(operation.body):
            yield name, partial(in_body, whole)

    def _request(self, operation: Operation, given: dict[str, str], body: Json | None) -> Request:
        """With real things where nothing else is given."""
        path, query = operation.address, {}
        for parameter in operation.parameters:
            name: str = parameter["name"]
            text = given.get(name, self._things.get(name, "x"))
            if parameter["in"] == "path":
                path = path.replace(f"{{{name}}}", quote(text, safe="", errors="surrogatepass"))
            elif name in given or parameter.get("required"):
                query[name] = text
        asked = f"?{urlencode(query, errors='surrogatepass')}" if query else ""
        written = None if body is None else json.dumps(ALSO.get(operation.name, {}) | body)
        return Request(path + asked, written)

    def _found(self, schema: Json) -> list[Json]:
        """What a schema may be, but for null."""
        if "$ref" in schema:
            return self._found(self._schemas[schema["$ref"].rpartition("/")[2]])
        options = schema.get("oneOf", schema.get("anyOf"))
        if options is None:
            return [schema] if schema.get("type") != "null" else []
        return [found for option in options for found in self._found(option)]

    def _example(self, schema: Json, name: str = "") -> Any:
        found = self._found(schema)[0]
        if name in EXAMPLES and found.get("type") != "object":
            return EXAMPLES[name]
        if "enum" in found:
            return found["enum"][0]
        match found.get("type"):
            case "object":
                kept = {*found.get("required", []), *ADDRESS}
                properties = found.get("properties", {})
                return {each: self._example(properties[each], each) for each in properties if each in kept}
            case "array":
                return [self._example(found["items"], name)] if found.get("minItems") else []
            case "integer":
                return max(1, found.get("minimum", 1))
            case "boolean":
                return False
            case _:
                return "x" * max(1, found.get("minLength", 1))

    def _places(self, schema: Json, name: str = "") -> Iterator[Place]:
        for found in self._found(schema) if schema else []:
            match found.get("type"):
                case "object":
                    yield from self._of_object(found, f"{name}." if name else "")
                case "array":
                    for below, whole in self._places(found["items"], f"{name}[0]"):
                        yield below, partial(_listed, whole)
                case "string":
                    yield name, str
                case _:
                    pass

    def _of_object(self, found: Json, above: str) -> Iterator[Place]:
        example = self._example(found)
        for each, schema in found.get("properties", {}).items():
            for below, whole in self._places(schema, above + each):
                yield below, partial(_changed, example, each, whole)
        if isinstance(found.get("additionalProperties"), dict):
            yield f"{above}*", partial(_named, self._example(found["additionalProperties"]))


def _listed(whole: Callable[[str], Any], text: str) -> list[Any]:
    return [whole(text)]


def _changed(example: Json, name: str, whole: Callable[[str], Any], text: str) -> Json:
    return example | {name: whole(text)}


def _named(value: Any, text: str) -> Json:
    return {text: value}


async def describe(shop: Shop) -> Description:
    """The description, and a cart, a checkout, an order and so on to try it on."""
    await shop.stocked({"MUG": 1_000})
    await shop.as_staff("POST", "/admin/locations", {"id": "attic", "name": "The attic"})
    cart_id, token = await cart_with(shop, {"MUG": 1})
    started = (await shop.call("POST", "/checkouts", {"cart_id": cart_id}, **token)).json()
    placed = await shop.placed({"MUG": 1}, "cash_on_delivery")
    order_id = placed["order"]["id"]
    await shop.as_staff("PUT", "/admin/coupons/SPRING", {"kind": "free_shipping"})
    await shop.as_staff("POST", f"/admin/orders/{order_id}/confirm-cash")
    sent = await shop.as_staff("POST", f"/admin/orders/{order_id}/shipments", {})
    things = {
        "slug": "p-mug",
        "sku": "MUG",
        "cart_id": cart_id,
        "checkout_id": started["checkout"]["id"],
        "order_id": order_id,
        "shipment_id": sent["shipments"][0]["id"],
        "payment_id": placed["payment"]["id"],
        "location_id": "main",
        "coupon": "SPRING",
        "provider": "stripe",
    }
    return Description((await shop.client.get("/openapi.json")).json(), things)
