"""A process of its own that places orders at the counter, to be killed: python -m tests.races.buyer_process.

Arguments: the database, where the bank is, a payment method, and the keys; each key orders one MUG.
"""

import asyncio
import sys
from collections.abc import Sequence

from holdfast.checkout import counter
from holdfast.process import open_process
from holdfast.settings import Settings
from tests.house import stripe_at
from tests.races.wishes import wanted


async def main(database_url: str, bank_url: str, method: str, keys: Sequence[str]) -> None:
    settings = Settings(
        log_level="critical",
        provider_timeout_s=60,
        providers=stripe_at(bank_url),
    )
    async with open_process(settings, database_url) as process:
        await asyncio.gather(
            *(counter.place(process.counter, wanted({"MUG": 1}, key=key, method=method)) for key in keys)
        )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
