"""What ``lifeline doctor`` says of work that waits or has failed; reads, changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from bot.backlog_store import Heap, last_beat, open_heaps, open_request_count, undelivered_heaps
from bot.cli.wechat_check import Line
from community.deliveries import State
from storage import Database
from storage.work_rows import Trouble, troubles

# A process beats every few seconds; one that is busy is given this long.
SILENT = timedelta(minutes=1)
# A delivery that still waits after this long is held up by something.
SLOW = timedelta(minutes=10)
DAY = timedelta(days=1)
MOST_TROUBLES = 100
_SHOWN_TROUBLES = 3
_SHORT = 80

_CHANNELS: Mapping[str, str] = {
    "wechat": "微信",
    "telegram": "Telegram",
    "web": "网页",
    "terminal": "终端",
}
_STATES: Mapping[State, str] = {
    "queued": "等群发轮到",
    "waiting": "等着发",
    "sending": "正在发",
    "held": "现在推不了，等居民下次来消息时显示",
    "failed": "对方收不到",
    "expired": "过期没发",
    "uncertain": "连接断了，不知道到没到",
}


def backlog_lines(database: Database, now: datetime) -> Iterator[Line]:
    """Yield who works in the background, what has failed, and what waits for whom."""
    yield _work_line(database.read(last_beat), now)
    yield from _trouble_lines(database.read(partial(troubles, most=MOST_TROUBLES)))
    yield from _inbox_lines(database)
    yield from database.read(partial(_delivery_lines, now=now))


def _work_line(beat: datetime | None, now: datetime) -> Line:
    if beat is None:
        return Line("·", "后台没有在运行：serve或worker开着才会送出待发消息")
    if now - beat <= SILENT:
        return Line("✓", "后台在运行")
    text = f"后台从{beat:%Y-%m-%d %H:%M}Z起没有动静：进程没了就重新启动，没做完的会接着做"
    return Line("!", text)


def _trouble_lines(found: Sequence[Trouble]) -> Iterator[Line]:
    if not found:
        yield Line("✓", "后台的工作没有做不成的")
        return
    more = "以上" if len(found) == MOST_TROUBLES else ""
    yield Line("!", f"后台有{len(found)}件{more}工作做不成，最近的{_SHOWN_TROUBLES}件：")
    for trouble in found[:_SHOWN_TROUBLES]:
        ended = "不再试" if trouble.is_final else "还在试"
        reason = " ".join(trouble.reason.split())[:_SHORT]
        text = f"　{trouble.job} {trouble.key}：失败{trouble.failures}次，{ended}（{reason}）"
        yield Line("!", text)


def _inbox_lines(database: Database) -> Iterator[Line]:
    found = database.read(open_request_count)
    if found.oldest:
        since = f"最早的一条在{found.oldest:%Y-%m-%d %H:%M}Z"
        yield Line("!", f"有{found.count}条居民留言没有回，{since}：lifeline inbox list")
    else:
        yield Line("✓", "居民的留言都回了")


def _delivery_lines(db: Connection, now: datetime) -> list[Line]:
    heaps = open_heaps(db)
    lines = [_open_line(heap, now) for heap in heaps] or [Line("✓", "没有待发消息")]
    failed = undelivered_heaps(db, now - DAY)
    return [*lines, *(Line("!", f"24小时内没送到：{_counted(heap)}") for heap in failed)]


def _open_line(heap: Heap, now: datetime) -> Line:
    if heap.state == "waiting" and now - heap.oldest > SLOW:
        since = f"{heap.oldest:%Y-%m-%d %H:%M}Z"
        return Line("!", f"待发消息：{_counted(heap)}，最早的从{since}等到现在，看渠道通不通")
    return Line("·", f"待发消息：{_counted(heap)}")


def _counted(heap: Heap) -> str:
    channel = _CHANNELS.get(heap.channel, heap.channel)
    return f"{channel}有{heap.count}条{_STATES.get(heap.state, heap.state)}"
