"""The channel over the real conversation: the platform's repeats have one reply and one effect."""

from bot.dialogue.conversation import Conversation
from bot.messages import Account
from tests.bot.channels.wechat_service import (
    AES_KEY,
    OPENID,
    PLAIN,
    SAFE,
    Sender,
    listening,
    xml,
)

ME = Account("wechat", OPENID)


def test_three_tries_are_one_turn(conversation: Conversation) -> None:
    body = xml(Content="楼道有烟怎么办", MsgId=6054768590064713728)
    with listening(conversation, PLAIN) as url:
        sender = Sender(url)
        with sender.client:
            replies = [sender.read(sender.post(body))["Content"] for _ in range(3)]

    assert len(set(replies)) == 1
    assert "119" in replies[0]
    assert len(conversation.history(ME)) == 1


def test_in_safe_mode_an_emergency_is_answered_sealed(conversation: Conversation) -> None:
    with listening(conversation, SAFE) as url:
        sender = Sender(url, aes_key=AES_KEY)
        with sender.client:
            response = sender.send(Content="我家厨房烧起来了", MsgId=1)
            reply = sender.read(response)

    assert "119" not in response.text
    assert "119" in reply["Content"].split("\n")[0]
    assert reply["ToUserName"] == OPENID
