"""`make run`: set up what is missing, build the page if its sources changed, start Runhere on a folder.

Usage: python scripts/run.py [FOLDER] [options of `runhere`]. The default folder is a copy of sample/ in .runhere/, so
that trying things out leaves the clone clean; its data lie in .runhere/data.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import setup


def sample_folder() -> Path:
    """A working copy of the sample notebooks, made once."""
    copy = setup.ROOT / ".runhere" / "sample"
    if not copy.exists():
        shutil.copytree(setup.ROOT / "sample", copy)
    return copy


def main() -> int:
    """Set up, then hand over to `runhere` until it ends."""
    setup.python_packages("run")
    setup.page()
    words = sys.argv[1:]
    if not words or words[0].startswith("-"):
        words = [str(sample_folder()), *words]
    if "--data" not in words:
        words += ["--data", str(setup.ROOT / ".runhere" / "data")]
    try:
        return subprocess.run([setup.python(), "-m", "runhere_hub.cli.main", *words], check=False).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(setup.guarded(main))
