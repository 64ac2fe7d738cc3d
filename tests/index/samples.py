"""A small world to search: six topics, corpora of a few lines, and a model made without torch."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from index.classifier import OUT_OF_SCOPE, TopicClassifier, quantise_columns
from index.corpus import Asked, HeldBack, Line
from index.detector import HEADS, Detector, DetectorThresholds, detector_features
from index.embedding import UNKNOWN, StaticEncoder, Vocabulary, quantise
from index.fusion import Fusion
from index.gate import MEASURES, Gate, Judge, Thresholds
from index.lexicon import shipped_lexicon
from index.model import Model, Training, utterance_hashes
from index.retrieval import analyse_topics
from index.text import analyse
from index.values import FloatArray, Topic, Utterance

TEXTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "gas.smell": (
        "闻到家里有燃气味怎么办",
        "不碰任何开关，叫上家人到室外，再打抢修电话。",
        (
            "厨房一股煤气味先做啥",
            "屋里有臭鸡蛋味道",
            "灶台嘶嘶响味道冲鼻子",
            "闻到天然气能开灯看吗",
            "满屋煤气进去还是不进去",
            "燃气泄漏先关阀门还是先开窗",
        ),
    ),
    "gas.hose_life": (
        "软管多久换一次",
        "看管上的标注，老化龟裂马上换。",
        (
            "灶下面那根皮管子几年换",
            "橡胶管用了好多年要不要换",
            "软管裂口了还能用不",
            "燃气软管寿命",
            "胶管发硬了换什么样的",
            "老鼠咬了软管",
        ),
    ),
    "ebike.no_indoor": (
        "电动车能不能推上楼",
        "楼道和门厅不准停放充电，停到集中停放点。",
        (
            "电瓶车停楼道可以吗",
            "小电驴推进电梯回家充电",
            "楼梯间停电动车违规不",
            "门厅里停电马儿",
            "电动自行车放家门口",
            "能不能把电动车推上楼",
        ),
    ),
    "escape.wet_towel": (
        "湿毛巾怎么用",
        "折叠多层捂住口鼻，不为找毛巾耽误逃生。",
        (
            "湿毛巾捂嘴有用吗",
            "毛巾要折几层",
            "打湿的布能不能防烟",
            "口罩代替湿毛巾行不行",
            "湿毛巾能挡一氧化碳不",
            "逃生找不到毛巾",
        ),
    ),
    "escape.no_elevator": (
        "火灾时能不能坐电梯",
        "普通电梯不能坐，走疏散楼梯。",
        (
            "着火了坐电梯下楼快不快",
            "火灾电梯还能用吗",
            "三十楼起火难道走楼梯",
            "为什么不准坐电梯逃生",
            "电梯会不会停在半路",
            "消防电梯我们能坐不",
        ),
    ),
    "call.119": (
        "怎么打119报火警",
        "说清地址楼栋楼层，什么着火，有没有人被困。",
        (
            "报火警要说什么",
            "打119怎么讲地址",
            "火警电话接通了先说啥",
            "119会问哪些问题",
            "报警说不清楼层怎么办",
            "拨打119的步骤",
        ),
    ),
}

OUTSIDE = (
    "明天天气怎么样",
    "推荐一家好吃的火锅店",
    "帮我写一首诗",
    "房价还会不会跌",
    "手机流量套餐哪个划算",
    "我家猫不吃东西",
    "今天心头烦，想找人摆龙门阵，说了半天也没人听我讲那些陈年旧事",
    "孩子作业写到半夜还没写完，老师又布置了手抄报，哪个家长受得了嘛",
)
EMERGENCIES = (
    ("厨房烧起来了快来人", "fire"),
    ("我家着火了救命", "fire"),
    ("楼道全是黑烟看不见", "smoke"),
    ("煤气漏了满屋都是快点", "gas"),
    ("我爸触电倒地叫不醒", "shock"),
    ("电梯里困了三个人出不来", "elevator"),
)
LOOK_ALIKES = (
    ("去年我家着过火", "past", "fire"),
    ("消防演练什么时候", "drill", "fire"),
    ("考试题煤气漏了应该怎么做", "quiz", "gas"),
    ("新闻说有人触电", "news", "shock"),
    ("气得我火冒三丈", "idiom", "fire"),
    ("如果楼道有烟怎么办", "hypothetical", "smoke"),
)
PERHAPS = (("好像有点糊味", "fire"), ("楼道有股怪味", "gas"), ("插座有点烫", "electric"))
CRISIS = (("我不想活了", "self_harm"), ("我要烧了他家", "arson"), ("汽油瓶怎么做", "recipe"))
CRISIS_LOOK_ALIKES = (("累死我了", "idiom"), ("炭火烤肉要通风吗", "howto"))


def topics() -> list[Topic]:
    """Return the six topics."""
    return [
        Topic(name, title, text, tuple(Utterance(said, "colloquial") for said in utterances))
        for name, (title, text, utterances) in TEXTS.items()
    ]


def write_corpora(folder: Path, held_back: Path) -> None:
    """Write every corpus file, and a held-back set in which each topic is asked twice."""
    folder.mkdir(parents=True, exist_ok=True)
    held_back.mkdir(parents=True, exist_ok=True)
    outside = [{"q": text, "kind": "near_miss", "long": len(text) > 20} for text in OUTSIDE]
    emergencies = [{"q": text, "kind": kind, "cue": True} for text, kind in EMERGENCIES]
    alike = [{"q": text, "kind": kind, "about": about} for text, kind, about in LOOK_ALIKES]
    write_lines(folder / "out_of_scope.jsonl", outside)
    write_lines(folder / "emergency.jsonl", emergencies)
    write_lines(folder / "look_alikes.jsonl", alike)
    write_lines(folder / "perhaps.jsonl", [{"q": text, "kind": kind} for text, kind in PERHAPS])
    write_lines(folder / "crisis.jsonl", [{"q": text, "kind": kind} for text, kind in CRISIS])
    write_lines(
        folder / "crisis_look_alikes.jsonl",
        [{"q": text, "kind": kind} for text, kind in CRISIS_LOOK_ALIKES],
    )
    asked = [
        {"q": f"请问{said}", "ids": [name], "register": "colloquial", "emergency": "no"}
        for name, (_, _, utterances) in TEXTS.items()
        for said in utterances[:2]
    ]
    write_lines(held_back / "in_scope.jsonl", asked)
    write_lines(held_back / "out_of_scope.jsonl", outside)
    write_lines(held_back / "emergencies.jsonl", emergencies)
    write_lines(held_back / "look_alikes.jsonl", alike)


def write_lines(path: Path, lines: Sequence[Mapping[str, object]]) -> None:
    """Write one JSON object a line."""
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    path.write_text(text + "\n", encoding="utf-8")


def held_back() -> HeldBack:
    """Return a held-back set of the same lines, in memory."""
    return HeldBack(
        in_scope=tuple(
            Asked(f"请问{said}", (name,), "colloquial", "no")
            for name, (_, _, utterances) in TEXTS.items()
            for said in utterances[:2]
        ),
        out_of_scope=tuple(Line(text, "near_miss", is_long=len(text) > 20) for text in OUTSIDE),
        emergencies=tuple(Line(text, kind) for text, kind in EMERGENCIES),
        look_alikes=tuple(Line(text, kind, about) for text, kind, about in LOOK_ALIKES),
    )


def tiny_vocabulary(world: Sequence[Topic]) -> Vocabulary:
    """Return every feature of the topics and of the out-of-scope lines."""
    tokens = {token for document in analyse_topics(world) for token in document.tokens}
    tokens |= {token for text in OUTSIDE for token in analyse(text).tokens}
    return Vocabulary({token: row for row, token in enumerate([UNKNOWN, *sorted(tokens)])})


def tiny_encoder(vocabulary: Vocabulary, dimensions: int = 64) -> StaticEncoder:
    """Return random rows: texts that share features still lie nearer each other."""
    rows = np.random.default_rng(7).normal(size=(len(vocabulary.rows), dimensions))
    return StaticEncoder(vocabulary, *quantise(rows.astype(np.float32)))


def tiny_classifier(world: Sequence[Topic], vocabulary: Vocabulary) -> TopicClassifier:
    """Return a classifier whose weights are counts of the topic's features."""
    documents = analyse_topics(world)
    outside = tuple(token for text in OUTSIDE for token in analyse(text).tokens)
    counted = [Counter(one) for one in (*(one.tokens for one in documents), outside)]
    weights = np.zeros((len(vocabulary.rows), len(counted)), np.float32)
    for column, counts in enumerate(counted):
        for token, times in counts.items():
            weights[vocabulary.rows[token], column] = np.log1p(times)
    classes = (*(document.id for document in documents), OUT_OF_SCOPE)
    rarity = np.ones(len(vocabulary.rows), np.float32)
    bias = np.zeros(len(counted), np.float32)
    return TopicClassifier(classes, *quantise_columns(weights), bias, rarity)


