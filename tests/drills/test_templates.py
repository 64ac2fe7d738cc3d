"""The templates of drills: complete, plain, never to be taken for a real alarm."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from community.placefiles import BrokenPlaceFile
from drills.drills import KINDS, Kind
from drills.templates import (
    FIELDS,
    LANGUAGES,
    LEAST_MINUTES,
    MOST_MINUTES,
    NEEDED,
    OCCASIONS,
    TEMPLATES_FILE,
    Occasion,
    load_templates,
)

VALUES = {
    "title": "双福花园1栋消防疏散演练",
    "when": "12月5日（周六）10:00",
    "place": "小区中庭",
    "scenario": "假设厨房起火。",
    "reason": "当天有暴雨。",
}
NOTICES: tuple[Occasion, ...] = ("notice_week", "notice_day", "notice_soon")
DRILLED = [occasion for occasion in OCCASIONS if occasion != "aborted"]
# What fits a phone without scrolling.
MOST_CHARACTERS = {"zh": 170, "en": 450}

every_kind = pytest.mark.parametrize("kind", KINDS)
every_language = pytest.mark.parametrize("language", LANGUAGES)


def said(kind: Kind, language: str, occasion: Occasion) -> str:
    return load_templates()[kind].filled(language, occasion, VALUES)


@every_kind
def test_every_kind_can_be_held(kind: Kind) -> None:
    template = load_templates()[kind]
    assert "演练" in template.title
    assert template.scenario.startswith("假设")
    assert LEAST_MINUTES <= template.lasts_minutes <= MOST_MINUTES
    assert len(template.steps) >= 5
    assert len(template.name) <= 8, "fits a button"


@every_kind
@every_language
def test_every_occasion_has_words_for_a_phone(kind: Kind, language: str) -> None:
    for occasion in OCCASIONS:
        words = said(kind, language, occasion)
        assert len(words) <= MOST_CHARACTERS[language], occasion
        assert "{" not in words
        assert "【" not in words, "the mark is put there when it is sent"


@every_kind
def test_the_two_languages_name_the_same(kind: Kind) -> None:
    words = load_templates()[kind].words
    for occasion in OCCASIONS:
        zh, en = (
            set(re.findall(r"\{(\w+)\}", words[language][occasion])) for language in LANGUAGES
        )
        assert zh == en, occasion


@every_kind
@every_language
@pytest.mark.parametrize("occasion", DRILLED)
def test_nothing_reads_as_a_real_alarm(kind: Kind, language: str, occasion: Occasion) -> None:
    first = said(kind, language, occasion).splitlines()[0]
    assert re.search("演练|drill", first, re.IGNORECASE)
    words = said(kind, language, occasion).lower()
    assert not any(word in words for word in ("着火了", "快跑", "逃命", "危险", "escape", "danger"))


@every_kind
@every_language
def test_a_real_incident_stops_the_drill_and_says_what_to_do(kind: Kind, language: str) -> None:
    words = said(kind, language, "aborted")
    first = words.splitlines()[0]
    assert first.startswith({"zh": "演练停止", "en": "The drill has stopped"}[language])
    assert VALUES["reason"] in first
    assert "119" in words
    assert {"zh": "不坐电梯", "en": "not the lift"}[language] in words
    assert {"zh": "不要回楼里", "en": "do not go back in"}[language] in words


@every_kind
@every_language
@pytest.mark.parametrize("occasion", ["notice_week", "notice_day", "alarm"])
def test_who_cannot_take_the_stairs_need_not(kind: Kind, language: str, occasion: Occasion) -> None:
    words = said(kind, language, occasion)
    needed = {"zh": ["行动不便"], "en": ["stairs hard"]}[language]
    if (kind, occasion) != ("school", "alarm"):
        needed += {"zh": ["孕", "心脏不好"], "en": ["pregnant", "heart condition"]}[language]
    assert all(word in words for word in needed)


@every_kind
@every_language
@pytest.mark.parametrize("occasion", [*NOTICES, "alarm"])
def test_nobody_is_sent_into_the_lift(kind: Kind, language: str, occasion: Occasion) -> None:
    words = said(kind, language, occasion)
    is_told = re.search("不坐电梯", words) or re.search(
        "(not the|without the|no) lift", words, re.I
    )
    assert is_told or (kind == "gas_leak" and occasion == "notice_day")


@every_kind
@every_language
def test_notices_say_what_when_and_where(kind: Kind, language: str) -> None:
    for occasion in NOTICES:
        words = said(kind, language, occasion)
        assert all(VALUES[name] in words for name in ("title", "when", "place"))


def test_in_a_gas_leak_drill_nobody_touches_a_switch_or_calls_indoors() -> None:
    for occasion in ("notice_week", "notice_soon", "alarm"):
        zh, en = (said("gas_leak", language, occasion) for language in LANGUAGES)
        assert "开关都不碰" in zh
        assert re.search("不在屋里打电话|楼外再打", zh)
        assert re.search("touch no (light or appliance )?switch", en, re.I)
        assert re.search("no call indoors|only (once )?out(side|doors)", en)


def test_a_gas_leak_drill_lets_out_no_gas() -> None:
    for occasion in NOTICES:
        assert "不会放真的燃气" in said("gas_leak", "zh", occasion)
    assert "没有真的漏气" in said("gas_leak", "zh", "alarm")


def test_in_a_real_gas_leak_the_call_is_made_outdoors() -> None:
    words = said("gas_leak", "zh", "aborted")
    assert words.index("开关不碰") < words.index("到室外再打119")


def test_a_night_drill_rings_no_bell_and_brings_light() -> None:
    assert "不放警铃" in said("night", "zh", "notice_week")
    assert "手电" in said("night", "zh", "alarm")


def test_the_fields_are_those_that_are_filled() -> None:
    assert set(VALUES) == FIELDS
    assert set(NEEDED) == set(OCCASIONS)


Edit = Callable[[str], str]


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda text: text.replace("到{place}集合", "到{square}集合", 1), "不认识“{square}”"),
        (
            lambda text: text.replace("到{place}集合", "报{code}，到{place}集合", 1),
            "不认识“{code}”",
        ),
        (lambda text: text.replace("到{place}集合", "集合", 1), "少了“{place}”"),
        (lambda text: text.replace("{title}：", "{title：", 1), "花括号不成对"),
        (lambda text: text.replace("kind: school", "kind: flood"), "没有“flood”这种演练"),
        (lambda text: text.replace("kind: school", "kind: night"), "“night”写了两次"),
        (lambda text: text[: text.index("- kind: school")], "缺“school”的模板"),
        (lambda text: text.replace("    reminder:", "    recall:", 1), "不认识“recall”"),
        (lambda text: text.replace("      en: |-", "      fr: |-", 1), "不认识“fr”"),
        (lambda text: text.replace("lasts_minutes: 40", "lasts_minutes: 4", 1), "“4”不对"),
    ],
)
def test_a_broken_template_is_named(tmp_path: Path, edit: Edit, problem: str) -> None:
    text = TEMPLATES_FILE.read_text(encoding="utf-8")
    broken = tmp_path / "templates.yaml"
    broken.write_text(edit(text), encoding="utf-8")
    assert edit(text) != text
    with pytest.raises(BrokenPlaceFile) as error:
        load_templates(broken)
    assert error.value.problem.startswith(problem)
