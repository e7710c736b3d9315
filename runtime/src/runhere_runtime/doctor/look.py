"""Asks a runtime and this machine for the facts of `rules.py`.

Sends a token only to an address that the person gave with it, and only once it has shown itself to be a Jupyter server.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import platform
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from jupyter_client.kernelspec import KernelSpecManager

from runhere_runtime.doctor.rules import Facts, OriginAnswer, ServerFacts, SpecFacts, ToldOfItself
from runhere_runtime.errors import UrlInvalid
from runhere_runtime.gate.rules import normalise_origin

ANSWER_WITHIN_S = 5
"""The whole of one answer: a server that sends a byte now and then is not waited for."""
MOST_ORIGINS = 20
MOST_KERNELS = 20
_SHOWN_CHARS = 40
STRANGER = "https://stranger.invalid"
_PATH = re.compile(r"[!-~]*")
_TOKEN = re.compile(r"[ -~]{1,1024}")
_PACKAGES = ("runhere-runtime", "jupyter-server", "ipykernel", "tornado", "pyzmq")


@dataclass(frozen=True)
class Address:
    """Where a runtime should answer; `base` begins and ends with a slash. `tls`: over https."""

    host: str
    port: int
    base: str
    token: str | None
    tls: bool = False


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def read_url(text: str) -> Address:
    """What a person pasted: a URL, `host:port` or a port.

    Raises:
        UrlInvalid: It is none.
    """
    given = f"127.0.0.1:{text}" if text.isdecimal() else text
    try:
        parts = urlsplit(given if "://" in given else f"http://{given}")
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise UrlInvalid(f"{text!r} is no address such as http://127.0.0.1:8888/?token=….") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise UrlInvalid(f"{text!r} is no address such as http://127.0.0.1:8888/?token=….")
    if not _PATH.fullmatch(parts.path):
        raise UrlInvalid(f"The path {parts.path!r} holds what no address of a Jupyter server holds.")
    path = parts.path.rstrip("/") + "/"
    for page in ("/tree/", "/lab/"):
        path = path.removesuffix(page) + "/" if path.endswith(page) else path
    tokens = parse_qs(parts.query).get("token") or parse_qs(parts.fragment).get("token")
    if tokens and not _TOKEN.fullmatch(tokens[0]):
        raise UrlInvalid("The token of this address holds what no header can carry. Copy the whole line again.")
    return Address(parts.hostname, port, path, tokens[0] if tokens else None, tls=parts.scheme == "https")


def look_at_server(address: Address, hubs: tuple[str, ...], *, kept: tuple[str, ...] = ()) -> ServerFacts:
    """What answers there, and how it meets these hubs (none named: those that it lists itself; if it says nothing of
    that, those that are `kept` on this machine).

    Never raises for what a server does; a silent one is `not_http` after the time limit.
    """
    try:
        socket.create_connection((address.host, address.port), ANSWER_WITHIN_S).close()
    except OSError as error:
        return ServerFacts(address.host, address.port, "nothing", refused=error.strerror or str(error))
    except UnicodeError:
        return ServerFacts(address.host, address.port, "nothing", refused="this is no name of a machine")
    if address.tls and (untrusted := _why_untrusted(address)):
        return ServerFacts(address.host, address.port, "untrusted", refused=untrusted)
    api = _ask(address, "GET", "api")
    if api is None:
        is_tls = not address.tls and _speaks_tls(address)
        return ServerFacts(address.host, address.port, "tls" if is_tls else "not_http")
    version = _version(api)
    if version is None:
        return ServerFacts(address.host, address.port, "other_http")
    info = _ask(address, "GET", "api/runhere/info", _auth(address))
    forged = _ask(address, "GET", "api", {"Host": "stranger.invalid"})
    status = _ask(address, "GET", "api/status", _auth(address)) if address.token else None
    let_in = status is not None and status.status == 200
    return ServerFacts(
        host=address.host,
        port=address.port,
        answers="companion" if _is_companion(api, info) else "jupyter",
        version=version,
        token_given=address.token is not None,
        token_status=status.status if status else None,
        forged_host_status=forged.status if forged else None,
        origins=tuple(_meet(address, hub) for hub in hubs or _listed(info) or kept),
        stranger_let_in=_meet(address, STRANGER).let_in if address.token else None,
        kernels=_offered(_ask(address, "GET", "api/kernelspecs", _auth(address))) if let_in else None,
        told=_told_of_itself(info),
    )


def _meet(address: Address, origin: str) -> OriginAnswer:
    asks = {"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    preflight = _ask(address, "OPTIONS", "api/kernels", asks)
    allowed = preflight is not None and preflight.headers.get("access-control-allow-origin") in (origin, "*")
    entered = _ask(address, "GET", "api/status", {"Origin": origin, **_auth(address)}) if address.token else None
    return OriginAnswer(origin, allowed, entered is not None and entered.status == 200)


def _auth(address: Address) -> dict[str, str]:
    return {"Authorization": f"token {address.token}"} if address.token else {}


def _is_companion(api: _Answer, info: _Answer | None) -> bool:
    # A listed page reads more; without a token this header of every answer is what there is.
    told = info is not None and info.status == 200 and b'"runhere-runtime"' in info.body
    return told or "sandbox" in api.headers.get("content-security-policy", "")


def _listed(info: _Answer | None) -> tuple[str, ...]:
    """The pages that a companion lets in: it tells whoever holds its own token."""
    try:
        origins = json.loads(info.body)["origins"] if info else []
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()
    texts = [one for one in origins if isinstance(one, str)] if isinstance(origins, list) else []
    return tuple(dict.fromkeys(one for one in texts if normalise_origin(one) == one))[:MOST_ORIGINS]


def _told_of_itself(info: _Answer | None) -> ToldOfItself | None:
    if info is None or info.status != 200:
        return None
    try:
        told = json.loads(info.body)
        return ToldOfItself(*map(_short, (told["platform"]["host"], told["version"], told["python"])))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _offered(specs: _Answer | None) -> tuple[str, ...] | None:
    """What the server calls its kernels; None where it tells of none, as after a token that it does not take."""
    if specs is None or specs.status != 200:
        return None
    try:
        found = json.loads(specs.body)["kernelspecs"]
        return tuple(_short(one["spec"]["display_name"]) for one in list(found.values())[:MOST_KERNELS])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _version(api: _Answer) -> str | None:
    try:
        return _short(json.loads(api.body)["version"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _short(said: object) -> str:
    """On one line of a length that can be shown, whatever a server says."""
    return " ".join(str(said)[:1000].split())[:_SHOWN_CHARS]


def _ask(address: Address, method: str, path: str, headers: dict[str, str] | None = None) -> _Answer | None:
    """One request, following no redirect; None when what came back was no HTTP, or not in time."""
    kind = HTTPSConnection if address.tls else HTTPConnection
    connection = kind(address.host, address.port, timeout=ANSWER_WITHIN_S)
    try:
        connection.connect()
        with _ended_in_time(connection.sock):
            connection.request(method, address.base + path, headers=headers or {})
            found = connection.getresponse()
            return _Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read(2**20))
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


@contextlib.contextmanager
def _ended_in_time(sock: socket.socket) -> Iterator[None]:
    """A socket's own limit begins anew with every byte that comes."""

    def end() -> None:
        with contextlib.suppress(OSError):  # it has ended by itself
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(ANSWER_WITHIN_S, end)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _why_untrusted(address: Address) -> str | None:
    """What this machine says of a server's certificate; None: it is trusted, or there is none to judge."""
    import ssl  # here: it costs start-up time and is needed for a server with TLS

    try:
        with socket.create_connection((address.host, address.port), ANSWER_WITHIN_S) as plain:
            ssl.create_default_context().wrap_socket(plain, server_hostname=address.host).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError:
        return None
    return None


