"""The web chat over a real connection: messages, history, rating, and what is refused."""

from uuid import uuid4

import httpx
import pytest

from bot.channels.web_bodies import MAX_BODY_BYTES
from bot.channels.web_limits import VISITOR_BURST
from tests.bot.channels.web_service import WrittenConversation, listening


def say(client: httpx.Client, text: str, id_: str = "", **headers: str) -> httpx.Response:
    message = {"id": id_ or str(uuid4()), "text": text}
    return client.post("/chat/messages", json=message, headers=headers)


def history(client: httpx.Client, after: int = 0) -> list[dict[str, object]]:
    return client.get("/chat/history", params={"after": after}).json()["turns"]


def test_the_reply_is_in_the_answer_to_the_post(visitor: httpx.Client) -> None:
    turn = say(visitor, "楼道有烟怎么办").json()["turn"]

    [reply] = turn["replies"]
    assert turn["said"] == "楼道有烟怎么办"
    assert reply["kind"] == "answer"
    assert reply["text"].startswith("楼道有烟就别出去")
    assert reply["basis"] == "依据：消防法第四十四条等2处"
    assert reply["citations"][0]["text"].startswith("第四十四条")
    assert reply["choices"][0] == {"label": "被困在家里怎么办", "topic": "escape.trapped_home"}
    assert reply["rateable"] is True


def test_the_hint_for_channels_without_buttons_stays_away(visitor: httpx.Client) -> None:
    assert "没答到" not in say(visitor, "楼道有烟怎么办").text


def test_a_message_sent_again_gets_the_same_turn(
    visitor: httpx.Client, written: WrittenConversation
) -> None:
    id_ = str(uuid4())

    first, again = say(visitor, "软管", id_).json(), say(visitor, "软管", id_).json()

    assert first == again
    assert len(history(visitor)) == 1
    assert written.received[0].id == id_


def test_the_history_comes_back_and_is_ones_own(
    visitor: httpx.Client, other_visitor: httpx.Client
) -> None:
    first = say(visitor, "软管").json()["turn"]
    second = say(visitor, "明天天气怎么样").json()["turn"]
    say(other_visitor, "楼道有烟怎么办")

    assert history(visitor) == [first, second]
    assert history(visitor, after=first["id"]) == [second]


def test_a_message_without_a_cookie_is_answered_and_gets_one(url: str) -> None:
    with httpx.Client(base_url=url, trust_env=False) as client:
        assert say(client, "我家厨房烧起来了").json()["turn"]["replies"][0]["kind"] == "emergency"
        assert len(history(client)) == 1


@pytest.mark.parametrize(
    "forged", ["", "abc", "someone.else.signed", "é".encode().decode("latin1")]
)
def test_a_forged_cookie_makes_a_new_visitor(visitor: httpx.Client, url: str, forged: str) -> None:
    say(visitor, "软管")
    cookie = {"cookie": f"lifeline={forged}".encode("latin1")}

    with httpx.Client(base_url=url, trust_env=False) as forger:
        assert forger.get("/chat/history", headers=cookie).json() == {"turns": []}
        assert say(forger, "你好").status_code == 200
        assert len(history(forger)) == 1


def test_a_cookie_with_another_name_inside_is_not_believed(visitor: httpx.Client) -> None:
    say(visitor, "软管")
    signed = visitor.cookies["lifeline"]
    visitor.cookies.clear()
    visitor.cookies.set("lifeline", f"{signed[:-1]}{'A' if signed[-1] != 'A' else 'Q'}Z")

    assert history(visitor) == []


def test_the_cookie_is_out_of_reach_for_scripts_and_lasts_a_year(visitor: httpx.Client) -> None:
    cookie = visitor.get("/").headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=31536000" in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_is_secure(written: WrittenConversation) -> None:
    with listening(written, public_url="https://lifeline.example") as url:
        cookie = httpx.get(url, trust_env=False).headers["set-cookie"]

    assert cookie.startswith("__Host-lifeline=")
    assert "Secure" in cookie
    assert "Path=/" in cookie


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=["modern browser", "neighbouring host", "older browser", "sandboxed frame"],
)
@pytest.mark.parametrize("path", ["/chat/messages", "/chat/rating"])
def test_a_post_from_another_page_is_refused(
    visitor: httpx.Client, written: WrittenConversation, path: str, headers: dict[str, str]
) -> None:
    body = {"id": str(uuid4()), "text": "软管", "turn": 1, "useful": True}

    answer = visitor.post(path, json=body, headers=headers)

    assert answer.status_code == 403
    assert "没有收" in answer.json()["error"]
    assert not written.received


