"""One chart of each kind, for tests."""

from bot.charts.specs import Bars, Chart, Curve, Histogram, Lines, Mark, Series, StackedBars

MONTHS = ("8月", "9月", "10月", "11月")
BARS = Bars(
    "各类隐患数量",
    ("占用消防车通道", "楼道、楼梯间堆物", "飞线充电"),
    (Series("隐患", (132, 98.5, None)),),
    heading="类别",
)
STACKED = StackedBars(
    "每月隐患与办结情况",
    MONTHS,
    (
        Series("已销号", (41, 38, 44, 20)),
        Series("整改中", (4, 3, 9, 22)),
        Series("超期", (0, 3, 2, 4)),
    ),
    heading="月份",
)
LINES = Lines(
    "平均用时",
    MONTHS,
    (Series("平安街道", (5, 4.25, None, 3)), Series("几江街道", (3, 3.5, 3, 2))),
    unit="天",
)
HISTOGRAM = Histogram("从上报到销号用了几天", (0, 1, 2.5, 7, 365), (12, 40, 55, 2))
CURVE = Curve(
    "到集合点的人数",
    ((35, 2), (80, 9), (150, 20), (151, 22), (300, 31), (610, 33)),
    (Mark("一半", 150), Mark("九成", 300), Mark("九成五", 610)),
    most=40,
)
ALL: tuple[Chart, ...] = (BARS, STACKED, LINES, HISTOGRAM, CURVE)
