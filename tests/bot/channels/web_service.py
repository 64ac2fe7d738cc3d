"""A web chat that really listens, over a conversation whose answers are written down here."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock, Thread
from time import sleep

import uvicorn
from starlette.applications import Starlette

from bot.channels import web
from bot.dialogue.turns import Turn
from bot.messages import Account, Choice, CitedArticle, Reply, Utterance
from storage import StorageError

COOKIE_KEY = b"only for tests"

SMOKE = Reply(
    "answer",
    "楼道有烟就别出去，退回屋里关紧门，打119等救援。\n\n"
    "1. 关上大门，用湿毛巾、湿床单把门缝塞严，没水就用干布、胶带。\n"
    "2. 全家到离火远、有窗的房间，再关一道门。\n"
    "3. 打119，说清小区、楼栋、楼层、房号、屋里几个人。\n"
    "4. 烟比火更要命，几口浓烟就能让人倒下。捂着湿毛巾、憋着气也不要冲。\n"
    "5. 只有看清走廊和楼梯间都没有烟，才走楼梯下去。\n"
    "6. 在窗边挥亮色的布让人看见；窗外有烟进来就关窗。不坐电梯，不跳楼。",
    basis="依据：消防法第四十四条等2处",
    hint="没答到回“不对”。",
    choices=(
        Choice("被困在家里怎么办", "escape.trapped_home"),
        Choice("怎么判断门外有没有火", "escape.judge_door_hot"),
    ),
    citations=(
        CitedArticle(
            "消防法第四十四条",
            "发现火灾立即报警",
            "第四十四条　任何人发现火灾都应当立即报警。任何单位、个人都应当无偿为报警提供便利，"
            "不得阻拦报警。严禁谎报火警。",
        ),
        CitedArticle("公开资料", "消防部门通行的固守待援做法"),
    ),
    topics=("escape.smoke_corridor",),
    rateable=True,
)
FIRE = Reply(
    "emergency",
    "现在打119（免费）。我是自动回复，不会替你报警，没有人会因为这条消息出动。\n"
    "• 叫上家人马上往外走，出来随手关门，走楼梯。\n"
    "• 楼梯有烟就别硬闯：退回屋里关上门，湿布堵门缝，到窗口呼救。\n"
    "• 火还小、背后有退路才扑。油锅起火：盖锅盖，关火。一下压不住就走。\n"
    "不要坐电梯，不要回去拿东西，油锅不要泼水。",
    choices=(Choice("已打119"), Choice("打不了电话"), Choice("不是现在发生的")),
)
GAS = Reply(
    "emergency",
    "现在走到室外，再打119（免费）。我是自动回复，不会替你报警，没有人会因为这条消息出动。\n"
    "• 灯、电器、抽油烟机都别开也别关，不点火，不在屋里打电话。\n"
    "不要按门铃，不要坐电梯。",
    choices=(Choice("已打119"), Choice("打不了电话"), Choice("不是现在发生的")),
)
CALLED = Reply(
    "emergency",
    "• 手机别挂，开免提。人在外面：离楼远一点，清点家人。\n"
    "在哪？发我小区、几栋几楼几号，我给你写成一句话，照着念给119。\n"
    "我还在。下一步回“下一步”；人安全了回“安全了”。",
    choices=(Choice("下一步"), Choice("安全了")),
)
BATTERY = Reply(
    "answer",
    "要是现在冒烟、鼓包、嘶嘶响：人离开，关门，到外面打119（免费）。\n\n"
    "不能。电瓶拿回家充，一旦起火堵住门，家里120平方米也跑不出去。\n\n1. 到楼下充电棚充。",
    basis="依据：高层民用建筑消防安全管理规定第三十七条",
    topics=("ebike.battery_home",),
    rateable=True,
)
CRISIS = Reply(
    "crisis",
    "你说的这些，我很担心你。先别一个人扛。\n• 想说说话：打12356（心理援助热线），有人听。",
    choices=(Choice("我安全"), Choice("我想找人说话")),
)
CLARIFY = Reply(
    "clarify",
    "你想问的是哪一个？",
    choices=(
        Choice("燃气软管多久换", "gas.hose_life"),
        Choice("燃气软管选哪种", "gas.hose_type"),
        Choice("都不是"),
    ),
    topics=("gas.hose_life", "gas.hose_type"),
)
WEATHER = Reply("decline", "天气我不懂，请看天气预报。我只答逃生、报警、燃气和电动车的安全。")
PHOTO = Reply(
    "chat",
    "照片收到。这是什么隐患？",
    choices=(Choice("楼道楼梯堆物"), Choice("不是隐患，发给人工")),
)
PLACE = Reply("chat", "位置收到。")
REPORT = Reply("chat", "报哪里的隐患？发张照片最快。", wants="photo")
WHERE = Reply("chat", "在哪里？发个位置，或打字。", wants="place")
SLOW = Reply("chat", "你发得太快了，等一分钟再发。真着火、漏气、有人被困：直接打119（免费）。")

ANSWERS = {
    "楼道有烟怎么办": SMOKE,
    "我家厨房烧起来了": FIRE,
    "屋里好大的燃气味": GAS,
    "已打119": CALLED,
    "电瓶能不能拿回家充": BATTERY,
    "不想活了": CRISIS,
    "软管": CLARIFY,
    "明天天气怎么样": WEATHER,
    "报隐患": REPORT,
    "改地点": WHERE,
}


class WrittenConversation:
    """The conversation's methods over the answers above; keeps turns as the real one does."""

    def __init__(self) -> None:
        self._turns: dict[Account, dict[str, Turn]] = {}
        self._lock = Lock()
        self._last = 0
        self._was_photo = False
        self.received: list[Utterance] = []
        self.ratings: list[tuple[int, bool]] = []
        self.is_failing = False

    def receive(self, utterance: Utterance, *, limited: bool = False) -> Turn:
        """Answer from the table, once for each utterance id."""
        reply = _answer(utterance)
        if limited and reply.kind not in {"emergency", "crisis"}:
            return Turn(None, utterance.text, (SLOW,), utterance.sent_at)
        with self._lock:
            self.received.append(utterance)
            turns = self._turns.setdefault(utterance.account, {})
            if utterance.id not in turns:
                is_silent = bool(utterance.media) and self._was_photo
                turns[utterance.id] = self._next(utterance.text, *(() if is_silent else (reply,)))
                self._was_photo = bool(utterance.media)
            return turns[utterance.id]

    def history(self, account: Account, after: int = 0) -> list[Turn]:
        """Return the account's turns with an id above ``after``."""
        if self.is_failing:
            raise StorageError("the disk is gone")
        with self._lock:
            turns = self._turns.get(account, {}).values()
            return [turn for turn in turns if turn.id is not None and turn.id > after]

    def rate(self, account: Account, turn_id: int, *, useful: bool) -> bool:
        """Note a rating of a turn of this account."""
        mine = {turn.id for turn in self.history(account)}
        if turn_id in mine:
            self.ratings.append((turn_id, useful))
        return turn_id in mine

    def deliver(self, text: str) -> None:
        """Store something that every account is told later, without having asked."""
        with self._lock:
            for turns in self._turns.values():
                turns[f"delivery {self._last}"] = self._next("", Reply("chat", text))

    def _next(self, said: str, *replies: Reply) -> Turn:
        self._last += 1
        return Turn(self._last, said, replies, datetime.now(UTC))


def _answer(utterance: Utterance) -> Reply:
    if utterance.media:
        return PHOTO
    if utterance.place:
        return PLACE
    return ANSWERS.get(utterance.text, Reply("chat", f"收到：{utterance.text}"))


def app(
    conversation: WrittenConversation | None = None,
    public_url: str | None = None,
    around: web.Around = web.NOTHING_AROUND,
) -> Starlette:
    """Return the web chat alone; without arguments it is a factory for uvicorn's command."""
    routes = web.routes(
        conversation or WrittenConversation(),
        cookie_key=COOKIE_KEY,
        public_url=public_url,
        around=around,
    )
    return Starlette(routes=routes, middleware=web.middleware())


@contextmanager
def listening(
    conversation: WrittenConversation,
    *,
    port: int = 0,
    public_url: str | None = None,
    around: web.Around = web.NOTHING_AROUND,
) -> Iterator[str]:
    """Serve the web chat from a thread, and yield its address."""
    with serving(app(conversation, public_url, around), port) as address:
        yield address


@contextmanager
def serving(application: Starlette, port: int = 0) -> Iterator[str]:
    """Serve an application from a thread, and yield its address."""
    config = uvicorn.Config(
        application,
        port=port,
        ws="none",
        log_level="critical",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
