"""Every kind of message and event that WeChat sends, as the utterance or notice it becomes."""

from collections.abc import Mapping

import pytest

from bot.channels.wechat_errors import Malformed
from bot.channels.wechat_fields import read_fields
from bot.channels.wechat_inbound import Inbound, read_head, read_message
from bot.channels.wechat_notices import Notice, SubscriptionItem
from bot.messages import Account, Choice, Event, Media, Place, Utterance
from tests.bot.channels.wechat_service import NOW, OPENID, OWNER, KeptOutlets, xml

ME = Account("wechat", OPENID)
SECOND = int(NOW.timestamp())


def read(**fields: object) -> Inbound:
    parsed = read_fields(xml(**fields))
    return read_message(parsed, read_head(parsed))


def read_utterance(**fields: object) -> Utterance:
    inbound = read(**{"MsgId": 7, **fields})
    assert isinstance(inbound, Utterance)
    return inbound


def said(text: str = "", **parts: object) -> Utterance:
    return Utterance(ME, f"{OWNER}:m:7", text, NOW, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "utterance"),
    [
        ({"Content": "楼道有烟怎么办"}, said("楼道有烟怎么办")),
        ({"Content": " 2 \n"}, said("2")),
        (
            {"Content": "已打119", "bizmsgmenuid": "1"},
            said("已打119", tapped=Choice("已打119")),
        ),
        ({"Content": ""}, said(event=Event("unread"))),
        ({"Content": "【收到不支持的消息类型，暂无法显示】"}, said(event=Event("unread"))),
        (
            {"MsgType": "image", "MediaId": "M1", "PicUrl": "https://mmbiz.qpic.cn/1"},
            said(media=(Media("photo", "M1", link="https://mmbiz.qpic.cn/1"),)),
        ),
        (
            {"MsgType": "voice", "MediaId": "M1", "Format": "amr"},
            said(media=(Media("voice", "M1"),)),
        ),
        (
            {"MsgType": "voice", "MediaId": "M1", "Recognition": "着火了！"},
            said("着火了！", media=(Media("voice", "M1"),), is_aloud=True),
        ),
        (
            {"MsgType": "voice", "MediaId": "M1", "Recognition": ""},
            said(media=(Media("voice", "M1"),)),
        ),
        (
            {"MsgType": "video", "MediaId": "M1", "ThumbMediaId": "T1"},
            said(media=(Media("video", "M1"),)),
        ),
        ({"MsgType": "shortvideo", "MediaId": "M1"}, said(media=(Media("video", "M1"),))),
        (
            {
                "MsgType": "location",
                "Location_X": "23.134521",
                "Location_Y": "113.358803",
                "Scale": 20,
                "Label": "幸福小区3栋",
            },
            said(place=Place(23.134521, 113.358803, "幸福小区3栋", "gcj02")),
        ),
        (
            {
                "MsgType": "link",
                "Title": "我们小区着火了",
                "Description": "快看",
                "Url": "https://example.org/1",
            },
            said(
                "https://example.org/1",
                media=(Media("file", "https://example.org/1", "我们小区着火了"),),
            ),
        ),
        ({"MsgType": "link", "Title": "?"}, said(event=Event("unread"))),
        (
            {"MsgType": "file", "Title": "名单.xlsx", "FileKey": "K1", "FileTotalLen": "9"},
            said(media=(Media("file", "K1", "名单.xlsx"),)),
        ),
        ({"MsgType": "hologram"}, said(event=Event("unread"))),
        ({"MsgType": "TEXT", "Content": "喂"}, said("喂")),
    ],
    ids=lambda value: value.get("MsgType", "text") if isinstance(value, dict) else "",
)
def test_a_message_becomes_an_utterance(fields: Mapping[str, object], utterance: Utterance) -> None:
    assert read_utterance(**fields) == utterance


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"Event": "subscribe"}, Event("followed")),
        ({"Event": "subscribe", "EventKey": ""}, Event("followed")),
        (
            {"Event": "subscribe", "EventKey": "qrscene_building:7K3", "Ticket": "T"},
            Event("followed", "building:7K3"),
        ),
        ({"Event": "subscribe", "EventKey": "last_trade_no_4200"}, Event("followed")),
        ({"Event": "unsubscribe", "EventKey": ""}, Event("left")),
        ({"Event": "SCAN", "EventKey": "building:7K3"}, Event("scanned", "building:7K3")),
        ({"Event": "SCAN", "EventKey": "qrscene_x"}, Event("scanned", "qrscene_x")),
        ({"Event": "CLICK", "EventKey": "report"}, Event("menu", "report")),
    ],
)
def test_what_somebody_did_becomes_an_event(fields: Mapping[str, object], event: Event) -> None:
    inbound = read(MsgType="event", **fields)

    assert isinstance(inbound, Utterance)
    assert (inbound.event, inbound.text, inbound.account) == (event, "", ME)


