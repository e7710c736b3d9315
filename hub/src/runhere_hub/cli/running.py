"""The running hub of a data folder, as the command line finds it: `hub.json`, and what it may be asked.

Standard library only: `runhere` must not load the hub to print a link. The file holds the control token and has mode
0600; a file whose hub does not answer is stale and is treated as absent.
"""

import contextlib
import http.client
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from runhere_hub.core.errors import Unavailable

FILE_NAME = "hub.json"
_ANSWER_WITHIN_S = 15
_STOPS_WITHIN_S = 90
"""A runtime ends its kernels, a JupyterHub its server."""


class HubSilent(Unavailable):
    """The hub that hub.json names does not answer."""

    code = "hub_silent"


class HubRefused(Unavailable):
    """The running hub refused; the message is its own."""

    code = "hub_refused"


@dataclass(frozen=True)
class Running:
    """A hub that runs, or ran.

    Attributes:
        origin: As browsers reach it, without a final slash.
        control_token: What the command line shows to be let in; new at every start of a hub.
    """

    pid: int
    host: str
    port: int
    origin: str
    control_token: str


def write(data_dir: Path, running: Running) -> None:
    """Say that this hub runs. Others of this machine cannot read the file at any moment."""
    temporary = data_dir / f".{FILE_NAME}.{os.getpid()}"
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(running), file)
    os.replace(temporary, data_dir / FILE_NAME)


def remove(data_dir: Path, running: Running) -> None:
    """Take the file away, unless another hub wrote it since."""
    if read(data_dir) == running:
        with contextlib.suppress(OSError):
            (data_dir / FILE_NAME).unlink()


def read(data_dir: Path) -> Running | None:
    """What hub.json says; None when there is none or it cannot be understood."""
    try:
        said = json.loads((data_dir / FILE_NAME).read_text(encoding="utf-8"))
        return Running(**said)
    except (OSError, ValueError, TypeError):
        return None


def alive(data_dir: Path) -> Running | None:
    """The hub that runs on this data folder; None when there is none, also when the file is stale."""
    running = read(data_dir)
    if running is None:
        return None
    try:
        status, _ = _request(running, "GET", "/healthz", None)
    except HubSilent:
        return None
    # 503: it runs, and its database does not answer now.
    return running if status in (200, 503) else None


def bind(running: Running, path: Path) -> str:
    """Let the running hub bind a folder, or the folder of a notebook; a login link that leads there.

    Raises:
        HubSilent, HubRefused: Nothing was bound.
    """
    return _url(_ask(running, "/api/v1/control/bind", {"path": str(path)}))


def login_link(running: Running) -> str:
    """A fresh login link.

    Raises:
        HubSilent, HubRefused: There is none.
    """
    return _url(_ask(running, "/api/v1/control/login-link", {}))


def runtimes(running: Running) -> list[dict[str, object]]:
    """Everybody's hosted runtimes, as `models.HeldRuntime` has them.

    Raises:
        HubSilent, HubRefused: Nothing is known.
    """
    answer = _ask(running, "/api/v1/control/runtimes", {})
    return list(answer["runtimes"]) if isinstance(answer, dict) else []


def stop_runtime(running: Running, user_name: str) -> bool:
    """End somebody's hosted runtime; False: there was none.

    Raises:
        HubSilent, HubRefused: It may run on.
    """
    path = f"/api/v1/control/runtimes/{quote(user_name, safe='')}/stop"
    answer = _ask(running, path, {}, within_s=_STOPS_WITHIN_S)
    return isinstance(answer, dict) and answer.get("was_running") is True


def _url(answer: object) -> str:
    url = answer.get("url") if isinstance(answer, dict) else None
    if not isinstance(url, str):
        raise HubSilent("The running hub gave an answer that this version of runhere does not understand.")
    return url


def _ask(running: Running, path: str, body: dict[str, str], *, within_s: float = _ANSWER_WITHIN_S) -> object:
    status, answer = _request(running, "POST", path, body, within_s=within_s)
    if status == 200:
        return answer
    message = answer.get("message") if isinstance(answer, dict) else None
    raise HubRefused(str(message or f"The running hub answered with status {status}."))


def _request(
    running: Running, method: str, path: str, body: dict[str, str] | None, *, within_s: float = _ANSWER_WITHIN_S
) -> tuple[int, object]:
    connection = http.client.HTTPConnection(running.host, running.port, timeout=within_s)
    headers = {"Host": running.origin.removeprefix("http://"), "Authorization": f"Bearer {running.control_token}"}
    try:
        if body is None:
            connection.request(method, path, headers=headers)
        else:
            connection.request(method, path, json.dumps(body), {**headers, "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise HubSilent(f"The hub at {running.origin} does not answer.") from error
    finally:
        connection.close()
