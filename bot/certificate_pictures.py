"""Certificates as pictures for chat: drawn beside the turn that asked, sent, and deleted.

A picture holds the name that its owner chose, so its file stays a day and no longer.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.dialogue.turns import reply_to_json
from bot.messages import Reply
from bot.papers.certificate import Certificate, certificate_paper
from bot.papers.typesetting import Typesetter
from community.deliveries import Delivery
from community.delivery_store import queue_delivery
from community.districts import District
from community.store import address_of, resident_of
from hazards.commendation_store import Commendation, commendation_by_id
from storage import Jobs, Run, schedule

JOB, FORGET_JOB = "certificate_picture", "certificate_picture_forget"
FOLDER = "certificates"
KEPT = timedelta(days=1)
CHAT_PPI = 110
PURPOSE = "reply"
TITLE: Literal["感谢状"] = "感谢状"


@dataclass(frozen=True, slots=True)
class CertificatePictures:
    """Draws and sends them; ``data_dir`` is the folder that channels send pictures from."""

    data_dir: Path
    typesetter: Typesetter
    districts: Mapping[str, District]
    public_url: str

    def register(self, jobs: Jobs) -> None:
        """Give the jobs their names."""
        jobs.job(JOB, lane="bulk")(self.draw)
        jobs.job(FORGET_JOB, lane="bulk")(self.forget)

    def draw(self, run: Run, commendation_id: int, account_id: int) -> None:
        """Draw one for its owner's chat; withdrawn, or another's by now, it is not drawn.

        Raises:
            ChildError: when it could not be set; the work is tried again.
        """
        found = run.database.read(lambda db: _own(db, commendation_id, account_id))
        if found is None or found.district_id not in self.districts:
            run.database.write(run.finish)
            return
        paper = certificate_paper(self.certificate(found))
        page = self.typesetter.pages(paper, ppi=CHAT_PPI)[0]
        name = f"{FOLDER}/{secrets.token_hex(16)}.png"
        (self.data_dir / FOLDER).mkdir(parents=True, exist_ok=True)
        (self.data_dir / name).write_bytes(page)
        run.database.write(lambda db: _sent(db, run, account_id, name))

    def forget(self, run: Run, name: str) -> None:
        """Delete a picture's file."""
        (self.data_dir / FOLDER / Path(name).name).unlink(missing_ok=True)
        run.database.write(run.finish)

    def certificate(self, found: Commendation) -> Certificate:
        """Return what stands on it."""
        district = self.districts[found.district_id]
        zone = ZoneInfo(district.timezone)
        last = found.expires_at.astimezone(zone) - timedelta(seconds=1)
        return Certificate(
            title=TITLE,
            text=found.text,
            issuer=f"{district.name} 生命通道",
            code=f"{found.code[:4]}-{found.code[4:]}",
            check_url=f"{self.public_url.rstrip('/')}/certificates/{found.code}",
            issued_on=found.issued_at.astimezone(zone).date(),
            valid_until=last.date(),
            name=found.shown_as,
        )


def _own(db: Connection, commendation_id: int, account_id: int) -> Commendation | None:
    found = commendation_by_id(db, commendation_id)
    if found is None or found.withdrawn_at is not None:
        return None
    return found if found.resident_id == resident_of(db, account_id) else None


def _sent(db: Connection, run: Run, account_id: int, name: str) -> None:
    """Queue the picture, and plan its end; a run that was beaten by another leaves a stray file."""
    is_first = run.finish(db)
    schedule(db, FORGET_JOB, name, run.now + KEPT, [name])
    if not is_first:
        return
    channel, _ = address_of(db, account_id)
    body = [reply_to_json(Reply("chat", TITLE, picture=name))]
    expires = run.now + KEPT
    queue_delivery(
        db,
        Delivery(
            account_id, channel, "reply", PURPOSE, body, f"certificate:{name}",
            due_at=run.now, expires_at=expires,
        ),
        run.now,
    )  # fmt: skip