def test_our_own_page_is_known_by_its_host_or_public_address(
    written: WrittenConversation,
) -> None:
    with (
        listening(written, public_url="https://lifeline.example") as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        assert say(client, "软管", Origin="https://lifeline.example").status_code == 200
        assert say(client, "软管", Origin=url).status_code == 200
        assert say(client, "软管", Origin="https://lifeline.example.evil").status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"[" * 60_000, 400),
        (b"9" * 60_000, 400),
        (b"[]", 422),
        (b'{"text": "no id"}', 422),
        (b'{"id": "not-a-uuid", "text": "x"}', 422),
        (b'{"id": "9f1c2f6e-8a51-4d0e-9d3b-0d5a3c1b2a00", "text": 7}', 422),
        (b'{"id": "9f1c2f6e-8a51-4d0e-9d3b-0d5a3c1b2a00", "text": null}', 422),
    ],
    ids=[
        "broken", "empty", "no utf-8", "deep", "long number", "list", "no id", "bad id",
        "number as text", "null as text",
    ],
)  # fmt: skip
def test_bad_json_is_refused_in_chinese(visitor: httpx.Client, body: bytes, status: int) -> None:
    answer = visitor.post(
        "/chat/messages", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == status
    assert answer.json() == {"error": "没看懂发来的内容。请刷新页面再试。"}


def test_a_form_is_refused(visitor: httpx.Client) -> None:
    answer = visitor.post("/chat/messages", data={"id": str(uuid4()), "text": "软管"})

    assert answer.status_code == 415


@pytest.mark.parametrize("announced", [True, False], ids=["with length", "in chunks"])
def test_an_oversized_body_is_refused_before_it_is_parsed(
    visitor: httpx.Client, announced: bool
) -> None:
    body = b'{"text": "' + b"x" * MAX_BODY_BYTES + b'"}'
    content = body if announced else (body[at : at + 1000] for at in range(0, len(body), 1000))

    answer = visitor.post(
        "/chat/messages", content=content, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 413
    assert "太长" in answer.json()["error"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("救命\\ud83d", "救命"),
        ("着火\\u0000了", "着火了"),
        ("一\\r\\n二", "一\n二"),
        ("火" * 12_000, "火" * 10_000),
        ("<b onclick=alert(1)>火</b>", "<b onclick=alert(1)>火</b>"),
        ("", ""),
    ],
    ids=["half an emoji", "NUL", "line ends", "very long", "HTML", "nothing"],
)
def test_odd_text_is_still_answered(visitor: httpx.Client, sent: str, said: str) -> None:
    body = f'{{"id": "{uuid4()}", "text": "{sent}"}}'

    answer = visitor.post(
        "/chat/messages", content=body.encode(), headers={"Content-Type": "application/json"}
    )

    assert answer.json()["turn"]["said"] == said
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "", "²", "9" * 30])
def test_a_bad_number_is_refused(visitor: httpx.Client, after: str) -> None:
    answer = visitor.get("/chat/history", params={"after": after})

    assert answer.status_code == 400
    assert answer.json() == {"error": "序号不对。请刷新页面再试。"}


def test_one_who_writes_too_fast_is_told_so_but_an_emergency_is_answered(
    visitor: httpx.Client, other_visitor: httpx.Client
) -> None:
    for _ in range(VISITOR_BURST):
        say(visitor, "软管")

    slow = say(visitor, "软管").json()["turn"]
    urgent = say(visitor, "我家厨房烧起来了").json()["turn"]

    assert slow["id"] is None
    assert "太快" in slow["replies"][0]["text"]
    assert urgent["replies"][0]["kind"] == "emergency"
    assert say(other_visitor, "软管").json()["turn"]["id"]


@pytest.mark.parametrize("useful", [True, False])
def test_an_answer_is_rated(
    visitor: httpx.Client, written: WrittenConversation, useful: bool
) -> None:
    turn = say(visitor, "楼道有烟怎么办").json()["turn"]["id"]

    answer = visitor.post("/chat/rating", json={"turn": turn, "useful": useful})

    assert answer.json() == {"rated": True}
    assert written.ratings == [(turn, useful)]


def test_nobody_rates_for_somebody_else(
    visitor: httpx.Client, other_visitor: httpx.Client, written: WrittenConversation
) -> None:
    turn = say(visitor, "楼道有烟怎么办").json()["turn"]["id"]

    answer = other_visitor.post("/chat/rating", json={"turn": turn, "useful": True})

    assert answer.status_code == 404
    assert answer.json() == {"error": "这条回答现在不能评价了。"}
    assert not written.ratings


@pytest.mark.parametrize("turn", [0, -1, 2**63, "x", None])
def test_a_rating_of_nothing_is_refused(visitor: httpx.Client, turn: object) -> None:
    assert visitor.post("/chat/rating", json={"turn": turn, "useful": True}).status_code == 422


def test_failed_storage_is_said_with_what_to_do(
    visitor: httpx.Client, written: WrittenConversation
) -> None:
    written.is_failing = True

    answer = visitor.get("/chat/history")

    assert answer.status_code == 503
    assert "119" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/", "/chat/history", "/static/0/chat.css", "/nowhere"])
def test_every_answer_carries_the_security_headers(visitor: httpx.Client, path: str) -> None:
    headers = visitor.get(path).headers

    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere(visitor: httpx.Client) -> None:
    page = visitor.get("/").text

    assert 'lang="zh-CN"' in page
    assert "style=" not in page
    assert "<style" not in page
    assert "://" not in page
    assert page.count("<script") == page.count("<script src=") + page.count('<script type="module"')
    assert 'href="tel:119"' in page.partition("<noscript>")[2]
