"""Sealing: authenticated encryption of what stands in the database, bound to its place.

AES-256-GCM. The id of the key stands in front, so that a wrong key is told from damage.
"""

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
KEY_ID_BYTES = 8
# NIST SP 800-38D: 96 random bits, good for 2^32 values under one key.
_NONCE_BYTES = 12


class VaultError(Exception):
    """Something sealed cannot be had."""

    permanent = True


class WrongKey(VaultError):
    """Something was sealed with another key than the one given."""

    def __init__(self, sealed_with: str, given: str) -> None:
        self.sealed_with = sealed_with
        self.given = given
        super().__init__(f"sealed with key {sealed_with}, not {given}: bring back that key")


class Damaged(VaultError):
    """Something sealed was changed, cut off, or belongs elsewhere."""

    def __init__(self) -> None:
        super().__init__("sealed bytes are damaged or out of place: restore them from a backup")


def seal(key: bytes, plain: bytes, context: bytes) -> bytes:
    """Encrypt with AES-256-GCM; the key's id stands in front.

    Args:
        key: 32 bytes.
        plain: of any length.
        context: what it is and whose; it must be given again to unseal.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return key_id_of(key) + nonce + AESGCM(key).encrypt(nonce, plain, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Return what ``seal`` was given.

    Raises:
        WrongKey: when it was sealed with another key.
        Damaged: when a bit of it, or the context, is another.
    """
    found, rest = sealed[:KEY_ID_BYTES], sealed[KEY_ID_BYTES:]
    if len(rest) < _NONCE_BYTES:
        raise Damaged
    if found != key_id_of(key):
        raise WrongKey(found.hex(), key_id_of(key).hex())
    try:
        return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], context)
    except InvalidTag as error:
        raise Damaged from error


def sealed_with(sealed: bytes) -> str:
    """Return the id of the key that something was sealed with, in hex."""
    return sealed[:KEY_ID_BYTES].hex()


def key_id_of(key: bytes) -> bytes:
    """Return the id of a key, from which the key cannot be told."""
    return hashlib.sha256(b"key id" + key).digest()[:KEY_ID_BYTES]
