"""What doctor says of the door, without a database."""

import pytest

from holdfast.cli.books.examine import examine
from holdfast.settings import Door, Settings

NOWHERE = "postgresql://127.0.0.1:1/nothing"
SECRET = "s" * 40

pytestmark = pytest.mark.anyio


async def findings(settings: Settings) -> dict[str, tuple[bool, str]]:
    return {f.what: (f.well, f.found) for f in await examine(settings, NOWHERE, [])}


async def test_requests_that_are_not_counted_are_told_and_are_not_well_in_production() -> None:
    off = Door(rate_limits=False)
    well, said = (await findings(Settings(door=off)))["rate limits"]
    assert (well, said.startswith("off")) == (True, True)
    well, said = (await findings(Settings(mode="production", secret_key=SECRET, door=off)))["rate limits"]
    assert (well, said.startswith("off")) == (False, True)
    assert (await findings(Settings()))["rate limits"] == (True, "counted by each process")
    shared = Settings(door=Door(rate_limit_url="redis://127.0.0.1:1"))
    assert (await findings(shared))["rate limits"] == (True, "counted for all processes together")


async def test_a_shop_in_production_that_answers_to_any_name_is_not_well() -> None:
    assert (await findings(Settings()))["hosts"][0]
    assert not (await findings(Settings(mode="production", secret_key=SECRET)))["hosts"][0]
    named = Settings(mode="production", secret_key=SECRET, door=Door(allowed_hosts=("shop.example",)))
    assert (await findings(named))["hosts"] == (True, "shop.example")
