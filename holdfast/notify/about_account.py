"""Letters about accounts: what ``accounts/letters.py`` wants said, as a letter with a link into the shop."""

from datetime import datetime
from urllib.parse import urlencode

from holdfast.accounts.letters import prepare_letter
from holdfast.db.queries import Transaction
from holdfast.notify.letter import Letter, write_letter

_MINUTES_PER_HOUR = 60

PAGES = {
    "register": "/account/register",
    "reset_password": "/account/reset-password",
    "change_email": "/account/confirm-email",
}
"""Where in the shop a link leads; its ``token`` goes to the API from there."""

_FORGOTTEN = "/account/forgot-password"


async def write_account_letter(
    tx: Transaction, *, letter_id: str, base_url: str, shop: str, at: datetime
) -> Letter | None:
    """The letter with a fresh link, or None when there is nothing to say."""
    ready = await prepare_letter(tx, letter_id=letter_id, at=at)
    if ready is None:
        return None
    page = PAGES.get(ready.name, _FORGOTTEN)
    query = f"?{urlencode({'token': ready.token})}" if ready.token else ""
    minutes = ready.minutes or 0
    return write_letter(
        f"account/{ready.name}",
        to=ready.email,
        shop=shop,
        link=f"{base_url}{page}{query}",
        minutes=minutes,
        hours=minutes // _MINUTES_PER_HOUR,
    )
