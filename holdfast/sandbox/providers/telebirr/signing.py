"""How TeleBirr and its merchants sign: sorted fields, RSA-2048, SHA-256, base64 (gateways.md §7.4)."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

SIGN_TYPE = "SHA256WithRSA"
SALT_BYTES = 32
NEVER_SIGNED = frozenset(
    (
        "sign",
        "sign_type",
        "header",
        "refund_info",
        "openType",
        "raw_request",
        "biz_content",
        "wallet_reference_data",
    )
)
PADDINGS: Mapping[str, AsymmetricPadding] = {
    "pss": PSS(mgf=MGF1(SHA256()), salt_length=SALT_BYTES),
    "pkcs1v15": PKCS1v15(),
}
"""The documentation says one, its Python sample does the other; an account has one of them."""


def signed_text(fields: Mapping[str, Any]) -> str:
    """What is signed: the fields, those of `biz_content` among them, sorted, as they are."""
    lifted = {**fields, **(fields.get("biz_content") or {})}
    return "&".join(
        f"{name}={lifted[name]}"
        for name in sorted(lifted.keys() - NEVER_SIGNED)
        if lifted[name] not in ("", None)
    )


def sign(key: RSAPrivateKey, fields: Mapping[str, Any], *, padding: str) -> str:
    """The base64 of a signature over these fields."""
    return b64encode(key.sign(signed_text(fields).encode(), PADDINGS[padding], SHA256())).decode()


def fits(key: RSAPrivateKey, fields: Mapping[str, Any], *, padding: str) -> bool:
    """Whether `sign` is that of the key's owner, in exactly this padding."""
    try:
        given = b64decode(str(fields.get("sign", "")), validate=True)
        key.public_key().verify(given, signed_text(fields).encode(), PADDINGS[padding], SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True
