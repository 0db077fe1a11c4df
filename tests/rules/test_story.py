"""The picture in the story is the machine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from holdfast.fulfilment import shipment
from holdfast.order.order import picture
from holdfast.refund import dispute, rma

STORY = Path(__file__).parents[2] / "docs" / "story.md"


def test_the_picture_of_the_states_is_drawn_from_the_moves() -> None:
    drawn = STORY.read_text("utf-8").split("<!-- moves -->\n")[1].split("\n<!-- /moves -->")[0]
    assert drawn == picture(), "draw it anew with holdfast.order.order.picture()"


def test_the_picture_of_the_parcels_is_drawn_from_their_moves() -> None:
    drawn = STORY.read_text("utf-8").split("<!-- shipment moves -->\n")[1]
    drawn = drawn.split("\n<!-- /shipment moves -->")[0]
    assert drawn == shipment.picture(), "draw it anew with holdfast.fulfilment.shipment.picture()"


@pytest.mark.parametrize(
    ("place", "drawn"), [("dispute-moves", dispute.picture), ("return-moves", rma.picture)]
)
def test_the_pictures_of_the_smaller_machines_are_drawn_from_their_moves(
    place: str, drawn: Callable[[], str]
) -> None:
    shown = STORY.read_text("utf-8").split(f"<!-- {place} -->\n")[1].split(f"\n<!-- /{place} -->")[0]
    assert shown == drawn()
