"""What can be wrong with a WeChat setting or with something sent to us in WeChat's name.

The facts are attributes and the messages are for the log: never a body, never a secret.
"""

import logging


class InvalidWeChatSetting(ValueError):
    """A setting of the Official Account cannot be right.

    Attributes:
        setting: the field of ``WeChatConfig``.
        problem: what is wrong with it; never its value, which may be a secret.
    """

    permanent = True

    def __init__(self, setting: str, problem: str) -> None:
        self.setting = setting
        self.problem = problem
        super().__init__(f"{setting} {problem}: copy it from the account's 基本配置 page")


class Refusal(Exception):
    """A request that is not answered; nothing of it has any effect.

    Attributes:
        status: the HTTP status that the sender gets.
        shown: the body that the sender gets; it tells a forger nothing.
        level: how loudly it is logged. Anybody can send rubbish, so only what carries a valid
            signature is worth a warning: there a setting is wrong.
        permanent: whether the same request is refused when it is sent again.
    """

    status = 403
    shown = "refused"
    level = logging.INFO
    permanent = True


class BadSignature(Refusal):
    """Neither WeChat nor anybody else who knows the token has signed this.

    Attributes:
        parameter: ``signature`` or ``msg_signature``.
    """

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter
        super().__init__(f"{parameter} is wrong or missing: forged, or the token differs")


class StaleTimestamp(Refusal):
    """Well signed, but long ago or in the future: replayed, or this machine's clock is off.

    Attributes:
        seconds: how far this machine's clock is ahead of the timestamp. Whoever watches the
            clock warns of it, once a minute.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"the timestamp differs by {seconds:+.0f} s from this machine's clock")


class NotEncrypted(Refusal):
    """Sent in the clear, while only encrypted messages are taken."""

    def __init__(self) -> None:
        super().__init__("a message without Encrypt in safe mode: forged, or the modes differ")


class NotReadable(Refusal):
    """Encrypted, while the mode is plain and there is no key to open it with."""

    level = logging.WARNING

    def __init__(self) -> None:
        super().__init__("the account sends encrypted messages: set the mode and the AES key")


class BadCiphertext(Refusal):
    """Well signed, but no key of ours opens it.

    Attributes:
        problem: where opening it failed.
    """

    level = logging.WARNING

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"an encrypted message cannot be opened ({problem}): check the AES key")


class ForeignApp(Refusal):
    """Well signed and opened, but meant for another account.

    Attributes:
        app_id: the account that it names, shortened.
    """

    level = logging.WARNING

    def __init__(self, app_id: str) -> None:
        self.app_id = app_id[:40]
        super().__init__(f"a message for the app id {self.app_id!r}, which is not ours")


class Malformed(Refusal):
    """Not what WeChat sends.

    Attributes:
        problem: what is wrong with it.
    """

    status = 400
    shown = "malformed"

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"not a message of WeChat's: {problem}")


class TooLarge(Refusal):
    """More bytes than any message has.

    Attributes:
        limit: how many are read, in bytes.
    """

    status = 413
    shown = "too large"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"a body of more than {limit} bytes")


class TooSlow(Refusal):
    """A body that did not arrive in time.

    Attributes:
        seconds: how long was waited.
    """

    status = 408
    shown = "too slow"
    permanent = False

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"a body that did not arrive within {seconds} s")


class TooBusy(Refusal):
    """More messages at once than can be answered in time; WeChat sends this one again.

    Attributes:
        running: how many are being answered.
    """

    status = 503
    shown = "busy"
    level = logging.WARNING
    permanent = False

    def __init__(self, running: int) -> None:
        self.running = running
        super().__init__(f"{running} messages are being answered; one more was sent away")
