"""Webhooks of payment providers: verify the signature over the raw bytes, then apply or store."""

from litestar import post

from holdfast import clock
from holdfast.accounts.roles import Action
from holdfast.errors.provider import SignatureInvalid
from holdfast.errors.request import NotFound
from holdfast.limits import WEBHOOK_BODY_BYTES_MAX
from holdfast.shop_settings.rules import RateClass
from holdfast.web.guard.rates import rates_of
from holdfast.web.session import Asked, PathId, process_of
from holdfast.webhook.apply import Received, receive


@post(
    "/webhooks/{provider:str}",
    status_code=200,
    request_max_body_size=WEBHOOK_BODY_BYTES_MAX,
    opt={"action": Action.DELIVER_WEBHOOK},
)
async def deliver(request: Asked, provider: PathId) -> dict[str, str]:
    """2xx: stored; 401: the signature does not fit; 503: please send it again.

    Only what is not signed is counted, so that nobody else's noise keeps a provider's word out.
    """
    process = process_of(request)
    if provider not in process.providers:
        raise NotFound(kind="provider", id=provider[:60])
    body = await request.body()
    try:
        event = await process.providers[provider].read_event(request.headers, body, clock.now())
    except SignatureInvalid:
        await rates_of(request).count(request, RateClass.WEBHOOKS, provider)
        raise
    state = await receive(process.database, process.inbox, Received(provider, event, body))
    return {"state": state}


ROUTES = [deliver]