@pytest.mark.parametrize(
    "fields",
    [
        {"Event": "VIEW", "EventKey": "https://example.org/"},
        {"Event": "LOCATION", "Latitude": "23.1", "Longitude": "113.3", "Precision": "119.3"},
        {"Event": "scancode_waitmsg", "EventKey": "6"},
        {"Event": "debug_demo"},
    ],
    ids=lambda fields: str(fields["Event"]),
)
def test_what_is_nobodys_business_goes_no_further(fields: Mapping[str, object]) -> None:
    assert read(MsgType="event", **fields) is None


def test_two_things_done_in_one_second_are_two() -> None:
    tried = [
        {"Event": "CLICK", "EventKey": "report"},
        {"Event": "CLICK", "EventKey": "ask"},
        {"Event": "SCAN", "EventKey": "report"},
        {"Event": "SCAN", "EventKey": "report", "Ticket": "T1"},
        {"Event": "SCAN", "EventKey": "report", "Ticket": "T2"},
        {"Event": "CLICK", "EventKey": "report", "CreateTime": SECOND + 1},
        {"Event": "CLICK", "EventKey": "report", "ToUserName": "gh_other"},
    ]
    inbound = [read(MsgType="event", **fields) for fields in tried]

    ids = {one.id for one in inbound if isinstance(one, Utterance)}

    assert len(ids) == len(tried)
    assert f"{OWNER}:e:{SECOND}:CLICK:report::" in ids


def test_one_number_under_two_accounts_is_two_messages() -> None:
    ours, theirs = read_utterance(Content="喂"), read_utterance(Content="喂", ToUserName="gh_b")

    assert ours.id != theirs.id
    assert ours.account == theirs.account


