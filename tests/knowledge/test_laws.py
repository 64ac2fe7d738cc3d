"""The law library: what may be cited, and how it is shown."""

from pathlib import Path

import pytest

from knowledge.errors import BrokenContent
from knowledge.laws import Laws, load_laws


@pytest.fixture
def laws(root: Path) -> Laws:
    return load_laws(root / "laws.yaml")


@pytest.mark.parametrize(
    ("law", "article", "number"),
    [
        ("消防法", "第四十四条", "第四十四条"),
        ("消防法", "第四十四条第二款", "第四十四条"),
        ("消防法", "第六十条第一款第二项", "第六十条"),
        ("消防法", "第六十条第二项", "第六十条"),
        ("消防法", "第六十条第二款", "第六十条"),
        ("高层规定", "第三十七条第三款", "第三十七条"),
        ("GB 55037-2022", "第7.1.14条", "第7.1.14条"),
        ("GB 55037-2022", "", ""),
        ("公开资料", "", ""),
    ],
)
def test_a_citation_finds_its_article(laws: Laws, law: str, article: str, number: str) -> None:
    found = laws.find(law, article)
    assert found is not None
    assert (found.law.name, found.number) == (law, number)


@pytest.mark.parametrize(
    ("law", "article"),
    [
        ("没有的法", "第一条"),
        ("消防法", "第四十五条"),
        ("消防法", "第四十四条第三款"),
        ("消防法", "第六十条第三项"),
        ("消防法", "第六十条第二款第一项"),
        ("消防法", "44条"),
        ("高层规定", "第三十七条第二项"),
        ("GB 55037-2022", "第7.1.1条"),
        ("公开资料", "第一条"),
    ],
)
def test_what_the_library_lacks_cannot_be_cited(laws: Laws, law: str, article: str) -> None:
    assert laws.find(law, article) is None


def test_an_article_comes_whole_whatever_part_is_cited(laws: Laws) -> None:
    found = laws.find("消防法", "第六十条第一款第一项")
    assert found is not None
    assert found.text.startswith("单位违反本法规定")
    assert found.text.endswith("五百元以下罚款。")


def test_a_citation_is_shown_as_residents_read_it(laws: Laws) -> None:
    assert laws.shown("消防法", "第四十四条") == "《消防法》第四十四条"
    assert laws.shown("GB 55037-2022", "第7.1.14条") == "GB 55037-2022第7.1.14条"
    assert laws.shown("公开资料", "") == "公开资料"


def test_a_paragraph_past_nine_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "laws.yaml"
    lines = "\n".join(f"      第{row}段。" for row in range(1, 22))
    path.write_text(
        f"- name: 长法\n  title: 长法\n  kind: law\n  version: 一\n"
        f"  articles:\n    第一百零二条之一: |-\n{lines}\n",
        encoding="utf-8",
    )
    laws = load_laws(path)
    found = {part: laws.find("长法", f"第一百零二条之一第{part}款") for part in ("十", "二十一")}
    assert all(found.values())
    assert laws.find("长法", "第一百零二条之一第二十二款") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("laws: []", [("not_a_list", 1)]),
        ("- {name: a, title: b, version: c}", [("missing_key", 1), ("unknown_kind", 1)]),
        ("- {name: a, title: b, kind: rumour, version: c}", [("unknown_kind", 1)]),
        ("- {name: a, title: b, kind: law, version: c, colour: d}", [("unknown_key", 1)]),
        ("- {name: a, title: b, kind: law, version: c, articles: {44条: d}}",
         [("bad_article_number", 1)]),
        ("- {name: a, title: b, kind: law, version: c, articles: {第一条第二款: d}}",
         [("bad_article_number", 1)]),
        ("- {name: a, title: b, kind: law, version: c, articles: {第一条: ''}}", [("blank", 1)]),
        ("- {name: a, title: b, kind: law, version: c}\n"
         "- {name: a, title: b, kind: law, version: c}", [("twice", 2)]),
    ],
)  # fmt: skip
def test_a_broken_library_is_refused_by_line(
    tmp_path: Path, text: str, expected: list[tuple[str, int]]
) -> None:
    path = tmp_path / "laws.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenContent) as refused:
        load_laws(path)
    assert [(found.kind, found.line) for found in refused.value.problems] == expected
