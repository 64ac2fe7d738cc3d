"""Appeals against blocks (申诉) that were looked at and not granted; a granted one lifts the block.

Somebody else than whoever blocked decides, and the condition stands in the SQL.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Column, Connection, ForeignKey, String, Table, select

from community import audit
from hazards.store import hazard_block
from storage import RowId, UtcDateTime, insert_if_absent, metadata

MOST_WORDS = 200

appeal_decision = Table(
    "hazard_appeal_decision",
    metadata,
    Column(
        "block_id",
        RowId,
        ForeignKey(hazard_block.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("words", String(MOST_WORDS), nullable=False),
    Column("staff_id", RowId),
    Column("decided_at", UtcDateTime, nullable=False),
)

_block = hazard_block.c
_own = appeal_decision.c


def uphold(db: Connection, block_id: int, staff_id: int, words: str, now: datetime) -> bool:
    """Let a block stand after its appeal was looked at (维持).

    Args:
        db: inside a write.
        block_id: which.
        staff_id: who decides; whoever blocked may not.
        words: why.
        now: when.

    Returns:
        False when nothing holds that was appealed against, this person made the block, or
        somebody has decided before.
    """
    holding = (
        select(_block.district_id)
        .where(
            _block.id == block_id,
            _block.lifted_at.is_(None),
            _block.until > now,
            _block.appealed_at.is_not(None),
            _block.staff_id.is_distinct_from(staff_id),
        )
        .with_for_update(key_share=True)
    )
    district_id = db.scalar(holding)
    row = {"block_id": block_id, "words": words, "staff_id": staff_id, "decided_at": now}
    if district_id is None or not insert_if_absent(db, appeal_decision, row, keys=["block_id"]):
        return False
    audit.note(
        db,
        actor=f"staff:{staff_id}",
        action="block.upheld",
        subject=f"block:{block_id}",
        detail={},
        now=now,
        district_id=district_id,
    )
    return True


def upheld(db: Connection, block_ids: Collection[int]) -> dict[int, str]:
    """Return why blocks were let stand, by their ids; those not decided on are left out."""
    rows = db.execute(select(_own.block_id, _own.words).where(_own.block_id.in_(block_ids)))
    return {row.block_id: row.words for row in rows}
