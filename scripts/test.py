"""`make test`: set up what tests need, browsers included, and run every test.

Usage: python scripts/test.py [--fast | --no-e2e | --e2e] [words for pytest]. Ends with one line per tier, under it one
for each test that failed: where only the end of a log is kept, it says which tests to look at. The exit status is 0
only if all passed.
"""

import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import setup

FAST = ["protocol/tests", "hub/tests/core", "hub/tests/doc"]
ALL = ["protocol/tests", "hub/tests", "runtime/tests"]
# One file more at once than two processors: tests mostly wait for a kernel, a browser, a hub or a far host.
WORKERS = "3"
REPORTS = setup.ROOT / "test-results" / "tiers"
WHY_MAX = 200  # characters of a failure's first line that are repeated at the end


@dataclass(frozen=True)
class Tier:
    """One runner's share of the tests."""

    title: str
    command: list[str | Path]
    report: Path
    cwd: Path = setup.ROOT


def python_tier(title: str, folders: list[str], words: list[str], *, workers: str = WORKERS) -> Tier:
    """Tests that pytest runs; folders that do not exist in this checkout are an error of pytest's."""
    # In the order of conftest.py, not by how many tests a file has.
    parallel = ["-n", workers, "--dist", "loadfile", "--no-loadscope-reorder"] if workers != "0" else []
    report = REPORTS / f"{title.replace(' ', '-')}.xml"
    command = [setup.python(), "-m", "pytest", "-q", f"--junitxml={report}", *parallel, *folders, *words]
    return Tier(title, command, report)


def page_tier(*words: str) -> Tier:
    """The page's own tests."""
    report = REPORTS / "page.xml"
    reporters = ("--reporter=default", "--reporter=junit", f"--outputFile.junit={report}")
    command = setup.node("node_modules/vitest/vitest.mjs", "run", *reporters, *words)
    return Tier("page", command, report, setup.FRONTEND)


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


def why_failed(report: Path) -> list[str]:
    """A line for each test of a tier's JUnit report that failed: its file, its name, the first line of why."""
    if not report.is_file():
        return ["no report: it ended before its first test, or was killed"]
    lines = []
    for case in ET.parse(report).getroot().iter("testcase"):
        why = case.find("failure")
        why = case.find("error") if why is None else why
        if why is not None:
            said = (why.get("message") or why.text or "").strip().splitlines() or [""]
            lines.append(f"{case.get('classname')} » {case.get('name')}: {said[0][:WHY_MAX]}")
    return lines or ["each test passed: something went wrong beside them, see what is printed above"]


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
        tier.report.unlink(missing_ok=True)
        ended = subprocess.run([str(word) for word in tier.command], cwd=tier.cwd, env=environment, check=False)
        failed |= ended.returncode != 0
        verdict = "passed" if ended.returncode == 0 else f"FAILED (exit {ended.returncode})"
        lines.append(f"{tier.title}: {verdict} in {time.monotonic() - started:.0f} s")
        if ended.returncode != 0:
            lines += [f"  {why}" for why in why_failed(tier.report)]
    print("\n".join(["", *lines]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(setup.guarded(main))
