"""What phones send once they have a network again (离线): names for each thing, given there.

Values alone; what was received stands in ``community.offline_store``.
"""

from dataclasses import dataclass
from uuid import UUID


class OfflineError(Exception):
    """An operation of a phone cannot be taken."""

    permanent = True


class BadOperation(OfflineError):
    """An operation's id is no UUID."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text!r} is no operation: give each form a UUID of its own")


class OperationOfAnother(OfflineError):
    """An operation's id was used for something else, or by somebody else."""

    def __init__(self, operation_id: str) -> None:
        self.operation_id = operation_id
        super().__init__(f"operation {operation_id} was used before: give each form a new UUID")


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that somebody did, perhaps hours ago; sent again it has no second effect.

    Attributes:
        id: a UUID that the phone gave, as ``read_operation_id`` returns it.
        staff_id: who did it.
        kind: what, a word of the code.
    """

    id: str
    staff_id: int
    kind: str


def read_operation_id(text: str) -> str:
    """Return a UUID in the one way it is kept.

    Raises:
        BadOperation: when it is none.
    """
    try:
        return str(UUID(text))
    except ValueError as error:
        raise BadOperation(text) from error
