"""The arrows between packages point down only, and what loads torch is imported in two places."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "storage": set(),
    "index": set(),
    "community": {"storage"},
    "knowledge": {"index", "storage"},
    "quiz": {"knowledge", "index", "community", "storage"},
    "drills": {"knowledge", "index", "community", "storage"},
    "hazards": {"knowledge", "index", "community", "storage"},
    "bot": {"quiz", "drills", "hazards", "knowledge", "index", "community", "storage"},
}
HEAVY = {"torch", "sentence_transformers", "sklearn"}
MAY_LOAD_HEAVY = {"index/training.py", "index/hub.py"}
MAY_IMPORT_INSIDE = {"bot/commands.py"}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.split(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0], node.lineno


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_arrows_point_down(package: str) -> None:
    forbidden = set(MAY_IMPORT) - MAY_IMPORT[package] - {package}
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(package)
        for name, line in imports(ast.parse(path.read_text(encoding="utf-8")))
        if name in forbidden
    ]
    assert found == []


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_torch_stays_out_of_serving(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources(package)
        for name, line in imports(ast.parse(path.read_text(encoding="utf-8")))
        if name in HEAVY and str(path.relative_to(ROOT)) not in MAY_LOAD_HEAVY
    ]
    assert found == []


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_stand_at_the_top(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(package)
        if str(path.relative_to(ROOT)) not in MAY_IMPORT_INSIDE
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert found == []


def test_every_package_was_looked_at() -> None:
    assert all(
        sources(package) for package in ("bot", "community", "index", "knowledge", "storage")
    )


def test_nothing_names_a_machine_or_the_shared_folder() -> None:
    words = ("/work/", "../shared", "/root/")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for package in (*MAY_IMPORT, "tests", "docs", "scripts", "benchmarks")
        for path in sorted((ROOT / package).rglob("*"))
        if path.is_file()
        and path.suffix in {".py", ".md", ".yaml", ".toml", ""}
        and path != Path(__file__)
        for word in words
        if word in path.read_text(encoding="utf-8", errors="ignore")
    ]
    assert found == []
