"""What is told to the C library, and when not."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = "from runhere_runtime.cli.allocator import give_back_what_is_free as tell; print(tell())"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc")
@pytest.mark.parametrize(("environment", "told"), [({}, "True"), ({"MALLOC_ARENA_MAX": "4"}, "False")])
def test_the_c_library_gives_back_what_is_free_unless_a_person_tuned_it(environment: dict[str, str], told: str) -> None:
    """In a process of its own: it counts for the whole of it, and for good."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout.strip() == told
