"""What an anonymous report (匿名上报) needs: a password, and counting that names nobody.

Passwords and senders are kept as HMACs only, senders under a key of the day, so that no row
leads from a report to a channel account, and yesterday's counts lead nowhere.
"""

import hashlib
import hmac
from datetime import date

from community.keys import derived_key
from storage import new_code, read_code


def new_password() -> str:
    """Return a password of eight characters, none of which is mistaken for another.

    Made as codes are: 35 random bits, and a check character that tells a slip from a guess.
    """
    return new_code()


def read_password(typed: str) -> str | None:
    """Return the password somebody typed, None when it is none or has a slip in it."""
    return read_code(typed)


def password_mac(key: bytes, code: str, password: str) -> str:
    """Return what is kept of a report's password, 64 hexadecimal digits.

    Args:
        key: the installation's.
        code: the report's; the same password of another report gives another result.
        password: as ``new_password`` or ``read_password`` returned it.
    """
    return _mac(derived_key(key, "report password"), f"{code}:{password}")


def daily_mac(key: bytes, day: date, what: str) -> str:
    """Return what stands for a sender, or for what is counted, on one day.

    Args:
        key: the installation's.
        day: another day gives another result, so that days cannot be joined.
        what: such as ``wechat:`` and the account's name.
    """
    return _mac(derived_key(key, f"hazard limits {day.isoformat()}"), what)


def operation_mac(key: bytes, source: str, operation: str) -> str:
    """Return what is kept of an operation's id, so that no row repeats what a sender chose."""
    return _mac(derived_key(key, "hazard operation"), f"{source}:{operation}")


def _mac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
