"""The description of the API: valid, complete, drawn from our own assets, and true under fuzzing."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import schemathesis

from tests.conftest import FULL
from tests.house import Json, Shop
from tests.races.carts import cart_with

pytestmark = pytest.mark.anyio

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES, PHASES = (500, "coverage,fuzzing,stateful") if FULL else (6, "coverage,fuzzing")
CASES_MIN = 700  # of each kind of caller, over all operations; with the three of them more than 2,000


def operations(document: Json) -> list[tuple[str, Json]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


async def test_the_description_is_valid_and_every_operation_may_answer_with_a_problem(shop: Shop) -> None:
    answer = await shop.client.get("/openapi.json")
    document: dict[str, Any] = answer.json()
    assert answer.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()
    problem = document["components"]["responses"]["Problem"]["content"]
    assert list(problem) == ["application/problem+json"]
    for name, operation in operations(document):
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}, name
        assert operation["summary"], name
        assert operation["tags"], name
        said = [int(status) for status in operation["responses"] if status != "default"]
        assert said, name
        assert max(said) < 300, name


async def test_every_answer_says_what_it_holds(shop: Shop) -> None:
    document = (await shop.client.get("/openapi.json")).json()
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            content = response.get("content", {})
            if status not in ("default", "204"):
                if content.keys() & {"application/octet-stream", "application/pdf"}:
                    continue  # a file
                schema = content["application/json"]["schema"]
                assert "$ref" in schema or schema["type"] == "object", (name, schema)


async def test_the_staffs_operations_ask_for_a_key_and_the_others_do_not(shop: Shop) -> None:
    document = (await shop.client.get("/openapi.json")).json()
    for name, operation in operations(document):
        assert ("/admin/" in name) == (operation.get("security") == [{"api_key": []}]), name


async def test_the_reference_loads_nothing_from_elsewhere(shop: Shop) -> None:
    page = await shop.client.get("/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", page.text) == []
    assert "default-src 'none'; script-src 'self';" in page.headers["Content-Security-Policy"]
    loaded = re.findall(r'(?:src|href|spec-url)="([^"]+)"', page.text)
    assert loaded == ["/openapi.json", "/static/redoc/redoc.standalone.js"]
    for address in loaded:
        assert (await shop.client.get(address)).status_code == 200, address


async def test_an_address_says_which_methods_it_takes(shop: Shop) -> None:
    document = (await shop.client.get("/openapi.json")).json()
    for path, methods in document["paths"].items():
        answer = await shop.client.options(path.replace("{", "").replace("}", ""))
        assert (answer.status_code, answer.content) == (204, b"")
        allowed = set(answer.headers["Allow"].split(", "))
        assert allowed == {"OPTIONS"} | {method.upper() for method in methods}, path


async def test_no_body_is_described_as_taking_fields_that_it_does_not_take(shop: Shop) -> None:
    document = (await shop.client.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    bodies = 0
    for name, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schema, bodies = content["schema"], bodies + 1
            found = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
            assert found["additionalProperties"] is False, name
    assert bodies > 15


async def things(shop: Shop) -> Json:
    """Real ones, by the name that addresses give them."""
    cart_id, token = await cart_with(shop, {"MUG": 1})
    started = (await shop.call("POST", "/checkouts", {"cart_id": cart_id}, **token)).json()
    placed = await shop.placed({"MUG": 1}, "bank_transfer")
    return {
        "slug": "p-mug",
        "sku": "MUG",
        "cart_id": cart_id,
        "checkout_id": started["checkout"]["id"],
        "order_id": placed["order"]["id"],
        "payment_id": placed["payment"]["id"],
        "provider": "stripe",
    }


@pytest.mark.timeout(3_000 if FULL else 200)
@pytest.mark.parametrize("who", ["a guest", "staff", "staff among real things"])
async def test_whatever_fits_the_description_or_not_nothing_makes_it_fail(
    shop: Shop, tmp_path: Path, who: str
) -> None:
    await shop.stocked({"MUG": 1_000})
    config = CONFIG.read_text("utf-8")
    if who.endswith("things"):
        named = [f'{name} = "{value}"' for name, value in (await things(shop)).items()]
        config = "\n".join(["[parameters]", *named, config])
    (tmp_path / "schemathesis.toml").write_text(config, "utf-8")
    options = [f"--phases={PHASES}", "--checks=all", f"--max-examples={EXAMPLES}", "--seed=1"]
    options += ["--generation-database=none", "--continue-on-failure", "--no-color", "--warnings=off"]
    if who != "a guest":
        options += [f"--header=Authorization:Bearer {shop.key}"]
    run = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        *("run", f"{shop.url}/openapi.json", *options),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await run.communicate())[0].decode()
    assert run.returncode == 0, said[-8_000:]
    (cases,) = re.findall(r"^  (\d+) generated", said, re.MULTILINE)
    assert int(cases) > CASES_MIN