def _speaks_tls(address: Address) -> bool:
    import ssl  # here: it costs start-up time and is needed for a server that did not answer

    lenient = ssl.create_default_context()
    lenient.check_hostname, lenient.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((address.host, address.port), ANSWER_WITHIN_S) as plain:
            lenient.wrap_socket(plain).close()
    except OSError:
        return False
    return True


def look_around(server: ServerFacts | None, data_folder: Path) -> Facts:
    """The facts of this machine, beside those of a server."""
    gpus, trouble = _gpus()
    return Facts(
        server=server,
        machine=platform.node(),
        specs=_specs(),
        versions=tuple((name, _installed(name)) for name in _PACKAGES),
        python=sys.executable,
        gpus=gpus,
        gpu_trouble=trouble,
        disk_free_bytes=shutil.disk_usage(data_folder).free,
        data_folder=str(data_folder),
    )


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _specs() -> tuple[SpecFacts, ...]:
    found = KernelSpecManager().get_all_specs()
    return tuple(_spec(name, one["spec"]) for name, one in sorted(found.items()))


def _spec(name: str, spec: dict[str, object]) -> SpecFacts:
    argv = spec.get("argv")
    program = str(argv[0]) if isinstance(argv, list) and argv else ""
    path = sys.executable if program in ("python", "python3") else shutil.which(program)
    is_python = isinstance(argv, list) and "ipykernel_launcher" in argv
    return SpecFacts(
        name=name,
        display_name=str(spec.get("display_name", name)),
        program=program,
        program_exists=path is not None,
        python=path if is_python else None,
        has_ipykernel=_has_ipykernel(path) if is_python and path else None,
    )


def _has_ipykernel(python: str) -> bool:
    try:
        tried = subprocess.run([python, "-c", "import ipykernel"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return tried.returncode == 0


def _gpus() -> tuple[tuple[str, ...], str | None]:
    """Names of NVIDIA's GPUs, or what nvidia-smi said instead; nothing where there is no such program."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return (), None
    command = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return (), str(error)
    lines = tuple(line.strip() for line in told.stdout.splitlines() if line.strip())
    return (lines, None) if told.returncode == 0 else ((), " ".join((told.stdout + told.stderr).split())[:300])
