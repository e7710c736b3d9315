"""`runhere` as a person starts it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runhere_hub.testing.processes import Started, starting


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path / "home"


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Started]]:
    """Starts `runhere`."""
    with starting(home) as function:
        yield function


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder to work in."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder
