"""A registration in the making, sealed: what somebody needs stands readable in no session."""

import json
import logging
from dataclasses import asdict, dataclass, field

from bot.dialogue.functions import Visit
from bot.dialogue.session import Flow
from community.data_key_store import opened, sealed_for
from community.sealing import Damaged, WrongKey
from community.store import resident_of

_logger = logging.getLogger(__name__)

_CONTEXT = b"assistance-draft"
_DATA = "draft"


@dataclass(frozen=True, slots=True)
class Draft:
    """What was told so far.

    Attributes:
        building: its code.
        room: as ``community.assistance.unified_room`` returns it; "" until told.
        kinds: those chosen, as ``community.assistance.KINDS`` names them.
        phone: "" until told, or for none.
        is_change: whether it changes what they agreed to before.
    """

    building: str
    room: str = ""
    kinds: tuple[str, ...] = ()
    phone: str = ""
    is_change: bool = False


@dataclass(frozen=True, slots=True)
class Drafts:
    """Puts drafts into a session's flow and reads them there.

    Attributes:
        function: the key of the function whose flow it is.
        key: of the installation's vault.
    """

    function: str
    key: bytes = field(repr=False)

    def flow(self, visit: Visit, draft: Draft, step: str) -> Flow:
        """Return the flow that waits at ``step``; a key is written, so the turn is booked."""
        plain = json.dumps(asdict(draft), ensure_ascii=False).encode()
        resident = resident_of(visit.db, visit.account_id)
        sealed = sealed_for(visit.db, self.key, resident, plain, _CONTEXT)
        return Flow(self.function, step, {_DATA: sealed.hex()})

    def of(self, visit: Visit) -> Draft | None:
        """Return the draft they are in the middle of; None when there is none to be read."""
        flow = visit.session.flow
        if flow is None or flow.function != self.function or _DATA not in flow.data:
            return None
        try:
            plain = opened(visit.db, self.key, bytes.fromhex(flow.data[_DATA]), _CONTEXT)
        except (Damaged, WrongKey):
            _logger.warning("a draft of account %s is unreadable; it starts anew", visit.account_id)
            return None
        return _read(plain) if plain else None


def _read(plain: bytes) -> Draft:
    content = json.loads(plain)
    return Draft(**{**content, "kinds": tuple(content["kinds"])})
