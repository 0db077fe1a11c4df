"""How TeleBirr and its merchants sign: sorted fields, RSA with SHA-256, base64 (gateways.md §7.4).

Sources contradict each other about the padding, so we sign in the one that is set, and accept each
that was ever seen, under the same key.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from holdfast.errors.provider import SignatureInvalid

SIGN_TYPE = "SHA256WithRSA"
KEY_BITS_MIN = 2_048

Padding = Literal["pss", "pkcs1v15"]

_UNSIGNED = frozenset(
    {"sign", "sign_type", "header", "refund_info", "openType", "raw_request", "biz_content"}
    | {"wallet_reference_data"}
)
_SIGNING: Mapping[Padding, AsymmetricPadding] = {
    "pss": PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH),
    "pkcs1v15": PKCS1v15(),
}
_ACCEPTED = (PSS(MGF1(SHA256()), PSS.AUTO), PKCS1v15())
_ARMOUR = re.compile(r"-----[A-Z ]+-----|\\n|\s")


def signed_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields that a signature covers: those that are not empty, without the ones it leaves out."""
    return {name: text for name, text in fields.items() if text and name not in _UNSIGNED}


def signed_text(fields: Mapping[str, str]) -> str:
    """What is signed: the covered fields in ASCII order, with nothing encoded."""
    return "&".join(f"{name}={text}" for name, text in sorted(signed_fields(fields).items()))


def sign(fields: Mapping[str, str], *, key: RSAPrivateKey, padding: Padding) -> str:
    """The base64 of our signature."""
    signature = key.sign(_bytes(fields), _SIGNING[padding], SHA256())
    return base64.b64encode(signature).decode()


def check(fields: Mapping[str, str], *, keys: Sequence[RSAPublicKey]) -> None:
    """Raise SignatureInvalid unless ``sign`` is over these fields and of one of the keys.

    In an address a plus sign of base64 may have become a space (§7.6).
    """
    text = fields.get("sign", "").replace(" ", "+")
    try:
        given = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise SignatureInvalid from error
    message = _bytes(fields)
    for key in keys:
        for padding in _ACCEPTED:
            try:
                key.verify(given, message, padding, SHA256())
            except InvalidSignature:
                continue
            return
    raise SignatureInvalid


def read_private_key(text: str) -> RSAPrivateKey | None:
    """A key as PEM or as the bare base64 of its DER; None for what is no RSA key, or a short one."""
    try:
        key = load_der_private_key(_der(text), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPrivateKey) and key.key_size >= KEY_BITS_MIN else None


def read_public_key(text: str) -> RSAPublicKey | None:
    """The same of a public key."""
    try:
        key = load_der_public_key(_der(text))
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= KEY_BITS_MIN else None


def _der(text: str) -> bytes:
    return base64.b64decode(_ARMOUR.sub("", text), validate=True)


def _bytes(fields: Mapping[str, str]) -> bytes:
    return signed_text(fields).encode("utf-8", "surrogatepass")
