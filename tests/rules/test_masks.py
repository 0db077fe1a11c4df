"""What is masked in logs: known secrets, what looks or is named like one, cards; and nothing else."""

import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from holdfast.watch.masks import MASK, masking
from tests.written import written_logs

SECRET = "correct-horse-battery"
PEM = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n-----END KEY-----"


@pytest.fixture
def log() -> Iterator[StringIO]:
    """Logs as a process writes them, caught."""
    with written_logs("info", secrets=[SECRET, PEM, "short"]) as caught:
        yield caught


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"key {SECRET}, and {SECRET}", f"key {MASK}, and {MASK}"),
        (f"in a dump: {json.dumps(PEM)}", f'in a dump: "{MASK}"'),
        ("Authorization: Bearer eyJhbGciOi.J9", f"Authorization: Bearer {MASK}"),
        ("hf_0123456789abcdefghij is a key", f"{MASK} is a key"),
        ("sk_live_4eC39HqLyjWDarjt whsec_MfKQ9r8GKY", f"{MASK} {MASK}"),
        ("at postgresql://shop:pass@db:5432/shop", f"at postgresql://{MASK}@db:5432/shop"),
        ("card 4242 4242 4242 4242.", f"card {MASK}."),
        ("a short word", "a short word"),
        ("order ord_01M8JFS84T3X19HFAHQZ6AHSAB at 2026-11-29T01:57:25.123456Z", None),
        ("https://shop.example/pay?order=1001", None),
        ("seal 12:4242424242424242abcdef", None),
    ],
)
def test_a_text_loses_its_secrets_and_keeps_the_rest(text: str, expected: str | None) -> None:
    assert masking([SECRET, PEM, "short"])(text) == (text if expected is None else expected)


def test_an_event_is_masked_by_value_by_name_and_in_its_traceback(log: StringIO) -> None:
    try:
        int(SECRET)
    except ValueError:
        structlog.get_logger().exception(
            "x.failed", totp_secret="abc", key="evt_1", body={"password": "p", "n": 1}
        )
    (line,) = log.getvalue().splitlines()
    event = json.loads(line)
    assert SECRET not in line
    assert f"'{MASK}'" in event["exception"]
    assert (event["totp_secret"], event["key"], event["body"]) == (MASK, "evt_1", {"password": MASK, "n": 1})
    assert (event["event"], event["level"]) == ("x.failed", "error")


def test_what_libraries_log_is_masked_too_and_is_json(log: StringIO) -> None:
    logging.getLogger("some.library").warning("cannot use %s", SECRET)
    logging.getLogger("some.library").info("not asked for")
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("some.library").exception("failed")
    lines = log.getvalue().splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events] == [f"cannot use {MASK}", "failed"]
    assert SECRET not in "".join(lines)
    assert "Traceback" in events[1]["exception"]
