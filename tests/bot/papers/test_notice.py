"""What stands on a rectification notice and on a work sheet."""

from dataclasses import replace

from bot.papers.notice import notice_paper, work_order_paper
from bot.papers.typesetting import Typesetter
from tests.bot.papers.conftest import Reading
from tests.bot.papers.samples import NOTICE, ORDER, PROGRESS, ZONE, photo


def test_a_notice_says_who_what_where_why_and_by_when(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    pdf = reading(typesetter.pdf(notice_paper(NOTICE, ZONE)))

    for words in (
        "编号：示〔2026〕12号", "幸福里小区物业服务中心：", "3栋2单元9层至12层楼道",
        "楼道、楼梯间堆物", "走道净宽不到一米", "检查闭门器", "消防法》第二十八条",
        "2026年11月25日18时前", "待本地确认", "联系人：街道平安办", "盖章处", "签收人：",
        "核查时间2026年11月22日12时", "扫码看进度、交照片",
    ):  # fmt: skip
        assert words in pdf.text
    assert len(pdf.pages) == 1
    assert pdf.title == "隐患整改通知书 示〔2026〕12号"


def test_what_is_not_given_leaves_no_trace(typesetter: Typesetter, reading: type[Reading]) -> None:
    bare = replace(NOTICE, phone="", required="", basis=(), progress_url="", is_to_confirm=False)

    text = reading(typesetter.pdf(notice_paper(bare, ZONE))).text

    for words in ("电话", "整改要求", "法规依据", "待本地确认", "扫码看进度", "none"):
        assert words not in text


def test_the_square_leads_to_the_progress_page() -> None:
    paper = notice_paper(NOTICE, ZONE)
    other = notice_paper(replace(NOTICE, progress_url=PROGRESS + "X"), ZONE)

    assert paper.pictures["progress.svg"].startswith(b"<svg")
    assert paper.pictures["progress.svg"] != other.pictures["progress.svg"]
    assert notice_paper(replace(NOTICE, progress_url=""), ZONE).pictures == {}


def test_a_work_sheet_fits_a_page_with_four_photos(
    typesetter: Typesetter, reading: type[Reading]
) -> None:
    pdf = reading(typesetter.pdf(work_order_paper(ORDER, ZONE)))

    for words in (
        "7K3M9QXA", "紧急", "占用消防车通道", "已派单", "2026年11月23日12时前", "区城市管理局",
        "上报人数3人", "北门至5栋之间", "车头顶着花坛", "花坛旁", "核实后派给平安街道办事处",
        "复查人",
    ):  # fmt: skip
        assert words in pdf.text
    assert len(pdf.pages) == 1


def test_a_fifth_photo_is_left_out() -> None:
    order = replace(ORDER, photos=ORDER.photos * 2)

    assert [name for name in work_order_paper(order, ZONE).pictures if "photo" in name] == [
        "photo_1.jpg", "photo_2.jpg", "photo_3.jpg", "photo_4.jpg",
    ]  # fmt: skip


def test_a_bare_case_is_a_work_sheet_too(typesetter: Typesetter, reading: type[Reading]) -> None:
    bare = replace(
        ORDER, deadline=None, description="", handler="", lead="", reports=1, photos=(), steps=(),
        progress_url="", is_urgent=False, is_to_confirm=False,
    )  # fmt: skip

    text = reading(typesetter.pdf(work_order_paper(bare, ZONE))).text

    assert "整改期限未定" in text
    assert "上报人没有写文字" in text
    for words in ("紧急", "照片", "上报人数", "牵头部门", "经过", "none"):
        assert words not in text.replace("见照片", "").replace("各拍一张照片上传", "")


def test_one_tall_photo_keeps_to_its_frame(typesetter: Typesetter, reading: type[Reading]) -> None:
    tall = replace(ORDER.photos[0], jpeg=photo(size=(900, 1600)))

    pdf = typesetter.pdf(work_order_paper(replace(ORDER, photos=(tall,)), ZONE))

    assert len(reading(pdf).pages) == 1
