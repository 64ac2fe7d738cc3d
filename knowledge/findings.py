"""What is wrong in a content file, worded in Chinese for the person who mends it."""

from dataclasses import dataclass
from pathlib import Path

from knowledge.errors import Problem, Severity


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing to mend: where, what, and how. An ``error`` fails the check, a hint does not."""

    file: Path
    line: int
    problem: str
    mend: str
    severity: Severity = "error"

    def __str__(self) -> str:
        """Return the finding as it is printed."""
        label = "错误" if self.severity == "error" else "提示"
        return f"{self.file}:{self.line}: {label}：{self.problem}。{self.mend}。"


# kind → (severity, what is wrong, how to mend it); names in braces are the problem's facts.
WORDS: dict[str, tuple[Severity, str, str]] = {
    # The form of a file.
    "not_utf8": ("error", "文件不是UTF-8编码", "用编辑器另存为UTF-8"),
    "no_front_matter": ("error", "第一行不是“---”", "文件要以“---”开头，照着别的条目写"),
    "front_matter_open": (
        "error", "开头的资料没有收尾的“---”", "在答案正文上面补一行“---”",
    ),
    "bad_yaml": (
        "error", "格式读不懂（{reason}）", "看这一行和上一行的缩进、冒号；含“: ”或“#”的句子加引号",
    ),
    "empty": ("error", "这里是空的", "照着别的文件补上"),
    "not_a_mapping": ("error", "“{name}”要写成“名字: 值”的样子", "照着别的文件改"),
    "not_a_list": ("error", "“{name}”要写成列表", "每项一行，以“- ”开头"),
    "not_text": ("error", "“{name}”里这一项要写成一句文字", "有冒号或括号的用引号括起来"),
    "blank": ("error", "“{name}”里有一项是空的", "补上文字，或者删掉这一行"),
    "twice": ("error", "“{name}”写了两次", "删掉一个"),
    "unknown_key": ("error", "不认识“{name}”", "只能写：{allowed}"),
    "missing_key": ("error", "缺“{name}”", "补上它"),
    "bad_date": ("error", "“{value}”不是日期", "写成2026-01-31的样子"),
    "id_outside_category": (
        "error", "“{id}”不在“{category}”这一类", "编号写成“{category}.名字”",
    ),
    # The law library and the list of unverified claims.
    "unknown_kind": ("error", "不认识种类“{value}”", "只能写：{allowed}"),
    "bad_article_number": ("error", "“{number}”不是条号", "写成“第四十四条”；标准写成“第7.1.14条”"),
    "bad_pattern": ("error", "“{pattern}”不是正则表达式（{reason}）", "检查括号和特殊符号"),
    # An entry as a whole.
    "unknown_id": ("error", "大纲里没有编号“{id}”", "改成knowledge/syllabus.yaml里有的编号"),
    "wrong_path": ("error", "编号“{id}”和文件的位置对不上", "文件应放在entries/{expected}"),
    "other_title": (
        "hint", "标题“{title}”和大纲的“{expected}”不同", "没有必要就用大纲的标题",
    ),
    "missing_topic": ("error", "“{id}”（{title}）还没有条目", "写entries/{expected}"),
    "not_reviewed": ("error", "没有审读日期", "读过一遍后写reviewed: ['读的日期']"),
    "reviewed_once": ("hint", "只审读过一遍", "换一个人再读一遍，把日期加在后面"),
    # A hint, since it rests on the clock of whoever checks.
    "reviewed_in_future": ("hint", "审读日期{value}还没到", "写实际读的那天"),
    "unknown_related": ("error", "相关条目“{id}”不在大纲里", "改成大纲里的编号，或者删掉"),
    "related_self": ("error", "相关条目里写了自己", "删掉它"),
    "related_twice": ("error", "相关条目“{id}”写了两次", "删掉一个"),
    # Utterances.
    "unknown_register": ("error", "不认识语气“{register}”", "只能写：{allowed}"),
    "few_registers": ("error", "问法只有{count}种语气，至少要{least}种", "还可以写：{missing}"),
    "missing_register": ("hint", "还没有这些语气的问法：{missing}", "各补两句"),
    "few_utterances": ("error", "问法只有{count}句，至少要{least}句", "再想想别人会怎么问"),
    "same_utterance": ("error", "这句问法和{where}重复", "删掉一句，或者换个真不一样的说法"),
    "gold_utterance": (
        "error", "这句问法就是评测题", "删掉它：评测题不能拿来训练，不然成绩不算数",
    ),
    "gold_unreadable": ("error", "评测题的这一行读不懂", "每行写一个JSON对象，问题放在“q”里"),
    # Sources.
    "no_sources": ("error", "没有写依据", "补上sources；只是通行做法的，law写“公开资料”"),
    "unknown_law": ("error", "法规库里没有“{law}”", "用knowledge/laws.yaml里的简称：{allowed}"),
    "unknown_article": (
        "error", "法规库里没有“{citation}”", "核对条号；确有此条，就把条文加进knowledge/laws.yaml",
    ),
    "practice_article": ("error", "“{law}”是通行做法，没有条号", "删掉article里的字"),
    "supports_nothing": ("error", "依据“{citation}”没写支持哪句话", "在for里写清楚它支持什么"),
    "duty_without_law": (
        "error", "“{words}”是义务或处罚，依据里却没有法规", "补上法规和条号，或者改成建议的语气",
    ),
    "number_without_source": (
        "error", "“{number}”没有依据", "在哪条依据的for里写上“{number}”，没有依据就别写死数字",
    ),
    # The answer.
    "long_body": ("error", "答案有{count}个字，最多{most}个", "删到要紧的几步"),
    "first_line": ("error", "答案第一行要是一句完整的话", "先写最先该做的事，以句号结尾，不编号"),
    "no_blank_line": ("error", "第一句和步骤之间要空一行", "空一行"),
    "no_steps": ("error", "第一句下面没有步骤", "空一行后写“1. ”“2. ”……"),
    "stray_line": ("error", "这一行不是“数字. ”开头的步骤", "每一步一行，写成“{number}. ……”"),
    "step_number": ("error", "步骤号是{found}，应该是{number}", "从1起挨着编"),
    "markup": ("error", "答案里有“{sign}”这样的排版符号", "删掉：聊天里会原样显示出来"),
    "basis_in_body": ("error", "答案里写了“依据”这一行", "删掉：程序会按sources自动写"),
    "undeclared_setting": (
        "error", "没有“{{{name}}}”这个设置", "改成已有的：{allowed}；或加进community/settings.yaml",
    ),
    "setting_not_in_needs": ("error", "正文用了“{{{name}}}”，needs里没有写", "在needs里加上{name}"),
    "need_unused": ("error", "needs里的“{name}”正文没有用到", "删掉它，或者在正文写“{{{name}}}”"),
    "stray_brace": ("error", "答案里有单独的花括号", "设置写成“{{gas_hotline}}”的样子"),
    "needs_expected": (
        "hint", "这个问题的答案各区不同，正文却没有用设置", "会变的号码和名称写成“{{设置名}}”",
    ),
    "unverified_claim": ("error", "“{words}”：{why}", "{say}"),
}  # fmt: skip


def worded(problem: Problem) -> Finding:
    """Return a problem in the words of whoever mends it.

    Raises:
        KeyError: when the table lacks the kind or a fact it names, which a test rules out.
    """
    severity, what, mend = WORDS[problem.kind]
    return Finding(
        problem.file,
        problem.line,
        what.format_map(problem.facts),
        mend.format_map(problem.facts),
        severity,
    )
