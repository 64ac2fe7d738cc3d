"""A folder of gold questions, read for evaluation only. Nothing trains or fits on them."""

from pathlib import Path

from index.corpus import HeldBack, Line, read_asked, read_objects

# A story of this length or more counts as long, where the file does not say.
LONG_CHARACTERS = 60


def read_gold(folder: Path) -> HeldBack:
    """Return the folder's questions in the shape of the held-back set.

    ``gold_emergency.jsonl`` holds emergencies and look-alikes (``emergency`` true or false),
    ``gold_out_of_scope.jsonl`` what is out of scope, every other ``gold_*.jsonl`` questions
    with the ids that answer them.

    Raises:
        OSError: when a file is missing.
        CorpusError: when a line is malformed.
    """
    apart = {"gold_emergency.jsonl", "gold_out_of_scope.jsonl"}
    asked = [path for path in sorted(folder.glob("gold_*.jsonl")) if path.name not in apart]
    emergencies, look_alikes = _emergencies(folder / "gold_emergency.jsonl")
    outside = tuple(
        Line(line["q"], line["kind"], is_long=len(line["q"]) >= LONG_CHARACTERS)
        for _, line in read_objects(folder / "gold_out_of_scope.jsonl")
    )
    in_scope = tuple(one for path in asked for one in read_asked(path))
    return HeldBack(in_scope, outside, emergencies, look_alikes)


def _emergencies(path: Path) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    lines = [(Line(line["q"], line["kind"]), line["emergency"]) for _, line in read_objects(path)]
    return (
        tuple(line for line, is_emergency in lines if is_emergency),
        tuple(line for line, is_emergency in lines if not is_emergency),
    )
