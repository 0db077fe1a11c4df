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

pytestmark = pytest.mark.anyio

EXAMPLES, PHASES = (100, "coverage,fuzzing") if FULL else (5, "fuzzing")


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
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    loaded = re.findall(r'(?:src|href|spec-url)="([^"]+)"', page.text)
    assert loaded == ["/openapi.json", "/static/redoc/redoc.standalone.js"]
    for address in loaded:
        assert (await shop.client.get(address)).status_code == 200, address


@pytest.mark.timeout(600 if FULL else 120)
@pytest.mark.parametrize("who", ["a guest", "staff"])
async def test_whatever_fits_the_description_or_not_nothing_makes_it_fail(
    shop: Shop, tmp_path: Path, who: str
) -> None:
    await shop.stocked({"MUG": 1_000})
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    options = [f"--phases={PHASES}", f"--checks={checks}", f"--max-examples={EXAMPLES}", "--seed=1"]
    options += ["--generation-database=none", "--continue-on-failure", "--no-color"]
    if who == "staff":
        options += [f"--header=Authorization:Bearer {shop.key}"]
    run = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        *("run", f"{shop.url}/openapi.json", *options),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await run.communicate()
    assert run.returncode == 0, said.decode()[-5_000:]
