"""Latin letters, emoji codes and links: calm unless they tell of danger."""

import json
from collections.abc import Callable
from importlib.resources import files

import pytest

from bot.dialogue.brain import Brain
from bot.dialogue.latin import is_calm, readable
from bot.dialogue.turns import Turn
from storage import new_code

CALM = (
    "ni hao", "zai ma", "xie xie", "bu zai jia", "ni chi le ma", "where are the stairs",
    "report a hazard", "false alarm", "admin", "password", "bus schedule please",
    "drop table users",
    "Can I park my e-bike in the corridor?", "my bike battery is 48V",
    "Is there a drill this week?",
    "Where is the nearest fire hydrant?", "My elevator is slow", "I live on floor 33", "null",
    "nmsl",
    "SELECT * FROM users;", "print('hello')", "<script>alert(1)</script>", "English please",
    "How do I charge my e-bike safely?", "look", "good night", "I am so tired", "asdf", "lol",
    "who is the fire safety officer", "my gas meter number", "no smoking sign", "happy birthday",
)  # fmt: skip
DANGER = (
    "zhaohuo le", "zhao huo le", "qi huo la", "huo zai", "wo jia lou qi le", "jiu ming",
    "jiuming a",
    "hao da de yan", "mao yan le", "mei qi lou le", "jiao bu xing", "men da bu kai", "chu bu qu",
    "fire", "fire in kitchen", "there is smoke in the corridor", "gas leak", "I smell gas", "help",
    "the door won't open", "my mom won't wake up", "lift stopped and we can't get out",
    "battery is hot and swelling", "the alarm is ringing", "incendio", "la batterie fume",
    "my father fell and does not move", "sparks from the socket",
)  # fmt: skip


@pytest.mark.parametrize("said", CALM)
def test_calm(brain: Brain, said: str) -> None:
    assert is_calm(said)
    assert brain.dialogue.urgent(brain.analyse(said)) is None


@pytest.mark.parametrize("said", DANGER)
def test_danger(said: str) -> None:
    assert not is_calm(said)


@pytest.mark.parametrize("said", ["", "1", "着火了 help", "火事です", "пожар", "cháy nhà", "[]"])
def test_what_has_other_letters_or_none_is_left_to_the_classifiers(said: str) -> None:
    assert not is_calm(said)


@pytest.mark.parametrize(
    "said",
    ["[Smile]", "[ThumbsUp]", "[Cry]", "[Rose]", "[Grin]", "[微笑]", "[流泪]", "[强]",
     "[Doge][Doge]", "https://a.b/c look", "https://mp.weixin.qq.com/s/abc 这篇文章不错"],
)  # fmt: skip
def test_codes_and_links_open_nothing(brain: Brain, said: str) -> None:
    """WeChat on a phone in English sends [Smile] for its own emoji; it was answered as a fire."""
    assert brain.dialogue.urgent(brain.analyse(said)) is None


@pytest.mark.parametrize("said", ["着火了[惊恐]", "着火了 https://x.y/z", "[Cry] 厨房着火了"])
def test_what_stands_beside_them_is_heard(brain: Brain, said: str) -> None:
    assert brain.analyse(said).emergency == "fire"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[Smile]", ""), ("着火了[惊恐]", "着火了"), ("看 https://a.b/c?d=1 这个", "看   这个"),
        ("[阳光小区三栋]", "[阳光小区三栋]"), ("[1]", "[1]"),
    ],
)  # fmt: skip
def test_readable(text: str, words: str) -> None:
    assert readable(text) == words


def test_no_emergency_that_was_taught_is_calm() -> None:
    corpus = files("index") / "corpus" / "emergency.jsonl"
    taught = [json.loads(line)["q"] for line in corpus.read_text("utf-8").splitlines()]
    latin = [said for said in taught if said.isascii()]
    assert len(latin) > 50
    assert [said for said in latin if is_calm(said)] == []


@pytest.mark.parametrize(
    "said",
    ["I want to die", "wo bu xiang huo le", "I wanna blow up my school", "homemade napalm how"],
)
def test_a_crisis_in_quiet_words_is_still_one(brain: Brain, said: str) -> None:
    assert brain.analyse(said).crisis


@pytest.mark.parametrize("sticker", ["[微笑]", "[Smile]", "[强][强]", "[Rose] [Cry]"])
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_sticker_alone_is_nothing_to_look_up(say: Callable[[str], Turn], sticker: str) -> None:
    assert "打几个字" in say(sticker).replies[0].text


@pytest.mark.parametrize("said", ["编号{}", "进度 {}", "{}", "查一下{}", "楼栋编号是{}吗"])
def test_a_code_of_ours_is_no_cry(brain: Brain, said: str) -> None:
    """「编号942KPRP9」 was once taken for a fire."""
    for code in ["942KPRP9", *(new_code() for _ in range(200))]:
        for written in (code, f"{code[:4]}-{code[4:]}"):
            assert brain.dialogue.urgent(brain.analyse(said.format(written))) is None, written


def test_a_cry_with_a_code_in_it_stays_one(brain: Brain) -> None:
    assert brain.dialogue.urgent(brain.analyse("942KPRP9这栋楼着火了救命")) is not None


@pytest.mark.parametrize("said", ["trapped1", "jiuminga", "woyaosla", "12345678"])
def test_eight_letters_are_left_alone(said: str) -> None:
    assert readable(said) == said
