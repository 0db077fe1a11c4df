"""What staff see of an event: all of it but what opens something."""

import json

import pytest

from holdfast.webhook.shown import MASK, masked


def test_secrets_are_masked_wherever_they_stand_and_facts_are_not() -> None:
    body = {
        "id": "evt_1",
        "data": {
            "object": {"client_secret": "pi_1_secret_2", "amount": 2599, "payment_method": "card"},
            "list": [{"accessToken": "abc"}, {"sign": "c2ln", "design": "blue"}],
        },
        "verif-hash": None,
        "secret_hash": "h",
        "keyboard": "qwerty",
    }
    assert masked(json.dumps(body).encode()) == {
        "id": "evt_1",
        "data": {
            "object": {"client_secret": MASK, "amount": 2599, "payment_method": "card"},
            "list": [{"accessToken": MASK}, {"sign": MASK, "design": "blue"}],
        },
        "verif-hash": None,
        "secret_hash": MASK,
        "keyboard": "qwerty",
    }


@pytest.mark.parametrize("number", ["4242424242424242", "4242 4242 4242 4242", "3782-822463-10005"])
def test_card_numbers_are_masked_in_any_text(number: str) -> None:
    assert masked(json.dumps({"note": f"card {number}, thanks"}).encode()) == {"note": f"card {MASK}, thanks"}
    assert masked(f"card {number}".encode()) == f"card {MASK}"


def test_numbers_that_are_no_cards_stay() -> None:
    assert masked(b'{"note": "order 4242424242424241", "at": 1795000000}') == {
        "note": "order 4242424242424241",
        "at": 1795000000,
    }


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"<html>", b"[" * 100_000])
def test_what_is_no_json_is_shown_as_text(body: bytes) -> None:
    assert masked(body) == body.decode("utf-8", "replace")
