"""Letters to buyers who wait for a SKU, and how they say that they have had enough.

The secret in such a letter is the sealed address itself, so that nothing of it is kept, and it works
for everything that the same person waits for.
"""

import base64
from urllib.parse import urlencode

from holdfast.db.queries import Transaction
from holdfast.errors.people import LinkInvalid
from holdfast.notify.shop import Filled, Sender
from holdfast.stock import alerts
from holdfast.vault import UnsealFailed, Vault

_PURPOSE = "stop alerts to "


async def back_in_stock(tx: Transaction, subject: str, sender: Sender) -> Filled | None:
    """What somebody waits for can be had again; nothing to those who have stopped it."""
    alert = await alerts.find_alert(tx, alert_id=subject)
    if alert is None:
        return None
    token = urlencode({"token": stop_token(sender.vault, alert.email)})
    values = {
        "name": alert.name,
        "link": f"{sender.base_url}/products/{alert.slug}",
        "stop_page": f"{sender.base_url}/alerts/stop?{token}",
    }
    return Filled(alert.email, values, f"{sender.base_url}/api/v1/alerts/stop?{token}")


def stop_token(vault: Vault, email: str) -> str:
    """What proves that somebody reads the letters to this address."""
    return base64.urlsafe_b64encode(vault.seal(_PURPOSE + email)).decode().rstrip("=")


def read_stop_token(vault: Vault, token: str) -> str:
    """The address again; raises LinkInvalid."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        opened = vault.unseal(sealed)
    except (ValueError, UnsealFailed) as error:
        raise LinkInvalid from error
    if not opened.startswith(_PURPOSE):
        raise LinkInvalid
    return opened.removeprefix(_PURPOSE)
