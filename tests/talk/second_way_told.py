"""Reads a transcript of several residents, staff and passing time, and replays it line by line.

    > 甲 楼道堆满了纸箱          what a resident writes; [照片2] before it is a photo
    * 甲那件：受理、派单          what staff do, by the names on the buttons; words in （）
    * 乙那件并入甲那件            or 撤销合并乙那件
    * 批准丙那件的奖励
    * 到了10月8日10:05           with all that is due by then

Below a resident's line stands what is answered, below the others how the case is then. Codes are
drawn anew each time: 「{甲}」 is the last that 甲 was shown, 「{丙密码}」 the password.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.messages import Account
from hazards.cases import Act
from hazards.merging import merge, merges_of, undo
from hazards.transitions import LEVEL_NAMES, MOVES, STATE_NAMES
from tests.talk.second_way import ANN, BOB, CAT, CODE, Walk

SAID, DONE = "> ", "* "
_HIDDEN = "□□□□-□□□□"
_PEOPLE: Mapping[str, Account] = {"甲": ANN, "乙": BOB, "丙": CAT}
_NAMES = {move.label: move.name for move in MOVES.values()}
_PHOTO = re.compile(r"\[照片(\d+)\]\s*")
_PASSWORD = re.compile(r"密码：([0-9A-Z]{4}-[0-9A-Z]{4})")


@dataclass
class Teller:
    """Replays lines over a walk, and remembers who was shown which code."""

    walk: Walk
    codes: dict[str, str] = field(default_factory=dict)

    def replayed(self, written: str) -> str:
        """Return a transcript with what is answered and done today."""
        parts = [re.split(r"\n(?:> |\* )", written, maxsplit=1)[0].strip()]
        for line in written.splitlines():
            if line.startswith(SAID):
                parts.append(f"{line}\n\n{self._said(line.removeprefix(SAID))}")
            elif line.startswith(DONE):
                parts.append(f"{line}\n\n{self._done(line.removeprefix(DONE))}")
        return "\n\n".join(parts) + "\n"

    def _said(self, line: str) -> str:
        name, _, text = line.partition(" ")
        for key, code in self.codes.items():
            text = text.replace(f"{{{key}}}", code)
        photo, who = _PHOTO.match(text), _PEOPLE[name]
        if photo:
            told = self.walk.sends_photo(who, int(photo[1]), text[photo.end() :])
        else:
            told = self.walk.says(who, text)
        self._remember(name, told)
        return CODE.sub(_HIDDEN, told) or "（没有回复）"

    def _remember(self, name: str, told: str) -> None:
        if "报好了" in told and (found := CODE.search(told)):
            self.codes[name] = found[0]
        if found := _PASSWORD.search(told):
            self.codes[f"{name}密码"] = found[1]

    def _done(self, line: str) -> str:
        for pattern, act in _ACTS:
            if found := pattern.fullmatch(line):
                return act(self, *found.groups())
        raise AssertionError(f"nobody does {line!r}")

    def _moved(self, name: str, moves: str, reason: str | None) -> str:
        names = [_NAMES[label] for label in moves.split("、")]
        self.walk.moves(self.codes[name], *names, reason=reason or "按规定", **self._lead(name))
        return self._stands(name)

    def _lead(self, name: str) -> dict[str, str]:
        """After reopening the lead does what the street did."""
        is_street = self.walk.case_of(self.codes[name]).handler == "street"
        return {} if is_street else dict.fromkeys(("accept", "rectify", "claim_fix"), "xiao")

    def _merged(self, merged: str, kept: str) -> str:
        walk, into = self.walk, self.walk.case_of(self.codes[kept])
        case = walk.case_of(self.codes[merged])
        act = Act(walk.staff["shen"], case.version)
        walk.write(lambda db: merge(db, into.id, case.id, act, walk.parts.rules, walk.clock()))
        return self._stands(kept)

    def _undone(self, name: str) -> str:
        walk, case = self.walk, self.walk.case_of(self.codes[name])
        (made,) = walk.database.read(lambda db: merges_of(db, case.id))
        version = walk.version_of(made.merged_id)
        act = Act(walk.staff["shen"], version)
        walk.write(lambda db: undo(db, made.id, act, walk.parts.rules, walk.clock()))
        return self._stands(name)

    def _approved(self, name: str) -> str:
        self.walk.approves(self.codes[name])
        return "（批准了）"

    def _came(self, *numbers: str) -> str:
        self.walk.comes(*map(int, numbers))
        names = (name for name in self.codes if name in _PEOPLE and self._is_open(name))
        return "；".join(map(self._stands, names)) or "（没有在办的）"

    def _is_open(self, name: str) -> bool:
        return self.walk.case_of(self.codes[name]).is_open

    def _stands(self, name: str) -> str:
        case = self.walk.case_of(self.codes[name])
        level = f"，{LEVEL_NAMES[case.level]}" if case.level else ""
        people = f"，{case.report_count}人上报" if case.report_count > 1 else ""
        return f"（{name}那件：{STATE_NAMES[case.state]}{level}{people}）"


_ACTS: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = (
    (re.compile(r"(.)那件并入(.)那件"), Teller._merged),
    (re.compile(r"撤销合并(.)那件"), Teller._undone),
    (re.compile(r"批准(.)那件的奖励"), Teller._approved),
    (re.compile(r"到了(\d+)月(\d+)日(\d+):(\d+)"), Teller._came),
    (re.compile(r"(.)那件：([^（]+)(?:（(.+)）)?"), Teller._moved),
)
