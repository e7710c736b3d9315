"""`make test`: set up what tests need, browsers included, and run every test.

Usage: python scripts/test.py [--fast | --no-e2e | --e2e] [words for pytest]. Ends with one line per tier; the exit
status is 0 only if all passed.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import setup

FAST = ["protocol/tests", "hub/tests/core", "hub/tests/doc"]
ALL = ["protocol/tests", "hub/tests", "runtime/tests"]
# One file more at once than two processors: tests mostly wait for a kernel, a browser, a hub or a far host.
WORKERS = "3"


@dataclass(frozen=True)
class Tier:
    """One runner's share of the tests."""

    title: str
    command: list[str | Path]
    cwd: Path = setup.ROOT


def python_tier(title: str, folders: list[str], words: list[str], *, workers: str = WORKERS) -> Tier:
    """Tests that pytest runs; folders that do not exist in this checkout are an error of pytest's."""
    # In the order of conftest.py, not by how many tests a file has.
    parallel = ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"] if workers != "0" else []
    return Tier(title, [setup.python(), "-m", "pytest", "-q", *parallel, *folders, *words])


def page_tier(*words: str) -> Tier:
    """The page's own tests."""
    return Tier("page", setup.node("node_modules/vitest/vitest.mjs", "run", *words), setup.FRONTEND)


def tiers(kind: str, words: list[str]) -> list[Tier]:
    """What to run for --fast, --no-e2e, --e2e, or everything."""
    if kind == "--fast":
        return [python_tier("python, fast", FAST, words, workers="0"), page_tier("src/core", "src/doc")]
    end_to_end = [python_tier("end to end", ["e2e"], words)]
    if kind == "--e2e":
        return end_to_end
    rest = [python_tier("python", ALL, words), page_tier()]
    return rest if kind == "--no-e2e" else rest + end_to_end


def prepare(kind: str) -> None:
    """Set up as much as the wanted tiers need."""
    setup.python_packages("dev")
    if kind == "--fast":
        setup.node_packages()
        return
    setup.test_programs()
    setup.node_packages()
    setup.page()


def main() -> int:
    """Run the tiers one after the other and sum up."""
    # A shell that starts this in the background has it ignore Ctrl-C, and with it every program that a test ends so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    words = sys.argv[1:]
    kind = words.pop(0) if words and words[0] in {"--fast", "--no-e2e", "--e2e"} else ""
    prepare(kind)
    lines, failed = [], False
    environment = {**os.environ, "RUNHERE_PYTHON": str(setup.python())}
    for tier in tiers(kind, words):
        setup.say(f"Tests: {tier.title}")
        started = time.monotonic()
        ended = subprocess.run([str(word) for word in tier.command], cwd=tier.cwd, env=environment, check=False)
        failed |= ended.returncode != 0
        verdict = "passed" if ended.returncode == 0 else f"FAILED (exit {ended.returncode})"
        lines.append(f"{tier.title}: {verdict} in {time.monotonic() - started:.0f} s")
    print("\n".join(["", *lines]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(setup.guarded(main))