@pytest.mark.parametrize(
    "fields",
    [
        {"MsgType": ""},
        {"FromUserName": ""},
        {"FromUserName": "a b"},
        {"FromUserName": "o" * 200},
        {"ToUserName": "账号"},
        {"CreateTime": "today"},
        {"CreateTime": 0},
        {"CreateTime": "9" * 15},
        {"Content": "喂", "MsgId": ""},
        {"MsgType": "image"},
        {"MsgType": "voice"},
        {"MsgType": "event"},
        {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgId": ""},
        {"MsgType": "location", "Location_X": "nan", "Location_Y": "1"},
        {"MsgType": "location", "Location_X": "23", "Location_Y": "181"},
        {"MsgType": "location", "Location_X": "23"},
    ],
    ids=str,
)
def test_what_lacks_a_field_is_malformed(fields: Mapping[str, object]) -> None:
    with pytest.raises(Malformed):
        read_utterance(**fields)


def told(inbound: Inbound) -> tuple[str, KeptOutlets]:
    """Return a notice's key and what it told."""
    assert isinstance(inbound, Notice)
    kept = KeptOutlets()
    inbound.tell(kept)
    return inbound.key, kept


def test_a_template_message_that_was_blocked_names_its_reader() -> None:
    key, kept = told(
        read(
            MsgType="event",
            Event="TEMPLATESENDJOBFINISH",
            MsgID=200163840,
            Status="failed:user block",
        )
    )

    assert kept.jobs == [(ME, "template", "200163840", "failed:user block", {})]
    assert key == f"{OWNER}:e:{SECOND}:TEMPLATESENDJOBFINISH::::200163840"


def test_a_mass_message_is_counted() -> None:
    _, kept = told(
        read(
            FromUserName="oR5Gjjl_eiZoUpGozMo7dbBJ362A",
            MsgType="event",
            Event="MASSSENDJOBFINISH",
            MsgID=1000001625,
            Status="send success",
            TotalCount=100,
            FilterCount=80,
            SentCount=75,
            ErrorCount=5,
        )
    )

    counts = {"total": 100, "filtered": 80, "sent": 75, "failed": 5}
    assert kept.jobs == [(None, "mass", "1000001625", "send success", counts)]


POPUP = (
    "<Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent>"
    "<List><TemplateId>VRR0</TemplateId><SubscribeStatusString>accept</SubscribeStatusString>"
    "<PopupScene>2</PopupScene></List>"
    "<List><TemplateId>9nLI</TemplateId><SubscribeStatusString>reject</SubscribeStatusString>"
    "<PopupScene>2</PopupScene></List></SubscribeMsgPopupEvent>"
)
CHANGE = (
    "<Event>subscribe_msg_change_event</Event><SubscribeMsgChangeEvent><List>"
    "<TemplateId>VRR0</TemplateId><SubscribeStatusString>ban</SubscribeStatusString>"
    "</List></SubscribeMsgChangeEvent>"
)
SENT = (
    "<Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List>"
    "<TemplateId>VRR0</TemplateId><MsgID>1700827132819554304</MsgID><ErrorCode>0</ErrorCode>"
    "<ErrorStatus>success</ErrorStatus></List></SubscribeMsgSentEvent>"
)


@pytest.mark.parametrize(
    ("told_xml", "event", "items"),
    [
        (
            POPUP,
            "popup",
            (
                SubscriptionItem("VRR0", "accept", scene="2"),
                SubscriptionItem("9nLI", "reject", scene="2"),
            ),
        ),
        (CHANGE, "change", (SubscriptionItem("VRR0", "ban"),)),
        (
            SENT,
            "sent",
            (
                SubscriptionItem(
                    "VRR0",
                    message_id="1700827132819554304",
                    error_code=0,
                    error_status="success",
                ),
            ),
        ),
    ],
    ids=["popup", "change", "sent"],
)
def test_consents_and_what_became_of_notices_are_told(
    told_xml: str, event: str, items: tuple[SubscriptionItem, ...]
) -> None:
    body = xml(MsgType="event").replace(b"</xml>", told_xml.encode() + b"</xml>")
    fields = read_fields(body)

    _, kept = told(read_message(fields, read_head(fields)))

    assert kept.consents == [(ME, event, items)]


@pytest.mark.parametrize("listed", ["%s", "[%s]"], ids=["object", "array"])
def test_in_json_one_template_stands_alone_or_in_a_list(listed: str) -> None:
    item = '{"TemplateId":"VRR0","SubscribeStatusString":"reject","PopupScene":"0"}'
    fields = read_fields(
        (
            f'{{"ToUserName":"{OWNER}","FromUserName":"{OPENID}","CreateTime":"{SECOND}",'
            f'"MsgType":"event","Event":"subscribe_msg_popup_event","List":{listed % item}}}'
        ).encode()
    )

    _, kept = told(read_message(fields, read_head(fields)))

    assert kept.consents == [(ME, "popup", (SubscriptionItem("VRR0", "reject", scene="0"),))]


def test_two_notices_that_ended_in_one_second_are_two() -> None:
    def key(number: str) -> str:
        told_xml = SENT.replace("1700827132819554304", number).encode()
        fields = read_fields(xml(MsgType="event").replace(b"</xml>", told_xml + b"</xml>"))
        return told(read_message(fields, read_head(fields)))[0]

    assert key("1") != key("2")


def test_two_people_or_two_choices_in_one_second_are_two() -> None:
    def key(openid: str, status: str) -> str:
        told_json = (
            f'{{"ToUserName":"{OWNER}","FromUserName":"{openid}","CreateTime":"{SECOND}",'
            '"MsgType":"event","Event":"subscribe_msg_popup_event",'
            f'"List":{{"TemplateId":"VRR0","SubscribeStatusString":"{status}"}}}}'
        )
        fields = read_fields(told_json.encode())
        return told(read_message(fields, read_head(fields)))[0]

    assert len({key("oA", "accept"), key("oB", "accept"), key("oA", "reject")}) == 3
    assert key("oA", "accept") == key("oA", "accept")
