"""`make wheel`: build the three wheels, page included. With `--try`: install them in an empty environment and use them.

The trial needs nothing of this clone but dist/: it starts `runhere`, signs in and pairs by the printed link, and loads
the page and the frame.
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
from urllib.parse import unquote

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


def fetch(url: str, *, origin: str | None = None, body: object = None, token: str | None = None) -> str:
    """The text at an address; with a body, the answer to posting it.

    Raises:
        SetupFailed: It answered with an error, or not at all.
    """
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode())
    headers = {"Content-Type": "application/json", "Origin": origin, "Authorization": token and f"Bearer {token}"}
    for name, value in headers.items():
        if value:
            request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(answer.read().decode())
    except OSError as failed:  # also HTTP errors
        raise setup.SetupFailed(f"the installed wheels do not work: {url}: {failed}") from failed


def found(pattern: str, text: str, what: str) -> str:
    """The first group of a pattern in a text.

    Raises:
        SetupFailed: It is not there.
    """
    match = re.search(pattern, text)
    if match is None:
        raise setup.SetupFailed(f"the installed wheels do not work: no {what} in {text[:200]!r}")
    return match.group(1)


def use(programs: Path, folder: Path) -> None:
    """Start the installed `runhere` on an empty folder; use the hub, the page, the frame and the runtime.

    Raises:
        SetupFailed: Something of that did not answer as it should.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    words = [programs / "runhere", folder, "--no-browser", "--port", "0", "--data", folder.parent / "data"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder) as hub:
        try:
            check(hub.stdout.readline().strip() if hub.stdout else "")
        finally:
            hub.terminate()


def check(link: str) -> None:
    """Do with a login link what a browser does."""
    origin = found(r"^(http://[^/]+)/login#", link, "login link")
    fetch(f"{origin}/api/v1/session", origin=origin, body={"code": found(r"[#&]code=([^&]+)", link, "code")})
    fetch(origin + found(r'src="(/[^"]+\.js)"', fetch(f"{origin}/"), "script"))
    frame = fetch(f"{origin}/frame/v1/frame.html")
    fetch(origin + "/frame/v1/" + found(r'src="(?:/frame/v1/|\./)?([^"]+\.js)"', frame, "script"))
    runtime = unquote(found(r"&rt=([^&]+)", link, "runtime"))
    pairing = {"code": unquote(found(r"&pair=([^&]+)", link, "pairing code")), "client_name": "wheel trial"}
    token = json.loads(fetch(f"{runtime}/api/runhere/pair", origin=origin, body=pairing))["token"]
    kernels = json.loads(fetch(f"{runtime}/api/runhere/info", origin=origin, token=token))["kernelspecs"]
    if "python3" not in kernels:
        raise setup.SetupFailed(f"the installed runtime has no Python kernel, but {sorted(kernels)}")


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
