"""What pydantic finds wrong in a wording file, said in Chinese by file, place and remedy."""

from pydantic import ValidationError

from bot.wordingfiles import Fault, Place

# pydantic's type of error → what is wrong, and how to mend it.
_MISFITS = {
    "missing": ("缺“{name}”", "补上它，键名照原来的写"),
    "extra_forbidden": ("不认识“{name}”", "键名改回原来的，或者删掉"),
    "string_type": ("“{name}”这里要写成一句文字", "有冒号、括号，或写的是no、yes，就加引号"),
    "tuple_type": ("“{name}”要写成列表", "每项一行，以“- ”开头"),
    "dict_type": ("“{name}”要写成“名字: 值”的样子", "照原来的样子改"),
    "model_type": ("“{name}”要写成“名字: 值”的样子", "照原来的样子改"),
    "too_long": ("“{name}”多了几项", "照原来的项数写"),
    "pattern_regex": ("“{name}”里有一项不是正则表达式", "检查括号和特殊符号"),
}


def misfits(error: ValidationError) -> list[Fault]:
    """Return what is wrong, each with its place and how to mend it."""
    return [_misfit(found["type"], found["loc"], found["msg"]) for found in error.errors()]


def _misfit(kind: str, loc: Place, message: str) -> Fault:
    file, place = str(loc[0]), loc[1:]
    name = next((step for step in reversed(loc) if isinstance(step, str)), file)
    problem, mend = _MISFITS.get(kind, (f"“{{name}}”不对（{message}）", "照原来的样子改"))
    if kind == "missing" and isinstance(loc[-1], int):
        problem, mend = "“{name}”少了几项", "照原来的项数写"
    return Fault(file, place, problem.format(name=name), mend)
