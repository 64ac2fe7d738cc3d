"""The wording files: complete, checked when read, and their mistakes named."""

from pathlib import Path
from shutil import copytree

import pytest

from bot.phrases import EMERGENCY_KINDS, GENERAL_NAMES, load_wording, wording_faults
from bot.wordingfiles import WordingError

SETTINGS = ("gas_hotline", "lift_rescue", "sms_alarm", "property_phone", "community_phone")
WORDING = Path(__file__).parents[2] / "bot" / "wording"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copytree(WORDING, tmp_path / "wording")
    return tmp_path / "wording"


def test_every_emergency_kind_has_its_words() -> None:
    wording = load_wording().emergency
    assert set(wording.kinds) == set(wording.perhaps) == set(EMERGENCY_KINDS)
    assert {words.follow for words in wording.kinds.values()} <= set(wording.follow)
    assert {words.call for words in wording.kinds.values()} <= set(wording.first_line)


def test_crisis_texts_hold_no_amounts_and_name_help() -> None:
    crisis = load_wording().crisis
    for kind in crisis.kinds.values():
        assert "110" in kind.text
        assert "12356" in kind.text
    for kind in crisis.kinds.values():
        assert set(kind.choices) <= set(crisis.after)


def test_each_decline_names_another_door() -> None:
    decline = load_wording().decline
    for text in (decline.other, *(door.say for door in decline.doors)):
        assert any(word in text for word in ("12345", "110", "120", "95598", "天气预报", "客服"))


def change(folder: Path, name: str, old: str, new: str) -> int:
    """Replace a text in a wording file, and return the line it stands in."""
    path = folder / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_shipped_wording_has_no_fault() -> None:
    assert wording_faults(SETTINGS) == []


# What a reply would stumble over: (file, text, changed text, problem).
STUMBLES = {
    "unknown call": ("emergency", "call: fire_brigade", "call: fier", "不认识“fier”"),
    "unknown steps": ("emergency", "follow: elevator", "follow: lift", "不认识“lift”"),
    "unknown choices": ("emergency", "  both: [", "  bth: [", "不认识“bth”"),
    "a kind is missing": ("emergency", "  burn:\n    call", "  burnt:\n    call", "缺“burn”"),
    "a name to format": ("emergency", "ask_place: 在哪", "ask_place: 在{street}哪", "“{street}”"),
    "a setting to format": ("emergency", "照着念给{number}。", "{gas_hotline}", "“{gas_hotline}”"),
    "an open brace": ("emergency", "waiting: 照", "waiting: '{'  #", "花括号不成对"),
    "a nameless brace": ("emergency", "waiting: 照", "waiting: '{}'  #", "不能写“{}”"),
    "a format": ("emergency", "waiting: 照", "waiting: '{number:d}'  #", "“{number}”"),
    "an attribute": ("emergency", "waiting: 照", "waiting: '{number.x}'  #", "“{number.x}”"),
    "a general name": ("general", "bad_number:", "bad_nummer:", "缺“bad_number”"),
    "a place elsewhere": ("general", "本服务覆盖的是{district}", "{number}", "“{number}”"),
    "a crisis": ("crisis", "  recipe:", "  recipes:", "缺“recipe”"),
    "a crisis choice": ("crisis", "choices: [我安全,", "choices: [我好,", "不认识“我好”"),
    "a certain kind": ("certain", "  fire: [着火了", "  fier: [着火了", "不认识“fier”"),
    "a certain crisis": ("certain", "  self_harm:", "  selfharm:", "不认识“selfharm”"),
}


@pytest.mark.parametrize("name", STUMBLES)
def test_what_a_reply_would_stumble_over_stops_the_start(folder: Path, name: str) -> None:
    file, old, new, problem = STUMBLES[name]
    line = change(folder, file, old, new)

    with pytest.raises(WordingError) as raised:
        load_wording(folder)
    assert problem in raised.value.problem
    assert raised.value.file == f"bot/wording/{file}.yaml"
    first = wording_faults(SETTINGS, folder)[0]
    assert (first.file, first.problem) == (raised.value.file, raised.value.problem)
    if not problem.startswith("缺"):
        assert raised.value.line == line


def test_an_answer_without_further_steps_stops_the_start(folder: Path) -> None:
    path = folder / "emergency.yaml"
    text = path.read_text(encoding="utf-8")
    steps = text.index("    no_phone:", text.index("follow:\n  fire:"))
    path.write_text(f"{text[:steps]}    no_phone: []\n  spare:\n    called: [一]\n{text[steps:]}")
    with pytest.raises(WordingError, match="“no_phone”里没有步骤"):
        load_wording(folder)