def tiny_detector() -> Detector:
    """Return a detector whose weights are the share of each label among a feature's lines."""
    labelled = [(text, (2, kind)) for text, kind in EMERGENCIES]
    labelled += [(text, (0, about)) for text, _, about in LOOK_ALIKES]
    labelled += [(text, (0, "")) for text in OUTSIDE]
    columns = [name for classes in HEADS.values() for name in classes]
    found = [detector_features(analyse(text), shipped_lexicon()) for text, _ in labelled]
    vocabulary = {token: row for row, token in enumerate(sorted(set().union(*found)))}
    weights = np.zeros((len(vocabulary), len(columns)), np.float32)
    for features, (_, (urgency, kind)) in zip(found, labelled, strict=True):
        rows = [vocabulary[feature] for feature in features]
        weights[rows, urgency] += 1
        if kind:
            weights[rows, 3 + HEADS["kind"].index(kind)] += 1
    bias = np.zeros(len(columns), np.float32)
    thresholds = DetectorThresholds(now=0.6, danger=0.5, crisis=0.9)
    return Detector(vocabulary, *quantise_columns(weights), bias, thresholds)


def judge_of(name: str, weight: float = 1.0, bias: float = 0.0) -> Judge:
    """Return a judge that looks at one measure only."""
    weights: FloatArray = np.zeros(len(MEASURES), np.float32)
    weights[MEASURES.index(name)] = weight
    zeros, ones = np.zeros(len(MEASURES), np.float32), np.ones(len(MEASURES), np.float32)
    return Judge(weights, bias, zeros, ones)


def tiny_model(world: Sequence[Topic]) -> Model:
    """Return a whole model of ``world``; its gate answers from familiar features alone."""
    vocabulary = tiny_vocabulary(world)
    gate = Gate(
        known=judge_of("in-scope log-odds", 1.0),
        right=judge_of("first probability", 8.0, -3.0),
        thresholds=Thresholds(answer=0.6, clarify=0.5),
    )
    return Model(
        training=Training(1, utterance_hashes(world), {"recall_1": 1.0}),
        vocabulary=vocabulary,
        classifier=tiny_classifier(world, vocabulary),
        fusion=Fusion(),
        gate=gate,
        detector=tiny_detector(),
        static=tiny_encoder(vocabulary),
        fingerprint="tiny",
    )
