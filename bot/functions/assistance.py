"""帮扶登记: who needs help to leave the building tells which help and where, and agrees to it.

The kind of help is chosen, never described; nothing is registered without a yes.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.dialogue.control import bare_word
from bot.dialogue.deciding import Outcome
from bot.dialogue.functions import Function, Saying, Visit
from bot.dialogue.session import Flow
from bot.functions.assistance_draft import Draft, Drafts
from bot.messages import Choice
from community.assistance import KINDS, BadNeed, Need, read_need, unified_phone, unified_room
from community.assistance_store import (
    Registered,
    change,
    need_of,
    register_need,
    registrations_of,
    renew,
    withdraw_need,
)
from community.bindings import BoundBuilding, bound_buildings
from community.register_store import find_building, find_building_by_code
from community.registers import Building
from community.sealing import Damaged
from community.store import resident_of

_logger = logging.getLogger(__name__)

KEY, OFF, RENEW = "assistance", "assistoff", "assistrenew"
_ROOM, _KINDS, _PHONE, _CONSENT = "room", "kinds", "phone", "consent"
_MOST_TYPED_CHARACTERS = 40
_LAST_DIGITS = 4
# None of these is what somebody shouts who cannot get out now.
_WORDS = frozenset({
    "登记需要帮助", "需要帮助登记", "疏散帮助", "疏散帮助登记", "帮扶登记", "登记帮扶",
    "我的帮扶登记", "改帮扶登记", "行动不便登记", "老人下楼要人帮", "残疾人登记", "evacuation help",
    "register for evacuation help", "my evacuation help",
})  # fmt: skip
# Within an emergency these say who is in it; so they are read outside of one alone.
_CALM_WORDS = frozenset({"我行动不便", "老人行动不便", "家里老人行动不便", "家人行动不便"})
_OFF_WORDS = frozenset({
    "撤回帮扶登记", "撤回登记", "取消帮扶登记", "撤销帮扶登记", "删除帮扶登记",
    "withdraw evacuation help",
})  # fmt: skip
_RENEW_WORDS = frozenset({"帮扶续一年", "帮扶登记续一年", "续帮扶登记", "renew evacuation help"})
_SEVERAL_NUMBERS = re.compile(rf"[1-{len(KINDS)}](?:[\s,，、和.]*[1-{len(KINDS)}])+")
_HAS_NUMBER = re.compile(r"[0-9０-９一二三四五六七八九十]")
_LIKE_PHONE = re.compile(r"(?:\D*[0-9０-９]){5}")


class Assistance:
    """The function; ``key`` is the installation's, as the vault derives it."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._drafts = Drafts(KEY, key)

    def functions(self) -> list[Function]:
        """Return them as they are registered: registering, taking back, one year more."""
        labels = {"assist_again": KEY, "assist_begin": KEY} | dict.fromkeys(
            ("assist_kinds_done", "assist_phone_none", "assist_phone_keep", "assist_room_keep",
             "assist_agree", "assist_disagree", "assist_edit", "assist_withdraw_at"), "",
        )  # fmt: skip
        renew_labels = {"assist_renew": RENEW, "assist_renew_at": RENEW}
        return [
            Function(
                KEY, self.open, _WORDS, self.step, recognise=self.recognise, reads_known=True,
                waits_for_safety=True, labels=labels,
            ),
            Function(OFF, self._off, _OFF_WORDS, waits_for_safety=True),
            Function(
                RENEW, self._renew, _RENEW_WORDS, waits_for_safety=True, labels=renew_labels
            ),
        ]  # fmt: skip

    def open(self, visit: Visit, given: str) -> Outcome:
        """Show what is registered, or begin; or do what stands behind a choice."""
        action, _, rest = given.partition("/")
        if act := self._begins.get(action):
            return act(self, visit, rest)
        draft = self._drafts.of(visit) if action in self._goes_on else None
        return self._goes_on[action](self, visit, draft, rest) if draft else self._show(visit)

    def step(self, visit: Visit, flow: Flow) -> Outcome | None:
        """Read a room, several kinds by their numbers, or a phone."""
        draft, read = self._drafts.of(visit), self._reads.get(flow.step)
        typed = visit.text.strip()
        if draft is None or read is None or len(typed) > _MOST_TYPED_CHARACTERS:
            return None
        outcome = read(self, visit, draft, typed)
        # It is kept sealed and nowhere else.
        return outcome and replace(outcome, effects=replace(outcome.effects, is_unsaid=True))

    def recognise(self, visit: Visit) -> Outcome | None:
        """Offer it to who says in calm that they, or one of theirs, cannot walk well."""
        return self._show(visit) if bare_word(visit.text) in _CALM_WORDS else None

    def _show(self, visit: Visit) -> Outcome:
        standing = _standing(visit)
        if not standing:
            return self._begin(visit)
        lines = [self._line(visit, one, building) for one, building in standing]
        choices = [
            visit.choice(name, f"{key}/{building.code}", building=building.name)
            for _, building in standing
            for name, key in (
                ("assist_edit", f"{KEY}/edit"),
                ("assist_withdraw_at", OFF),
                ("assist_renew_at", RENEW),
            )
        ]
        taken = {building.id for _, building in standing}
        if any(home.building.id not in taken for home in _homes(visit)):
            choices.append(visit.choice("assist_add", f"{KEY}/add"))
        text = "\n".join([visit.words["assist_yours"], *lines])
        return visit.saying(text).offering(choices).outcome()

    def _line(self, visit: Visit, one: Registered, building: Building) -> str:
        need = self._need(visit, building)
        until = _day(visit, one.renew_by)
        if need is None:
            return visit.words["assist_unreadable"].format(building=building.name)
        values = {"what": _what(visit, building, need), "until": until}
        is_over = one.renew_by <= visit.now
        return visit.words["assist_line_over" if is_over else "assist_line"].format(**values)

    def _need(self, visit: Visit, building: Building) -> Need | None:
        """Return what is registered; None when it cannot be read any more."""
        try:
            return need_of(visit.db, self._key, _resident(visit), building.id, visit.now)
        except Damaged:
            _logger.exception("a registration of account %s is damaged", visit.account_id)
            return None

    def _begin(self, visit: Visit, rest: str = "") -> Outcome:  # noqa: ARG002 - a row of the table
        taken = {building.id for _, building in _standing(visit)}
        homes = [home for home in _homes(visit) if home.building.id not in taken]
        if not homes:
            bind = visit.choice("assist_bind", "building")
            return visit.say("assist_no_building").offering([bind]).outcome()
        if len(homes) == 1:
            return self._at(visit, homes[0].building.code)
        choices = [
            Choice(home.building.name, function=f"{KEY}/at/{home.building.code}") for home in homes
        ]
        return visit.say("assist_which_building").offering(choices).outcome()

    def _at(self, visit: Visit, code: str) -> Outcome:
        """Ask for the room in one of their buildings; what is registered there is changed."""
        if any(building.code == code for _, building in _standing(visit)):
            return self._edit(visit, code)
        home = next((one for one in _homes(visit) if one.building.code == code), None)
        if home is None:
            return self._show(visit)
        room = _room_of(home)
        choices = [visit.choice("assist_room_unit", f"{KEY}/unit", room=room)] if room else []
        said = visit.say("assist_room", building=home.building.name)
        return self._waiting(said.offering(choices), Draft(code), _ROOM)

    def _edit(self, visit: Visit, code: str) -> Outcome:
        building = _registered_at(visit, code)
        if building is None:
            return self._show(visit)
        need = self._need(visit, building)
        draft = Draft(code, is_change=True)
        if need is None:
            said = visit.say("assist_room_again")
        else:
            draft = Draft(code, need.room, need.kinds, need.phone, is_change=True)
            keep = visit.choice("assist_room_keep", f"{KEY}/keep/room")
            said = visit.say("assist_room_again").offering([keep])
        return self._waiting(said, draft, _ROOM)

    def _unit(self, visit: Visit, draft: Draft, rest: str) -> Outcome:  # noqa: ARG002 - a row
        homes = (one for one in _homes(visit) if one.building.code == draft.building)
        room = next((_room_of(one) for one in homes), "")
        return self._ask_kinds(visit, replace(draft, room=room)) if room else self._show(visit)

    def _keep(self, visit: Visit, draft: Draft, rest: str) -> Outcome:
        return self._ask_consent(visit, draft) if rest == _PHONE else self._ask_kinds(visit, draft)

    def _read_room(self, visit: Visit, draft: Draft, typed: str) -> Outcome | None:
        try:
            room = unified_room(typed)
        except BadNeed:
            if visit.is_question or not _HAS_NUMBER.search(typed):
                return None
            return self._waiting(visit.say("assist_bad_room"), draft, _ROOM)
        return self._ask_kinds(visit, replace(draft, room=room))

    def _ask_kinds(self, visit: Visit, draft: Draft) -> Outcome:
        names = _kind_names(visit, draft.kinds)
        said = visit.say("assist_kinds_more" if names else "assist_kinds", kinds=names)
        choices = [visit.choice(f"assist_kind_{kind}", f"{KEY}/kind/{kind}") for kind in KINDS]
        done = visit.choice("assist_kinds_done", f"{KEY}/done")
        return self._waiting(said.offering([*choices, done]), draft, _KINDS)

    def _kind(self, visit: Visit, draft: Draft, kind: str) -> Outcome:
        """Choose a kind, or take it back when it was chosen before."""
        chosen = set(draft.kinds) ^ ({kind} & set(KINDS))
        kinds = tuple(one for one in KINDS if one in chosen)
        return self._ask_kinds(visit, replace(draft, kinds=kinds))

    def _read_kinds(self, visit: Visit, draft: Draft, typed: str) -> Outcome | None:
        if not _SEVERAL_NUMBERS.fullmatch(typed):
            return None
        numbers = {int(digit) for digit in re.findall(r"[0-9]", typed)}
        kinds = tuple(kind for number, kind in enumerate(KINDS, 1) if number in numbers)
        return self._ask_phone(visit, replace(draft, kinds=kinds))

    def _done(self, visit: Visit, draft: Draft, rest: str) -> Outcome:  # noqa: ARG002 - a row
        return self._ask_phone(visit, draft) if draft.kinds else self._ask_kinds(visit, draft)

    def _ask_phone(self, visit: Visit, draft: Draft, name: str = "assist_phone") -> Outcome:
        choices = [visit.choice("assist_phone_none", f"{KEY}/nophone")]
        if draft.phone:
            choices.insert(0, visit.choice("assist_phone_keep", f"{KEY}/keep/{_PHONE}"))
        return self._waiting(visit.say(name).offering(choices), draft, _PHONE)

    def _read_phone(self, visit: Visit, draft: Draft, typed: str) -> Outcome | None:
        try:
            phone = unified_phone(typed)
        except BadNeed:
            is_meant = _LIKE_PHONE.match(typed) and not visit.is_question
            return self._ask_phone(visit, draft, "assist_bad_phone") if is_meant else None
        return self._ask_consent(visit, replace(draft, phone=phone))

    def _no_phone(self, visit: Visit, draft: Draft, rest: str) -> Outcome:  # noqa: ARG002 - a row
        return self._ask_consent(visit, replace(draft, phone=""))

    def _ask_consent(self, visit: Visit, draft: Draft) -> Outcome:
        """Say who sees what and ask for a yes; who only changes something has said it."""
        building, need = _place(visit, draft.building), _need_in(draft)
        if building is None or need is None:
            return self._show(visit)
        if draft.is_change:
            return self._changed(visit, building, need)
        yes = visit.choice("assist_agree", f"{KEY}/agree")
        no = visit.choice("assist_disagree", f"{KEY}/disagree")
        said = visit.say("assist_consent", what=_what(visit, building, need)).asking(yes, no)
        return self._waiting(said, draft, _CONSENT)

    def _changed(self, visit: Visit, building: Building, need: Need) -> Outcome:
        resident = _resident(visit)
        if not change(visit.db, self._key, resident, building.id, need, visit.now):
            return self._show(visit)  # withdrawn meanwhile
        what = _what(visit, building, need)
        return visit.say("assist_changed", what=what).booked().outcome()

    def _agreed(self, visit: Visit, draft: Draft, rest: str) -> Outcome:  # noqa: ARG002 - a row
        building, need = _place(visit, draft.building), _need_in(draft)
        was_asked = visit.session.flow is not None and visit.session.flow.step == _CONSENT
        if building is None or need is None or not was_asked:
            return self._show(visit)
        register_need(visit.db, self._key, _resident(visit), building.id, need, visit.now)
        return visit.say("assist_done", building=building.name).booked().outcome()

    def _disagreed(self, visit: Visit, rest: str) -> Outcome:  # noqa: ARG002 - a row of the table
        again = visit.choice("assist_again", KEY)
        return visit.say("assist_not_registered").offering([again]).outcome()

    def _off(self, visit: Visit, code: str) -> Outcome:
        """Take one back; without a code the only one, or ask which."""
        standing = [building for _, building in _standing(visit)]
        if not standing:
            return _nothing(visit)
        if not code and len(standing) > 1:
            choices = [
                visit.choice("assist_withdraw_at", f"{OFF}/{one.code}", building=one.name)
                for one in standing
            ]
            return visit.say("assist_withdraw_which").offering(choices).outcome()
        building = next((one for one in standing if code in {"", one.code}), None)
        if building is None or not withdraw_need(
            visit.db, _resident(visit), building.id, visit.now
        ):
            return self._show(visit)
        return visit.say("assist_withdrawn", building=building.name).booked().outcome()

    def _renew(self, visit: Visit, code: str) -> Outcome:
        """Agree for one more year to the one with a code, or to all."""
        resident = _resident(visit)
        renewed = [
            building.name
            for _, building in _standing(visit)
            if code in {"", building.code} and renew(visit.db, resident, building.id, visit.now)
        ]
        if not renewed:
            return _nothing(visit)
        until = _day(visit, max(one.renew_by for one, _ in _standing(visit)))
        names = visit.words["assist_and"].join(renewed)
        return visit.say("assist_renewed", buildings=names, until=until).booked().outcome()

    def _waiting(self, said: Saying, draft: Draft, step: str) -> Outcome:
        return said.waiting(self._drafts.flow(said.visit, draft, step)).booked().outcome()

    _begins: Mapping[str, Callable[["Assistance", Visit, str], Outcome]] = {
        "add": _begin, "at": _at, "edit": _edit, "disagree": _disagreed,
    }  # fmt: skip
    _goes_on: Mapping[str, Callable[["Assistance", Visit, Draft, str], Outcome]] = {
        "unit": _unit, "keep": _keep, "kind": _kind, "done": _done, "nophone": _no_phone,
        "agree": _agreed,
    }  # fmt: skip
    _reads: Mapping[str, Callable[["Assistance", Visit, Draft, str], Outcome | None]] = {
        _ROOM: _read_room, _KINDS: _read_kinds, _PHONE: _read_phone,
    }  # fmt: skip


