"""`make wheel`: build the three wheels, page included. With `--try`: install them in an empty environment and use them.

The trial needs nothing of this clone but dist/: it starts `runhere`, signs in by the printed link's code, and fetches
the page.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import venv
from pathlib import Path

import setup

DIST = setup.ROOT / "dist"


def build() -> None:
    """Build protocol, runtime and hub into dist/."""
    setup.python_packages("dev")
    setup.page()
    shutil.rmtree(DIST, ignore_errors=True)
    for part in ("protocol", "runtime", "hub"):
        words = ["-m", "build", "--no-isolation", "--wheel", "--outdir", str(DIST), str(setup.ROOT / part)]
        setup.step(f"Building the wheel of {part}/", lambda words=words: setup.run([setup.python(), *words]))  # type: ignore[misc]


def install(home: Path) -> Path:
    """An environment that holds the wheels and the locked packages, nothing else; returns its programs' folder."""
    venv.create(home, with_pip=False)
    programs = home / ("Scripts" if setup.WINDOWS else "bin")
    uv = [
        setup.python(),
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--link-mode",
        "copy",
        "--python",
        programs / "python",
    ]
    setup.run([*uv, "-c", setup.ROOT / "requirements" / "run.txt", *sorted(DIST.glob("*.whl"))])
    return programs


def use(programs: Path, folder: Path) -> None:
    """Start the installed `runhere` on an empty folder, sign in, fetch the page and its first script.

    Raises:
        SetupFailed: Something of that did not answer as it should.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    words = [programs / "runhere", folder, "--no-browser", "--port", "0", "--data", folder.parent / "data"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder) as hub:
        try:
            assert hub.stdout is not None
            url = hub.stdout.readline().strip()
            origin, code = re.fullmatch(r"(http://[^/]+)/login#.*?code=([^&]+).*", url).groups()  # type: ignore[union-attr]
            request = urllib.request.Request(
                f"{origin}/api/v1/session",
                data=json.dumps({"code": code}).encode(),
                headers={"Content-Type": "application/json", "Origin": origin},
            )
            with urllib.request.urlopen(request) as answer:
                assert answer.status == 200, answer.status
            with urllib.request.urlopen(f"{origin}/") as answer:
                page = answer.read().decode()
            script = re.search(r'src="(/[^"]+\.js)"', page)
            assert script, "the page names no script"
            with urllib.request.urlopen(origin + script.group(1)) as answer:
                assert answer.status == 200, answer.status
        except (AssertionError, AttributeError, OSError) as failed:
            raise setup.SetupFailed(f"the installed wheels do not work: {failed!r}") from failed
        finally:
            hub.terminate()


def try_out() -> None:
    """Install and use the wheels in a temporary place."""
    with tempfile.TemporaryDirectory(prefix="runhere-wheels-") as place:
        folder = Path(place) / "notebooks"
        folder.mkdir()
        programs = install(Path(place) / "environment")
        setup.step("Starting the installed runhere and signing in", lambda: use(programs, folder))
    print("wheels: 1 passed, 0 failed")


def main() -> int:
    """Build, and with --try also install and use."""
    build()
    if "--try" in sys.argv:
        try_out()
    return 0


if __name__ == "__main__":
    sys.exit(setup.guarded(main))
