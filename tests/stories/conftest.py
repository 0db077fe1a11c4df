"""A town: a shop whose letters arrive in a box."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.conftest import assert_truths
from tests.house import open_shop
from tests.stories.people import Town, links, open_postbox
from tests.tidy.tree import ROOT

_PAGE = re.compile(r"`(/(?:account|alerts|orders|products)/[\w/{}-]+)`")


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with (
        open_postbox() as box,
        open_shop(database_url, smtp_url=box.url, mail_from="The Shop <shop@example.com>") as shop,
    ):
        yield Town(shop, box)
        await shop.drain()
        await assert_truths(shop.database)
        assert lost_links(Town(shop, box)) == []


def lost_links(town: Town) -> list[str]:
    """Links in letters to pages of the shop that its documentation does not promise."""
    pages = _PAGE.findall((ROOT / "docs" / "operations.md").read_text("utf-8"))
    promised = "|".join(re.sub(r"\{\w+\}", r"[\\w-]+", page) for page in pages)
    own = [link for letter in town.box.letters for link in links(letter) if link.startswith(town.shop.url)]
    return [link for link in own if not re.fullmatch(f"({promised})([?].*)?", link[len(town.shop.url) :])]
