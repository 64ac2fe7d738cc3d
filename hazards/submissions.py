"""What is handed in, what its reporter gets for it, and what can be wrong with it."""

from dataclasses import dataclass, field

from hazards.drafts import MOST_PHOTOS, Draft


class IntakeError(Exception):
    """A report cannot be taken as it is."""

    permanent = True


class NoCategory(IntakeError):
    """Nobody has said what kind of hazard it is."""

    def __init__(self) -> None:
        super().__init__("a report needs a category: ask for it")


class PhotosPending(IntakeError):
    """An anonymous report waits until its photos are fetched, for their references name people.

    It takes about a second; where it does not, ``draft_store.drop_pending`` gives them up.
    """

    permanent = False

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count} photos are being fetched: submit again in a few seconds")


class TooManyPhotos(IntakeError):
    """More photos were given than one report takes."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count} photos were given: a report takes {MOST_PHOTOS}")


class OperationTaken(IntakeError):
    """An operation's id was used before, by somebody else."""

    def __init__(self) -> None:
        super().__init__("this operation belongs to another report: use an id of your own")


@dataclass(frozen=True, slots=True)
class Submission:
    """What is handed in.

    Attributes:
        source: web, wechat, telegram, terminal, form, open311, staff or import.
        draft: what was told.
        reporter_id: the resident; not noted of anonymous reports.
        account_id: whose draft and photos these are; None for what comes without a channel.
        operation: an id that the sender gives, so that a repeat has no second effect; "" for
            none. Kept as an HMAC.
        file_ids: photos that are kept already (``community.files``): of forms, Open311 and grid
            workers, instead of a draft's.
        api_client_id: whose key it came with.
        sender: what anonymous reports without an account are counted by, such as an address;
            kept as an HMAC of the day; "" counts nothing.
        name: their name, of a report with one; kept in the identity vault alone.
    """

    source: str
    draft: Draft
    reporter_id: int | None
    account_id: int | None
    operation: str = ""
    file_ids: tuple[int, ...] = ()
    api_client_id: int | None = None
    sender: str = ""
    name: str = field(default="", repr=False)

    @property
    def is_anonymous(self) -> bool:
        """Whether nothing may lead to the reporter."""
        return self.draft.privacy == "anonymous"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the reporter gets; a lost one of an anonymous report cannot be had again.

    Attributes:
        code: the report's.
        password: of anonymous reports; "" otherwise, and in a repeat.
        report_id: internal.
        case_id: internal.
        is_repeat: the same operation came before, and had this effect then.
        is_outside: the place is in no district served; it is looked at and referred.
    """

    code: str
    password: str = field(repr=False)
    report_id: int
    case_id: int
    is_repeat: bool
    is_outside: bool
