"""What one waits for: the alerts that were asked for under the address of one's account."""

import msgspec
from litestar import Response, delete, get

from holdfast.accounts.roles import Action
from holdfast.db.transaction import read, transaction
from holdfast.stock import alerts
from holdfast.stock.alerts import OwnAlert
from holdfast.web.api.account.login import PRIVATE
from holdfast.web.session import Asked, PathId, principal_of, process_of


class MyAlerts(msgspec.Struct, frozen=True):
    """All of them, the newest first."""

    data: list[OwnAlert]


@get("/account/alerts", opt={"action": Action.MANAGE_ACCOUNT})
async def list_mine(request: Asked) -> Response[MyAlerts]:
    """The SKUs that a letter will come of, once they can be had again."""
    user_id = principal_of(request).id
    rows = await read(process_of(request).database, lambda c: alerts.own_alerts(c, user_id=user_id))
    return Response(MyAlerts(rows), headers=PRIVATE)


@delete("/account/alerts/{alert_id:str}", status_code=204, opt={"action": Action.MANAGE_ACCOUNT})
async def remove(request: Asked, alert_id: PathId) -> None:
    """Wait for it no longer."""
    user_id = principal_of(request).id
    await transaction(
        process_of(request).database, lambda tx: alerts.drop_own(tx, user_id=user_id, alert_id=alert_id)
    )


ROUTES = [list_mine, remove]
