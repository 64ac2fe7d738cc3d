"""What tests of reporting share: photos as they come, drafts and reports as they stand."""

import re
from itertools import count

from sqlalchemy import Table, select, update

from bot.dialogue.turns import Turn
from bot.messages import Account, Media, plain_text
from community.store import find_account
from hazards.draft_store import draft_photos, find_draft
from hazards.drafts import Draft, DraftPhoto
from hazards.store import hazard_draft_photo, hazard_report
from storage import Database
from tests.bot.functions.conftest import LI, Says

_numbers = count(1)
_CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}")
PLACE = "阳光小区3栋2楼楼道"


def photo() -> tuple[Media, ...]:
    return (Media("photo", f"ref-{next(_numbers)}"),)


def shown(turn: Turn) -> str:
    return "\n".join(map(plain_text, turn.replies))


def account_id(database: Database, account: Account = LI) -> int:
    found = database.read(lambda db: find_account(db, account.channel, account.name))
    assert found is not None
    return found


def draft_of(database: Database, account: Account = LI) -> Draft | None:
    owner = account_id(database, account)
    return database.read(lambda db: find_draft(db, owner))


def photos_of(database: Database, account: Account = LI) -> list[DraftPhoto]:
    owner = account_id(database, account)
    return database.read(lambda db: draft_photos(db, owner))


def rows(database: Database, table: Table) -> list[dict[str, object]]:
    return database.read(lambda db: [dict(row._mapping) for row in db.execute(select(table))])


def reports(database: Database) -> list[dict[str, object]]:
    return rows(database, hazard_report)


def fetched(database: Database) -> None:
    """Every photo was fetched meanwhile."""
    database.write(lambda db: db.execute(update(hazard_draft_photo).values(refused="gone")))


def reported(sends: Says, what: str = "楼道堆满纸箱") -> str:
    """Report something in words; return its code."""
    sends(f"举报 {what}")
    said = sends(PLACE)
    if "没错就提交" in shown(said):
        said = sends("1")
    return code_in(said)


def code_in(turn: Turn) -> str:
    """Return the first code in a receipt, as it stands there."""
    found = _CODE.search(shown(turn))
    assert found is not None
    return found[0]
