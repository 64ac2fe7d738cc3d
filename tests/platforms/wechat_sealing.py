"""Signing and sealing as the platform does it, written apart from any library under test.

Source: 消息推送 / 消息加解密说明 (developers.weixin.qq.com, "message push" and "encryption").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PADDING_BLOCK = 32
RANDOM_BYTES = 16


class Unsealable(Exception):
    """A ciphertext that the platform can not open, or one meant for another account."""


def signature(*parts: str) -> str:
    """Return the SHA-1 hex of the sorted, joined parts."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Sealer:
    """One EncodingAESKey (43 characters) of one account."""

    aes_key: str
    app_id: str

    @property
    def _key(self) -> bytes:
        # The 43rd character carries two surplus bits; real keys do not always leave them zero.
        return base64.b64decode(self.aes_key + "=")

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))

    def seal(self, text: str, random: bytes = b"") -> str:
        """Return ``text`` sealed: 16 random bytes, length, text, app id, PKCS#7 to 32."""
        content = text.encode()
        plain = random or os.urandom(RANDOM_BYTES)
        plain += struct.pack(">I", len(content)) + content + self.app_id.encode()
        padding = PADDING_BLOCK - len(plain) % PADDING_BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed for this account.

        Raises:
            Unsealable: for a wrong key, length, padding, encoding or app id.
        """
        try:
            decryptor = self._cipher().decryptor()
            plain = decryptor.update(base64.b64decode(sealed, validate=True))
            plain += decryptor.finalize()
            return self._read(_without_padding(plain))
        except (binascii.Error, ValueError, struct.error, IndexError) as reason:
            raise Unsealable(str(reason)) from reason

    def _read(self, plain: bytes) -> str:
        (length,) = struct.unpack(">I", plain[RANDOM_BYTES : RANDOM_BYTES + 4])
        end = RANDOM_BYTES + 4 + length
        if plain[end:].decode() != self.app_id:
            raise Unsealable(f"sealed for {plain[end:]!r}, and this account is {self.app_id}")
        return plain[RANDOM_BYTES + 4 : end].decode()


def _without_padding(plain: bytes) -> bytes:
    count = plain[-1]
    if not 1 <= count <= PADDING_BLOCK or plain[-count:] != bytes([count]) * count:
        raise Unsealable("the padding is not PKCS#7 to 32 bytes")
    return plain[:-count]
