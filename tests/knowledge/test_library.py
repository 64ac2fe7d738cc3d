"""The answers in memory: what is filled in, what is cited, and what is asked of it wrongly."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from knowledge.build import build
from knowledge.errors import LibraryDamaged, UnknownTopic, UnresolvedSetting
from knowledge.library import Answer, Citation, Library, basis_line
from tests.knowledge.samples import write_entry


@pytest.fixture
def library(root: Path, tmp_path: Path) -> Library:
    write_entry(
        root,
        "到室外再打燃气抢修电话：{gas_hotline}。\n\n1. 打不通打119，再打{gas_hotline}。",
        id="gas.hotline",
        title="燃气抢修电话是多少",
        needs=["gas_hotline"],
        sources=[
            {"law": "消防法", "article": "第六十条第一款", "for": "罚款"},
            {"law": "公开资料", "article": "", "for": "通行做法"},
        ],
    )
    build(tmp_path / "knowledge.db", root)
    return Library.open(tmp_path / "knowledge.db")


def test_an_answer_has_its_settings_filled_in(library: Library) -> None:
    answer = library.answer("gas.hotline", {"gas_hotline": "燃气表上的电话", "other": "x"})
    assert answer.text == (
        "到室外再打燃气抢修电话：燃气表上的电话。\n\n1. 打不通打119，再打燃气表上的电话。"
    )
    assert answer.needs == ("gas_hotline",)
    assert (answer.topic, answer.title) == ("gas.hotline", "燃气抢修电话是多少")


def test_an_answer_cites_whole_articles(library: Library) -> None:
    cited = library.answer("gas.hotline", {"gas_hotline": "x"}).citations
    assert [(one.name, one.supports) for one in cited] == [
        ("《消防法》第六十条第一款", "罚款"),
        ("公开资料", "通行做法"),
    ]
    assert cited[0].text.endswith("五百元以下罚款。")
    assert (cited[0].law, cited[0].article) == ("《消防法》", "第六十条第一款")
    assert (cited[1].text, cited[1].law) == ("", "")


def test_an_answer_without_settings_is_the_same_in_every_district(library: Library) -> None:
    answer = library.answer("escape.smoke", {})
    assert answer == library.answer("escape.smoke", {"gas_hotline": "x"})
    assert answer.related == ("escape.no_elevator",)


def test_a_missing_setting_and_an_unknown_topic_are_errors(library: Library) -> None:
    with pytest.raises(UnresolvedSetting, match=r"community/settings\.yaml") as unresolved:
        library.answer("gas.hotline", {})
    assert (unresolved.value.topic, unresolved.value.name) == ("gas.hotline", "gas_hotline")
    for ask in (library.title, lambda topic: library.answer(topic, {})):
        with pytest.raises(UnknownTopic, match=r"gas\.nowhere"):
            ask("gas.nowhere")
    assert not library.holds("gas.nowhere")


def test_topics_come_in_the_order_of_the_syllabus_with_their_utterances(library: Library) -> None:
    topics = list(library.topics())
    assert [topic.id for topic in topics] == ["escape.no_elevator", "escape.smoke", "gas.hotline"]
    assert topics[2].utterances["child"] == ("gas.hotlinechild问0", "gas.hotlinechild问1")
    assert "{gas_hotline}" in topics[2].text
    assert len(library) == 3


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LibraryDamaged, match="run `lifeline knowledge build`") as damaged:
        Library.open(tmp_path / "none.db")
    assert damaged.value.path == tmp_path / "none.db"
    assert not (tmp_path / "none.db").exists()


def test_opening_works_from_a_folder_with_odd_letters(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "数据 100%?#" / "knowledge.db"
    build(file, root)
    assert len(Library.open(file)) == 2


def cited(law: str, article: str = "") -> Citation:
    return Citation(f"{law}{article}" or "公开资料", "", "", law, article)


@pytest.mark.parametrize(
    ("citations", "line"),
    [
        ([], ""),
        ([cited("")], "依据：通行做法"),
        ([cited("《消防法》", "第一条"), cited("")], "依据：《消防法》第一条"),
        ([cited("《消防法》", "第一条"), cited("《甲》", "第二条"), cited("《消防法》", "第三条")],
         "依据：《消防法》第一条、第三条；《甲》第二条"),
        ([cited("《消防法》", "第一条"), cited("《消防法》", "第一条")], "依据：《消防法》第一条"),
        ([cited("GB 50016")], "依据：GB 50016"),
    ],
    ids=["none", "practice", "law before practice", "by law", "once", "standard"],
)  # fmt: skip
def test_the_basis_is_one_short_line(citations: list[Citation], line: str) -> None:
    assert basis_line(citations) == line


def test_the_running_service_loads_neither_yaml_nor_sqlite_utils() -> None:
    code = (
        "import sys, knowledge.library, knowledge.content;"
        "print(sorted({'yaml', 'sqlite_utils', 'sqlalchemy', 'storage'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_the_shipped_library_opens_at_once(tmp_path: Path) -> None:
    build(tmp_path / "knowledge.db")

    def seconds() -> float:
        begun = time.perf_counter()
        Library.open(tmp_path / "knowledge.db")
        return time.perf_counter() - begun

    # Measured 4 ms for 85 entries; the best of some, since other work shares the machine.
    assert min(seconds() for _ in range(10)) < 0.02


def test_an_answer_is_a_plain_value(library: Library) -> None:
    answer = library.answer("escape.smoke", {})
    assert answer == Answer(
        answer.topic, answer.title, answer.text, answer.citations, answer.related, answer.needs
    )
    assert len({answer.topic: answer}) == 1