def _resident(visit: Visit) -> int:
    return resident_of(visit.db, visit.account_id)


def _homes(visit: Visit) -> list[BoundBuilding]:
    return bound_buildings(visit.db, _resident(visit))


def _standing(visit: Visit) -> list[tuple[Registered, Building]]:
    """Return their registrations with the buildings, archived ones too."""
    found = registrations_of(visit.db, _resident(visit), visit.now)
    places = [(one, find_building(visit.db, one.building_id)) for one in found]
    return [(one, building) for one, building in places if building]


def _registered_at(visit: Visit, code: str) -> Building | None:
    return next((building for _, building in _standing(visit) if building.code == code), None)


def _place(visit: Visit, code: str) -> Building | None:
    return _registered_at(visit, code) or find_building_by_code(visit.db, code)


def _room_of(home: BoundBuilding) -> str:
    """Return the room in what they told of their flat; "" when it names none."""
    try:
        return unified_room(home.unit)
    except BadNeed:
        return ""


def _need_in(draft: Draft) -> Need | None:
    """Return what a draft registers; None while something lacks."""
    try:
        return read_need(draft.room, draft.kinds, draft.phone)
    except BadNeed:
        return None


def _what(visit: Visit, building: Building, need: Need) -> str:
    """Return a registration in one line; of a phone only its end, for whoever looks on."""
    name = "assist_what_phone" if need.phone else "assist_what"
    return visit.words[name].format(
        building=building.name, room=need.room, kinds=_kind_names(visit, need.kinds),
        phone=need.phone[-_LAST_DIGITS:],
    )  # fmt: skip


def _kind_names(visit: Visit, kinds: Sequence[str]) -> str:
    return visit.words["assist_and"].join(visit.words[f"assist_kind_{kind}"] for kind in kinds)


def _nothing(visit: Visit) -> Outcome:
    return visit.say("assist_none").offering([visit.choice("assist_begin", KEY)]).outcome()


def _day(visit: Visit, at: datetime) -> str:
    local = at.astimezone(visit.now.tzinfo)
    return visit.words["assist_day"].format(year=local.year, month=local.month, day=local.day)
