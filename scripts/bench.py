"""`make bench`: ours and the peers' figures in one run, as ratios.

Usage: python scripts/bench.py [suite …] [options of one suite]. Suites are the files of bench/ that have a `main`;
without a name all run.
"""

import subprocess
import sys

import setup

SUITES = ["collaboration", "load", "kernel_channel", "page", "panels", "frames"]


def main() -> int:
    """Run the named suites, or all that exist."""
    words = sys.argv[1:]
    named = [word for word in words if word in SUITES]
    options = [word for word in words if word not in SUITES]
    setup.python_packages("dev")
    setup.test_programs()
    setup.page()
    status = 0
    for suite in named or [suite for suite in SUITES if (setup.ROOT / "bench" / f"{suite}.py").exists()]:
        setup.say(f"Benchmark: {suite}")
        status |= subprocess.run(
            [setup.python(), setup.ROOT / "bench" / f"{suite}.py", *options], check=False
        ).returncode
    return status


if __name__ == "__main__":
    sys.exit(setup.guarded(main))
