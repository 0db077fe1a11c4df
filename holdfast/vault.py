"""Secrets that have to be stored: sealed with AES-256-GCM under keys that the database never sees.

The first key seals, all of them open, so that a new one is put in front and ``holdfast secrets rotate``
seals everything anew before the old one is dropped. A sealed value names its key::

    1 byte version | 4 bytes key id | 12 bytes nonce | ciphertext | 16 bytes tag

The id is the beginning of a hash of the key. Version and id are authenticated with the text. Random
nonces are safe for 2^32 values per key (NIST SP 800-38D §8.3).
"""

import base64
import secrets
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
KEY_ID_BYTES = 4
_VERSION = b"\x01"
_HEADER_BYTES = len(_VERSION) + KEY_ID_BYTES
_NONCE_BYTES = 12


class UnsealFailed(RuntimeError):
    """A stored value cannot be opened; the message names the key that it wants, and nothing of the value."""


class Vault:
    """Seals and opens texts; ``keys`` in base64, the newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        pairs = [(key_id(key), AESGCM(key_bytes(key))) for key in keys]
        assert pairs, "the settings see to it that there is a key"
        self.newest = pairs[0][0]
        """The id of the key that seals."""
        self._ciphers = dict(pairs)

    def seal(self, text: str) -> bytes:
        """A text as it may be stored; the same text looks different every time."""
        header, nonce = _VERSION + self.newest, secrets.token_bytes(_NONCE_BYTES)
        return header + nonce + self._ciphers[self.newest].encrypt(nonce, text.encode(), header)

    def unseal(self, sealed: bytes) -> str:
        """The text again; raises UnsealFailed where no key of ours opens it, or it was changed."""
        header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
        wanted = key_id_of(sealed)
        cipher = self._ciphers.get(wanted)
        if header[: len(_VERSION)] != _VERSION or cipher is None:
            raise UnsealFailed(f"the key {wanted.hex()} is not in HOLDFAST_ENCRYPTION_KEYS")
        try:
            return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], header).decode()
        except (InvalidTag, ValueError) as error:
            raise UnsealFailed(f"sealed with the key {wanted.hex()}, and changed since") from error


def key_id(key: str) -> bytes:
    """What names a key in the values that it sealed; it tells nothing about the key."""
    return sha256(b"holdfast key id\x00" + key_bytes(key)).digest()[:KEY_ID_BYTES]


def key_id_of(sealed: bytes) -> bytes:
    """The id of the key that a value was sealed with."""
    return sealed[len(_VERSION) : _HEADER_BYTES]


def key_bytes(key: str) -> bytes:
    """The 32 bytes of a key in base64, plain or for URLs; raises ValueError when it is none."""
    found = base64.b64decode(key.strip().translate(str.maketrans("-_", "+/")), validate=True)
    if len(found) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return found
