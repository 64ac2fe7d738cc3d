"""Papers with everything in them, for tests."""

import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw

from bot.papers.certificate import Certificate
from bot.papers.handover import Count, HandoverNote, OpenItem
from bot.papers.notice import Photo, RectificationNotice, Step, WorkOrder

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
PROGRESS = "https://lifeline.example/p/7K3M9QXA"


def photo(
    colour: tuple[int, int, int] = (90, 110, 130), size: tuple[int, int] = (1600, 1200)
) -> bytes:
    """Return a JPEG of a corridor, more or less."""
    picture = Image.new("RGB", size, colour)
    draw = ImageDraw.Draw(picture)
    width, height = size
    draw.polygon([(0, height), (width // 2, height // 3), (width, height)], fill=(150, 150, 145))
    draw.rectangle([width // 3, height // 2, width // 2, height - 80], fill=(170, 110, 60))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


NOTICE = RectificationNotice(
    number="示〔2026〕12号",
    issuer="示范区平安街道办事处",
    recipient="幸福里小区物业服务中心",
    place="幸福里小区3栋2单元9层至12层楼道",
    category="楼道、楼梯间堆物",
    found="楼道里堆放纸箱、旧家具和两辆自行车，走道净宽不到一米。\n11层常闭式防火门被木块抵住，关不上。",
    found_at=NOON,
    deadline=NOON + timedelta(days=3, hours=6),
    issued_on=date(2026, 11, 22),
    contact="街道平安办",
    phone="023-0000 0000",
    required="一、清走楼道里的杂物和自行车，保持通畅。\n二、去掉抵门的木块，检查闭门器。",
    basis=(
        "《中华人民共和国消防法》第二十八条　任何单位、个人不得损坏、挪用或者擅自拆除、停用消防"
        "设施、器材，不得占用、堵塞、封闭疏散通道、安全出口、消防车通道。",
        "《高层民用建筑消防安全管理规定》第二十八条　疏散通道、安全出口应当保持畅通。",
    ),
    progress_url=PROGRESS,
    is_to_confirm=True,
)
ORDER = WorkOrder(
    code="7K3M9QXA",
    issuer="示范区平安街道办事处",
    category="占用消防车通道",
    state="已派单",
    place="幸福里小区北门至5栋之间的消防车通道",
    reported_at=NOON,
    deadline=NOON + timedelta(days=1),
    description="好几辆车停在消防通道上，车头顶着花坛，\n消防车肯定进不来。",
    handler="平安街道办事处",
    lead="区城市管理局",
    reports=3,
    photos=tuple(
        Photo(photo(colour), caption)
        for colour, caption in (
            ((90, 110, 130), "上报时，11月22日"),
            ((120, 90, 90), "北门"),
            ((80, 120, 90), "花坛旁"),
            ((110, 110, 80), "5栋楼下"),
        )
    ),
    steps=(
        Step(NOON, "上报人", "拍照上报"),
        Step(NOON + timedelta(minutes=25), "街道值班员", "核实后派给平安街道办事处"),
    ),
    progress_url=PROGRESS,
    is_urgent=True,
    is_to_confirm=True,
)
HANDOVER = HandoverNote(
    place="平安街道值班室",
    begin=NOON - timedelta(hours=3),
    end=NOON + timedelta(hours=5, minutes=30),
    from_person="值班员甲",
    to_person="值班员乙",
    counts=(
        Count("还在等回复的居民", 4),
        Count("超过一个工作日", 1, is_urgent=True),
        Count("今天新上报", 12),
        Count("今天办结", 7),
    ),
    items=(
        OpenItem(
            "7K3M9QXA", "北门消防车通道被占", "等城管到场，到了拍照", NOON + timedelta(hours=8)
        ),
        OpenItem(
            "Q2W8RT5N", "9层楼道堆物，业主不同意清", "明早请楼栋长一起上门", NOON, is_overdue=True
        ),
    ),
    notes="3栋电梯明天上午检修，行动不便的住户已逐户打过电话。\n下午有大风，留意高空广告牌。",
)
CERTIFICATE = Certificate(
    title="荣誉证书",
    text="您及时上报消防安全隐患，帮助邻里消除了危险，守住了大家的生命通道。特发此证，以表感谢。",
    issuer="示范区消防安全委员会",
    code="H4N7-K2PX",
    check_url="https://lifeline.example/c/H4N7K2PX",
    issued_on=date(2026, 11, 22),
    valid_until=date(2027, 11, 21),
)
