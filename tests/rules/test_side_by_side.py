"""Asking about many subjects: in groups, and one that fails stops nobody else."""

import pytest

from holdfast.payment.start_payment import PROVIDER_CALLS_MAX, side_by_side

pytestmark = pytest.mark.anyio


async def test_everybody_is_asked_about_although_the_first_fails_and_the_failure_is_told() -> None:
    subjects = [f"subject {number}" for number in range(PROVIDER_CALLS_MAX + 8)]
    asked = []

    async def ask(subject: str) -> None:
        if subject == subjects[0]:
            raise ConnectionError(subject)
        asked.append(subject)

    with pytest.raises(ConnectionError, match=subjects[0]):
        await side_by_side(subjects, ask)
    assert asked == subjects[1:]
