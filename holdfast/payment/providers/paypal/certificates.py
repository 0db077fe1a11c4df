"""Whose certificate signs PayPal's webhooks: fetched and verified, or known beforehand (gateways.md §6.6).

A certificate is fetched only from an address that ``transmission.is_certificate`` lets pass, without
redirects, in one deadline; it counts if a trusted authority has issued it in PayPal's name. What was
found is kept by its address, as its keys and the moments between which they are good.
"""

import asyncio
import re
import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import certifi
import httpx
import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from holdfast.errors.provider import ProviderAway, SignatureInvalid
from holdfast.limits import CERTIFICATE_BYTES_MAX, CERTIFICATES_KEPT_MAX
from holdfast.payment.provider import Wiring
from holdfast.payment.providers.paypal.meaning import NAME

KEY_BITS_MIN = 2_048
_UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")
SIGNER, SIGNERS_DOMAIN = "messageverificationcerts", ".paypal.com"
"""The name in the certificate, as PayPal's own SDKs check it: messageverificationcerts….paypal.com."""


class Signer(msgspec.Struct, frozen=True):
    """A key, and the moments between which its certificate is good."""

    key: RSAPublicKey
    begins: datetime
    ends: datetime


class Signers(Protocol):
    """Who knows the keys that may have signed a delivery."""

    async def keys(self, cert_url: str, at: datetime) -> Sequence[RSAPublicKey]:
        """The keys that are good at this moment; raises SignatureInvalid or ProviderAway."""
        ...


class Pinned:
    """Certificates that were given beforehand; nothing is fetched."""

    def __init__(self, signers: Sequence[Signer]) -> None:
        self._signers = signers

    async def keys(self, cert_url: str, at: datetime) -> Sequence[RSAPublicKey]:  # noqa: ARG002
        """Those that are good now, whichever address is named."""
        return [one.key for one in self._signers if one.begins <= at <= one.ends]


class Fetched:
    """The certificate at the address that a delivery names."""

    def __init__(self, wiring: Wiring, anchors: Store) -> None:
        self._client: httpx.AsyncClient = wiring.client
        self._timeout_s, self._anchors = wiring.timeout_s, anchors
        self._kept: dict[str, Signer] = {}

    async def keys(self, cert_url: str, at: datetime) -> Sequence[RSAPublicKey]:
        """Its key; fetched anew where the one that was kept is no longer good."""
        kept = self._kept.get(cert_url)
        if kept is None or not kept.begins <= at <= kept.ends:
            kept = verified(await self._fetch(cert_url), self._anchors, at)
            while len(self._kept) >= CERTIFICATES_KEPT_MAX:
                self._kept.pop(next(iter(self._kept)))
            self._kept[cert_url] = kept
        return [kept.key]

    async def _fetch(self, cert_url: str) -> bytes:
        """What lies there; SignatureInvalid where there is nothing, ProviderAway where nobody says so."""
        found = bytearray()
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream("GET", cert_url, timeout=None, follow_redirects=False) as response,
            ):
                if response.status_code == httpx.codes.NOT_FOUND:
                    raise SignatureInvalid
                if response.status_code != httpx.codes.OK:
                    raise ProviderAway(provider=NAME)
                async for part in response.aiter_bytes():
                    found += part
                    if len(found) > CERTIFICATE_BYTES_MAX:
                        raise SignatureInvalid
        except (TimeoutError, httpx.HTTPError) as error:
            raise ProviderAway(provider=NAME) from error
        except httpx.InvalidURL as error:
            raise SignatureInvalid from error
        return bytes(found)


def verified(pem: bytes, anchors: Store, at: datetime) -> Signer:
    """The signer whose certificate comes first, if its chain leads to an anchor; raises SignatureInvalid."""
    try:
        leaf, *others = x509.load_pem_x509_certificates(pem)
        name = _name_of(leaf)
        verifier = PolicyBuilder().store(anchors).time(at).build_server_verifier(x509.DNSName(name))
        verifier.verify(leaf, others)
    except (*_UNREADABLE, VerificationError) as error:
        raise SignatureInvalid from error
    signer = signer_of(leaf)
    if signer is None:
        raise SignatureInvalid
    return signer


def signer_of(certificate: x509.Certificate) -> Signer | None:
    """Its key and dates; None for what is no RSA key, or a short one."""
    try:
        key = certificate.public_key()
    except _UNREADABLE:
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < KEY_BITS_MIN:
        return None
    return Signer(key, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def read_certificates(text: str) -> list[x509.Certificate]:
    """PEM certificates one after another, their line ends perhaps written out; empty for what is none."""
    try:
        return x509.load_pem_x509_certificates(text.replace("\\n", "\n").encode())
    except _UNREADABLE:
        return []


def well_known() -> Store:
    """The authorities that browsers trust."""
    with warnings.catch_warnings():  # some roots are older than today's rules about serial numbers
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        roots = [read_certificates(pem) for pem in _PEM.findall(certifi.contents())]
    return Store([root for found in roots for root in found])


def _name_of(leaf: x509.Certificate) -> str:
    """PayPal's name among those of the certificate; raises ValueError where it is not there."""
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    for name in names.get_values_for_type(x509.DNSName):
        if name.startswith(SIGNER) and name.endswith(SIGNERS_DOMAIN):
            return name
    raise ValueError("it is not in PayPal's name")
