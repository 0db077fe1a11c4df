"""Webhooks of payment providers: verify the signature over the raw bytes, then apply or store."""

from litestar import post

from holdfast import clock
from holdfast.accounts.roles import Action
from holdfast.errors import NotFound
from holdfast.limits import WEBHOOK_BODY_BYTES_MAX
from holdfast.web.session import Asked, PathId, process_of
from holdfast.webhook.apply import Received, receive


@post(
    "/webhooks/{provider:str}",
    status_code=200,
    request_max_body_size=WEBHOOK_BODY_BYTES_MAX,
    opt={"action": Action.DELIVER_WEBHOOK},
)
async def deliver(request: Asked, provider: PathId) -> dict[str, str]:
    """2xx: stored; 401: the signature does not fit; 503: please send it again."""
    process = process_of(request)
    if provider not in process.providers:
        raise NotFound(kind="provider", id=provider[:60])
    body = await request.body()
    event = await process.providers[provider].read_event(request.headers, body, clock.now())
    state = await receive(process.database, process.inbox, Received(provider, event, body))
    return {"state": state}


ROUTES = [deliver]
