"""Letters into the log: the default, so that a shop can be tried without a mail server.

In development a letter is written out, with the link in it (as a warning, so that a demo shows it too). In
production only that it was not sent: links are secrets, and addresses are personal.
"""

import structlog

from holdfast.notify.letter import Letter

log = structlog.get_logger()


class LogChannel:
    """Writes letters down instead of sending them."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    async def send(self, letter: Letter) -> None:
        if self._whole:
            log.warning("letter.written", to=letter.to, subject=letter.subject, text=letter.text)
        else:
            log.warning("letter.not_sent", why="HOLDFAST_SMTP_URL is not set")
