"""Fixtures of the knowledge tests."""

from pathlib import Path

import pytest

from tests.knowledge.samples import write_content


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a small, sound set of content files."""
    folder = tmp_path / "content"
    folder.mkdir()
    return write_content(folder)