# What would only read badly: `lifeline check` says so, and the service starts.
BLEMISHES = {
    "a name nothing reads": ("general", "help: ", "helped: x\nhelp: ", "不认识“helped”"),
    "a setting nobody declared": (
        "emergency",
        "打{lift_rescue}；没",
        "打{lift}；没",
        "不能写“{lift}”",
    ),
    "braces where none are filled": ("general", "cancelled: 好", "cancelled: 好{number}", "花括号"),
    "braces in a decline": ("decline", "other: 这个", "other: 这个{x}", "花括号"),
    "a kind nobody detects": ("emergency", "perhaps:\n", "perhaps:\n  flood: 走\n", "“flood”"),
    "an answer nobody can choose": ("crisis", "after:\n", "after:\n  别的: 好\n", "不认识“别的”"),
}


@pytest.mark.parametrize("name", BLEMISHES)
def test_what_would_read_badly_is_found_by_the_check_alone(folder: Path, name: str) -> None:
    file, old, new, problem = BLEMISHES[name]
    line = change(folder, file, old, new)

    load_wording(folder)
    (found,) = wording_faults(SETTINGS, folder)
    assert problem in found.problem + found.mend
    assert found.file == f"bot/wording/{file}.yaml"
    assert found.line in {line, line + 1}


def test_settings_are_left_alone_where_none_are_known(folder: Path) -> None:
    change(folder, "emergency", "打{lift_rescue}；没", "打{lift}；没")
    assert wording_faults(None, folder) == []


# A file of another form: (file, text, changed text, problem).
FORMS = {
    "a key is missing": ("emergency", "over: ", "ovr: ", "缺“over”"),
    "no sentence": ("emergency", "not_now: 好", "not_now: no #", "“not_now”这里要写成一句文字"),
    "no list": ("emergency", "stay_choices: [下一步, 安全了]", "stay_choices: 好", "要写成列表"),
    "too few": ("emergency", "stay_choices: [下一步, 安全了]", "stay_choices: [好]", "少了几项"),
    "too many": ("emergency", "choices: [已打119,", "choices: [好, 已打119,", "多了几项"),
    "no pattern": ("certain", "    - 不想活|", "    - (不想活|", "不是正则表达式"),
    "no mapping": ("decline", "  - words: [电费", "  - 好\n  - words: [电费", "“名字: 值”"),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_file_of_another_form_is_named_by_line(folder: Path, name: str) -> None:
    file, old, new, problem = FORMS[name]
    line = change(folder, file, old, new)

    with pytest.raises(WordingError) as raised:
        load_wording(folder)
    assert problem in raised.value.problem
    found = wording_faults(SETTINGS, folder)
    assert raised.value.problem in [one.problem for one in found]
    if not problem.startswith("缺"):
        assert raised.value.line == line


def test_every_fault_of_form_is_told_at_once(folder: Path) -> None:
    change(folder, "emergency", "over: ", "ovr: ")
    change(folder, "decline", "other: ", "others: ")
    problems = [found.problem for found in wording_faults(SETTINGS, folder)]
    assert {"缺“over”", "不认识“ovr”", "缺“other”", "不认识“others”"} <= set(problems)


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"- said: [\xe4\xbd\xa0\n", 1, "格式读不懂"),
        (b"- a: 1\n- b: '\n", 2, "格式读不懂"),
        ("# 好\n- said: [你好]\n".encode("gbk"), 1, "文件不是UTF-8编码"),
        (b"- \x07", 1, "格式读不懂"),
        (b"", 1, "“chat”要写成列表"),
        (None, 1, "读不到这个文件"),
    ],
    ids=["open bracket", "open quote", "GBK", "control character", "empty", "missing"],
)
def test_a_file_that_cannot_be_read_is_named(
    folder: Path, content: bytes | None, line: int, problem: str
) -> None:
    (folder / "chat.yaml").unlink()
    if content is not None:
        (folder / "chat.yaml").write_bytes(content)
    with pytest.raises(WordingError) as raised:
        load_wording(folder)
    (found,) = wording_faults(SETTINGS, folder)
    for error in (raised.value, found):
        assert (error.file, error.line) == ("bot/wording/chat.yaml", line)
        assert problem in error.problem


def test_a_file_of_windows_is_read(folder: Path) -> None:
    path = folder / "decline.yaml"
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig", newline="\r\n")
    assert load_wording(folder) == load_wording()


def test_every_general_name_is_said_somewhere_in_the_code() -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (WORDING.parent).rglob("*.py")
        if path.name != "phrases.py"
    )
    assert [name for name in sorted(GENERAL_NAMES) if f'"{name}"' not in code] == []
