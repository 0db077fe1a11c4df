"""Calls about no money: the certificate, and PayPal's own word on a signature (gateways.md §6.6)."""

from typing import Any

import msgspec
from litestar import Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from msgspec import Raw, Struct

from holdfast.sandbox.bank.bodies import Mistake
from holdfast.sandbox.providers.paypal import certificates, errors
from holdfast.sandbox.providers.paypal.account import CERTS_PATH
from holdfast.sandbox.providers.paypal.wire import Ask


class Verification(Struct, frozen=True, kw_only=True):
    """The body of `POST /v1/notifications/verify-webhook-signature`; the event as it was received."""

    auth_algo: str
    cert_url: str
    transmission_id: str
    transmission_sig: str
    transmission_time: str
    webhook_id: str
    webhook_event: Raw


def verify(ask: Ask) -> dict[str, Any]:
    """Whether the signature was made here, for this account's webhook, over exactly these bytes."""
    try:
        given = msgspec.json.decode(ask.body, type=Verification)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise errors.mistaken(Mistake("unreadable", "", str(error))) from error
    account = ask.account
    good = (
        given.auth_algo == "SHA256withRSA"
        and given.cert_url == account.cert_url
        and given.webhook_id == account.settings.keys["webhook_id"]
        and certificates.fits(
            given.transmission_sig,
            transmission=given.transmission_id,
            time=given.transmission_time,
            webhook=given.webhook_id,
            body=bytes(given.webhook_event),
        )
    )
    return {"verification_status": "SUCCESS" if good else "FAILURE"}


def certificate_router() -> Router:
    """Where `PAYPAL-CERT-URL` leads; everybody may read it."""

    @get("/{certificate_id:str}")
    async def certificate(certificate_id: FromPath[str]) -> Response[str]:
        if certificate_id != certificates.CERTIFICATE_ID:
            raise NotFoundException
        return Response(certificates.CERTIFICATE, media_type="application/x-pem-file")

    return Router(CERTS_PATH, route_handlers=[certificate])
