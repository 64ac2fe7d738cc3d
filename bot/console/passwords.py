"""Passwords that the console sets, and its notes in the audit log about staff."""

import secrets

from sqlalchemy import Connection
from starlette.datastructures import FormData

from bot.console.shell import Refused, Signed
from community import audit
from community.passwords import LEAST_CHARACTERS, MOST_CHARACTERS, WeakPassword, check_password
from community.staff import Post, Staff

# Without letters and digits that are taken for one another; four groups of four: 79 bits.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS = 4

WEAK = {
    "short": f"新密码至少{LEAST_CHARACTERS}个字符。",
    "long": f"新密码最多{MOST_CHARACTERS}个字符。",
    "login": "新密码里不要有登录名。",
    "common": "这样的密码太容易猜到，换几个不相干的词连起来。",
}


def checked_new_password(login: str, form: FormData) -> str:
    """Return the new password of a form.

    Raises:
        Refused: when it may not be chosen.
    """
    new = str(form.get("password_new", ""))
    try:
        check_password(login, new)
    except WeakPassword as weak:
        raise Refused(WEAK[weak.problem]) from None
    return new


def first_password() -> str:
    """Return a random password that can be read out and typed."""
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUPS)) for _ in range(_GROUPS)
    )


def note_staff(db: Connection, signed: Signed, action: str, staff: Staff) -> None:
    """Note what was done to a whole person, where all who look after them read it."""
    districts = sorted({post.district_id for post in staff.posts})
    audit.note(
        db,
        actor=signed.actor,
        action=action,
        subject=f"staff:{staff.id}",
        detail={},
        now=signed.now,
        district_id=districts[0] if len(districts) == 1 else "",
    )


def note_post(db: Connection, signed: Signed, action: str, staff_id: int, post: Post) -> None:
    """Note that a post was given or taken, in its district."""
    audit.note(
        db,
        actor=signed.actor,
        action=action,
        subject=f"staff:{staff_id}",
        detail={"role": post.role, "street": post.street_id or 0, "department": post.department},
        now=signed.now,
        district_id=post.district_id,
    )
