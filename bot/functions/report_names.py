"""The name of somebody who reports under their own (实名)."""

import re

LEAST_LETTERS, MOST_LETTERS = 2, 20
# As 「王小明」, 「李女士」, 「阿依古丽·买买提」 or 「Ana María」.
_NAME = re.compile(
    r"(?:我叫|叫我|我是|姓名[:：]?|my name is\s|i am\s)?\s*"
    r"(?P<name>[^\W\d_](?:[^\W\d_]|[·.'’ -])*[^\W\d_])[。.!！]?",
    re.IGNORECASE,
)


def read_name(text: str) -> str:
    """Return the name in an answer to 「怎么称呼」, "" for what is none.

    No telephone number and no address passes: a name has letters alone.
    """
    found = _NAME.fullmatch(text.strip())
    name = found["name"] if found else ""
    return name if LEAST_LETTERS <= len(name) <= MOST_LETTERS else ""
