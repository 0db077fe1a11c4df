"""A town: a shop whose letters arrive in a box."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import assert_truths
from tests.house import open_shop
from tests.stories.people import Town, open_postbox


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with (
        open_postbox() as box,
        open_shop(database_url, smtp_url=box.url, mail_from="The Shop <shop@example.com>") as shop,
    ):
        yield Town(shop, box)
        await shop.drain()
        await assert_truths(shop.database)
