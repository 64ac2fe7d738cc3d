"""The cipher of WeChat's encrypted messages, around wechatpy's AES.

AES-256 in CBC mode, the first half of the key as IV, padded to 32 bytes (PKCS#7). Inside:
16 random bytes, the length in four (big endian), the message, the app id.

wechatpy 1.8.18 checks neither padding nor length and draws the 16 bytes from a generator that
can be predicted, so only its cipher is used. Source: 消息加解密技术方案.
"""

import base64
from hmac import compare_digest

from wechatpy.crypto.base import WeChatCipher

from bot.channels.wechat_errors import BadCiphertext, ForeignApp

SALT_BYTES = 16
_BLOCK = 32


class MessageCipher:
    """Opens and closes messages with one EncodingAESKey, for one app id."""

    def __init__(self, aes_key: str, app_id: str) -> None:
        self._cipher = WeChatCipher(base64.b64decode(aes_key + "="))
        self._app_id = app_id.encode()

    def open(self, encrypted: str) -> bytes:
        """Return the message within.

        Raises:
            BadCiphertext: when it was not closed with this key, or was cut or changed.
            ForeignApp: when it names another account.
        """
        content = _unpadded(self._cipher.decrypt(_decoded(encrypted)))[SALT_BYTES:]
        end = 4 + int.from_bytes(content[:4], "big")
        if not 4 <= end <= len(content):
            raise BadCiphertext("length")
        app_id = content[end:]
        if not compare_digest(app_id, self._app_id):
            raise ForeignApp(app_id.decode("ascii", "replace"))
        return content[4:end]

    def close(self, message: bytes, salt: bytes) -> str:
        """Return ``message`` encrypted, in base64.

        Args:
            message: what is sent.
            salt: 16 bytes that nobody can foresee.
        """
        content = b"".join((salt, len(message).to_bytes(4, "big"), message, self._app_id))
        missing = _BLOCK - len(content) % _BLOCK
        encrypted: bytes = self._cipher.encrypt(content + bytes([missing]) * missing)
        return base64.b64encode(encrypted).decode("ascii")


def _decoded(encrypted: str) -> bytes:
    try:
        ciphertext = base64.b64decode(encrypted, validate=True)
    except ValueError:
        raise BadCiphertext("base64") from None
    if not ciphertext or len(ciphertext) % _BLOCK:
        raise BadCiphertext("block size")
    return ciphertext


def _unpadded(padded: bytes) -> bytes:
    size = padded[-1]
    if not 1 <= size <= _BLOCK or padded[-size:] != bytes([size]) * size:
        raise BadCiphertext("padding")
    return padded[:-size]
