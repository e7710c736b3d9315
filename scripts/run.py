"""`make run`: set up what is missing, build the page if its sources changed, start Runhere on a folder.

Usage: python scripts/run.py [FOLDER] [options of `runhere`]. The default folder is a copy of sample/ in .runhere/, so
that trying things out leaves the clone clean; its data lie in .runhere/data.
"""

import os
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


def words_for_runhere(words: list[str]) -> list[str]:
    """What was asked for, with this clone's sample folder and data folder where none is named."""
    if not words or words[0].startswith("-"):
        words = [str(sample_folder()), *words]
    if not any(word == "--data" or word.startswith("--data=") for word in words):
        words = [*words, "--data", str(setup.ROOT / ".runhere" / "data")]
    return words


def main() -> int:
    """Set up, then go on as `runhere`."""
    setup.python_packages("run")
    setup.page()
    words = words_for_runhere(sys.argv[1:])
    return become([str(setup.python()), "-m", "runhere_hub.cli.main", *words])


def become(command: list[str]) -> int:
    """Go on as `command`, so that whatever signal comes reaches it; on Windows wait for it."""
    if not setup.WINDOWS:
        sys.stdout.flush()
        os.execv(command[0], command)
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(setup.guarded(main))
