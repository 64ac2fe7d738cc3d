"""Text for SQLite's full-text search, which has no tokenizer for Chinese."""

import sqlite3

import pytest

from knowledge.fulltext import match_query, spaced


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("电梯", "电 梯 电梯"),
        ("坐电梯吗", "坐 电 梯 吗 坐电 电梯 梯吗"),
        ("打119，快！", "打 119 快"),
        ("ＧＡＳ Leak", "gas leak"),
        ("😀 !?", ""),
    ],
)
def test_chinese_is_written_as_characters_and_pairs(text: str, words: str) -> None:
    assert spaced(text) == words


def test_a_stock_full_text_table_finds_what_went_through() -> None:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE search USING fts5 (body)")
    texts = ["火灾时能不能坐电梯", "楼道有烟怎么办", "燃气抢修电话"]
    db.executemany("INSERT INTO search VALUES (?)", [(spaced(text),) for text in texts])

    def best(question: str) -> list[int]:
        query = "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rank"
        return [row for (row,) in db.execute(query, (match_query(question),))]

    assert best("电梯") == [1, 3]  # 电话 shares a character
    assert best("楼道里面有烟了")[0] == 2
    assert best('燃气" OR *')[0] == 3
    db.close()


def test_a_question_without_words_gives_no_query() -> None:
    assert match_query("？！") == ""
