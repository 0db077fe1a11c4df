"""What every way of sending letters is: one call, which has sent the letter when it returns."""

from typing import Protocol

from holdfast.notify.letter import Letter


class Undeliverable(Exception):
    """This letter will never arrive, however often it is sent; anything else that is raised may pass."""


class Channel(Protocol):
    """A way of sending letters."""

    async def send(self, letter: Letter) -> None:
        """Send it; raise Undeliverable for what the other side refuses for good."""
        ...
