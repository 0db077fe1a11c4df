"""A webhook's headers: which there must be, and what their signature covers (gateways.md §6.6).

Nothing here asks anybody. What a stranger sends raises SignatureInvalid and nothing else.
"""

import base64
import re
import zlib
from collections.abc import Mapping, Sequence

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from holdfast.errors.provider import SignatureInvalid

ALGORITHM = "SHA256withRSA"
CERTS_PATH = "/v1/notifications/certs/"

_PRINTABLE = re.compile(r"[!-~]{1,2000}")
_CERTIFICATE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_PAYPALS = re.compile(r"https://([a-z0-9-]{1,63}\.){1,8}paypal\.com" + CERTS_PATH + _CERTIFICATE.pattern)


class Transmission(msgspec.Struct, frozen=True):
    """What the headers of one delivery say."""

    id: str
    time: str
    signature: str
    cert_url: str

    def check(self, body: bytes, *, webhook_id: str, keys: Sequence[RSAPublicKey]) -> None:
        """Raise SignatureInvalid unless one of the keys has signed this body for this webhook."""
        text = f"{self.id}|{self.time}|{webhook_id}|{zlib.crc32(body)}".encode()
        try:
            given = base64.b64decode(self.signature, validate=True)
        except ValueError as error:
            raise SignatureInvalid from error
        for key in keys:
            try:
                key.verify(given, text, PKCS1v15(), SHA256())
            except InvalidSignature:
                continue
            return
        raise SignatureInvalid


def read(headers: Mapping[str, str], *, own_base: str | None) -> Transmission:
    """The headers, if they are all there and name a certificate of PayPal's; raises SignatureInvalid.

    ``own_base`` is where the certificates of a sandbox lie, which may be named as well.
    """
    names = ("transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo")
    texts = [headers.get(f"paypal-{name}", "") for name in names]
    if not all(_PRINTABLE.fullmatch(text) for text in texts):
        raise SignatureInvalid
    *given, algorithm = texts
    if algorithm != ALGORITHM or not is_certificate(given[3], own_base=own_base):
        raise SignatureInvalid
    return Transmission(*given)


def is_certificate(address: str, *, own_base: str | None) -> bool:
    """Whether an address is one of PayPal's certificates: https, its hosts, its path, and nothing else.

    Whoever sends a webhook chooses it (§12.18), so that no part of it is left to how somebody parses it.
    """
    if own_base is not None and address.startswith(own_base + CERTS_PATH):
        return bool(_CERTIFICATE.fullmatch(address.removeprefix(own_base + CERTS_PATH)))
    return _PAYPALS.fullmatch(address) is not None
