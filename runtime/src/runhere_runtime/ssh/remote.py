"""The program that runs on the other machine. It is sent there as text and imports nothing of ours.

Old Pythons must be able to read it, to say that they are too old: no syntax newer than 3.7 (annotations are not
evaluated).

It speaks in lines on standard output, each `RUNHERE {json}`, and reads JSON lines from standard input:

    <- {"port", "address", "hubs", "start", "stop", "root", "kernel_python", "colab_compat", "public_url",
        "version", "digest", "needs"}                      the wish
    -> {"event": "hello", "python", "executable", "host"}
    -> {"event": "missing", "home", "will_install"}        <- {"install": true, "archive": base64} or {"install": false}
    -> {"event": "progress", "text"}
    -> {"event": "ready", "kind": "companion" | "jupyter", "started": bool, "tls": bool, "base": path on it, "token",
        "pairs": [{"hub", "code"}], "root",
        "listed": [origins] | null}                        the pages that may connect; null: it does not say
    -> {"event": "elsewhere", "address"}                   the port listens on another address of this machine than is
                                                           dialled: the near side comes again, for that one
    -> {"event": "nothing", "others": [ports]}             nothing of this person listens on the port; the forward stays
    -> {"event": "gone"}                                   the runtime ended
    -> {"event": "stopped", "count"}
    -> {"event": "failed", "code", "message"}

It ends when standard input ends, which is when the connection does. A runtime that it started goes on by itself.
"""

from __future__ import annotations

import base64
import glob
import gzip
import io
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import threading
import time
import zlib
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

OLDEST = (3, 11)
START_WITHIN_S = 60
STOP_WITHIN_S = 20
LOOK_EVERY_S = 2.0
LEAST_FREE_BYTES = 64 * 1024
END_OF_CERTIFICATE = "-----END CERTIFICATE-----"
USUAL = "127.0.0.1"
EVERY = ("", "*", "0.0.0.0", "::")
LISTENS = "0A"


class Failed(Exception):
    """Told as one `failed` line; nothing else is left behind than what the message says."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Elsewhere(Exception):
    """The port is to be dialled on another address of this machine."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def say(event: str, **facts: Any) -> None:
    """One line to the near side."""
    sys.stdout.write("RUNHERE " + json.dumps(dict(facts, event=event)) + "\n")
    sys.stdout.flush()


def version_here() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def hear() -> dict[str, Any] | None:
    """The next line from the near side; None when the connection has ended."""
    line = sys.stdin.buffer.readline()
    return json.loads(line.decode("utf-8")) if line else None


def home() -> str:
    """Our own folder here: an environment, and the log of what we started."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(data, "runhere-runtime")


def jupyter_data() -> str:
    """Jupyter's data folder, as jupyter_core finds it."""
    if os.environ.get("JUPYTER_DATA_DIR"):
        return os.environ["JUPYTER_DATA_DIR"]
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Jupyter")
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(data, "jupyter")


def companion_data() -> str:
    """Where runtimes of this person keep their files."""
    return os.environ.get("RUNHERE_RUNTIME_DATA") or os.path.join(jupyter_data(), "runhere-runtime")


def is_mine(path: str) -> bool:
    """Whether only this person could have written the file."""
    info = os.lstat(path)
    return not os.path.islink(path) and info.st_uid == os.getuid() and not info.st_mode & 0o077


def runs(pid: int) -> bool:
    """Whether a process of this person runs under the number."""
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return False
    return True


def read_facts(pattern: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of this person's own files; others are not believed."""
    for path in sorted(glob.glob(pattern)):
        try:
            if not is_mine(path):
                continue
            with open(path, encoding="utf-8") as file:
                facts = json.load(file)
        except (OSError, ValueError):
            continue
        if isinstance(facts, dict) and isinstance(facts.get("pid"), int) and runs(facts["pid"]):
            yield facts


def companions() -> list[dict[str, Any]]:
    """Running runtimes of ours: dicts with pid, port, token, root."""
    return list(read_facts(os.path.join(glob.escape(companion_data()), "servers", "*.json")))


def jupyters() -> list[dict[str, Any]]:
    """Other Jupyter servers of this person: dicts with pid, port, token, root_dir."""
    runtime = os.environ.get("JUPYTER_RUNTIME_DIR") or os.path.join(jupyter_data(), "runtime")
    found: list[dict[str, Any]] = []
    for kind in ("jpserver-*.json", "nbserver-*.json"):
        found.extend(read_facts(os.path.join(glob.escape(runtime), kind)))
    return found


def listening_on(servers: list[dict[str, Any]], port: int) -> dict[str, Any] | None:
    """The one of them that listens on the port, with the address as `at`, or None.

    A process that was killed counts as running until its parent takes note of it, and after a reboot another process
    may have its number: so the port is tried, and of several that name it the one that knows its token is meant.
    """
    named = [one for one in servers if one.get("port") == port]
    found = [dict(one, at=address) for one in named for address in answering(addresses_of(one), port)[:1]]
    return found[0] if len(found) == 1 else next(filter(knows_its_token, found), None)


def addresses_of(server: dict[str, Any]) -> list[str]:
    """Where a server may be dialled by what its file says: ours name an address, Jupyter's a host."""
    name = server.get("address") or server.get("hostname")
    if not isinstance(name, str) or name in EVERY:
        return [USUAL, "::1"]
    try:
        found = [str(one[4][0]) for one in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]
    except (OSError, ValueError):
        return []
    return sorted(found, key=lambda address: address != USUAL)


def listed_addresses(port: int) -> list[str]:
    """Where the system says that somebody listens on the port; empty where it keeps no such table."""
    found = []
    for table, family in (("/proc/net/tcp", socket.AF_INET), ("/proc/net/tcp6", socket.AF_INET6)):
        try:
            with open(table, encoding="ascii") as file:
                rows = [line.split() for line in file][1:]
        except OSError:
            continue
        for row in rows:
            address, _, number = row[1].partition(":")
            if int(number, 16) == port and row[3] == LISTENS:
                words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
                found.append(socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words)))
    return ["::1" if address == "::" else USUAL if address in EVERY else address for address in found]


def answering(addresses: list[str], port: int) -> list[str]:
    """Those that are this machine's own and on which somebody listens on the port."""
    return [address for address in dict.fromkeys(addresses) if is_of_this_machine(address) and is_taken(port, address)]


def is_of_this_machine(address: str) -> bool:
    """A file may name what belongs to another machine by now. One that needs an interface beside it is left out."""
    try:
        with socket.socket(family_of(address)) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def see_that_dialled(address: str, wish: dict[str, Any]) -> None:
    """Raises Elsewhere where the near side's forward leads to another address."""
    if address != wish["address"]:
        raise Elsewhere(address)


def knows_its_token(server: dict[str, Any]) -> bool:
    """Whether what listens on the server's port accepts the server's token."""
    answer = ask(server, "GET", "api/status")
    return answer is not None and answer[0] == 200


def speaks_tls(server: dict[str, Any]) -> bool:
    """Whether a server's file says https: ours names its certificate, Jupyter's says `secure`."""
    return bool(server.get("certificate") or server.get("secure"))


def base_of(server: dict[str, Any]) -> str:
    """The path under which a server answers; it begins and ends with a slash."""
    base = server.get("base_url")
    return quote(base, safe="/%!$&'()*+,;=:@~") if isinstance(base, str) and base.endswith("/") else "/"


def ask(server: dict[str, Any], method: str, path: str, body: Any = None) -> tuple[int, bytes] | None:
    """One request to a server of this person, with its token; None when no HTTP came back.

    Over TLS one of ours must show the very certificate that its file names. Of other servers only the port is known:
    they are trusted as they would be without TLS.
    """
    connection = None
    try:
        connection = connection_to(server)
        headers = {"Authorization": "Bearer " + str(server.get("token", "")), "Content-Type": "application/json"}
        connection.request(method, base_of(server) + path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        if connection is not None:
            connection.close()


def connection_to(server: dict[str, Any]) -> HTTPConnection:
    """Not yet open.

    Raises:
        OSError: Its certificate is not there any more.
    """
    if not speaks_tls(server):
        return HTTPConnection(server.get("at", USUAL), server["port"], timeout=10)
    import ssl  # here, both: a Python may have been built without
    from http.client import HTTPSConnection

    context = ssl.create_default_context()
    context.check_hostname = False  # it may be good for another name than this one
    context.verify_mode = ssl.CERT_NONE
    if server.get("certificate"):
        with open(server["certificate"], encoding="ascii", errors="replace") as file:
            shown = file.read().partition(END_OF_CERTIFICATE)
        context = ssl.create_default_context(cadata=shown[0] + shown[1])
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
    return HTTPSConnection(server.get("at", USUAL), server["port"], timeout=10, context=context)


def is_taken(port: int, address: str = USUAL) -> bool:
    """Whether anybody listens on the port."""
    with socket.socket(family_of(address)) as probe:
        probe.settimeout(2)
        return probe.connect_ex((address, port)) == 0


# ---- install ------------------------------------------------------------------------------------------------


def has_ours(python: str, version: str) -> bool:
    """Whether this Python has the same runhere-runtime as the near side."""
    program = "import runhere_runtime, runhere_protocol, ipykernel; print(runhere_runtime.__version__)"
    try:
        found = subprocess.run([python, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return False
    return found.returncode == 0 and found.stdout.decode().strip() == version


def own_python() -> str:
    """The Python of our own environment, made or not."""
    return os.path.join(home(), "venv", "bin", "python")


def installed_digest() -> str:
    """Of the packages that we copied into our environment; empty when there are none."""
    try:
        with open(os.path.join(home(), "installed"), encoding="ascii") as file:
            return file.read().strip()
    except (OSError, ValueError):
        return ""


def python_with_ours(wish: dict[str, Any]) -> str | None:
    """A Python here that can start the wanted version, or None."""
    if has_ours(sys.executable, wish["version"]):
        return sys.executable
    if installed_digest() == wish["digest"] and has_ours(own_python(), wish["version"]):
        return own_python()
    return None


def install(wish: dict[str, Any]) -> str:
    """Ask, then make our environment and put our packages into it. The environment of nobody else is touched."""
    if sys.version_info < OLDEST:
        raise Failed(
            "python_too_old",
            f"The newest Python on {socket.gethostname()} is {version_here()}; Runhere needs 3.11 or newer. "
            "Name one with --python PATH.",
        )
    say("missing", home=home(), will_install=["runhere-runtime " + wish["version"]] + wish["needs"])
    answer = hear()
    if answer is None or not answer.get("install"):
        raise Failed("install_refused", "Nothing was installed.")
    os.makedirs(home(), mode=0o700, exist_ok=True)
    os.chmod(home(), 0o700)
    if not os.path.exists(own_python()):
        say("progress", text=f"Making a Python environment in {home()}/venv")
        tell_run([sys.executable, "-m", "venv", os.path.join(home(), "venv")], "venv_missing", venv_advice())
    say("progress", text="Installing what it needs: " + ", ".join(wish["needs"]))
    pip = [own_python(), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    tell_run(pip + wish["needs"], "install_failed", f"pip could not install {', '.join(wish['needs'])}.")
    say("progress", text="Copying runhere-runtime " + wish["version"])
    unpack(answer["archive"])
    with open(os.path.join(home(), "installed"), "w", encoding="ascii") as file:
        file.write(wish["digest"])
    if not has_ours(own_python(), wish["version"]):
        raise Failed(
            "install_failed", f"The environment in {home()} was made but does not start. Delete it and try again."
        )
    return own_python()


def venv_advice() -> str:
    """What to do where Python cannot make environments."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    return (
        f"This Python cannot make environments. On Debian or Ubuntu: sudo apt install {package}. "
        "Or name another Python with --python PATH."
    )


def tell_run(command: list[str], code: str, advice: str) -> None:
    """Run a command and tell its lines as progress.

    Raises:
        Failed: It ended with an error, with the last lines of what it said.
    """
    quiet = dict(os.environ, PIP_NO_INPUT="1")
    last: list[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=quiet
    ) as running:
        assert running.stdout is not None
        for raw in running.stdout:
            line = raw.decode("utf-8", "replace").strip()
            if line:
                last = [*last, line][-20:]
                if line.split(" ")[0] in ("Collecting", "Downloading", "Building", "Installing"):
                    say("progress", text=line[:160])
    if running.returncode != 0:
        worst = [one for one in last if one.startswith("ERROR")] or last[-3:]
        raise Failed(code, advice + " It said: " + " / ".join(worst)[:800])


def unpack(archive: str) -> None:
    """Put our packages into our environment, in the place of those that are there.

    Raises:
        Failed: The archive is damaged; those that are there stay.
    """
    found = packages_in(archive)
    program = "import site; print(site.getsitepackages()[0])"
    target = subprocess.run([own_python(), "-c", program], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    for name in {path.split("/")[0] for path in found}:
        shutil.rmtree(os.path.join(target, name), ignore_errors=True)
    for path, content in found.items():
        os.makedirs(os.path.dirname(os.path.join(target, path)), exist_ok=True)
        with open(os.path.join(target, path), "wb") as file:
            file.write(content)


def packages_in(archive: str) -> dict[str, bytes]:
    """Path -> content. The archive is the near side's own; its paths are checked all the same.

    Raises:
        Failed: It is not whole, or would write elsewhere.
    """
    damaged = Failed("install_failed", "The packages that were sent are damaged.")
    try:
        tar = gzip.decompress(base64.b64decode(archive))
        with tarfile.open(fileobj=io.BytesIO(tar)) as packed:
            found = {}
            for member in packed.getmembers():
                content = packed.extractfile(member) if member.isfile() else None
                if content is None or member.name.startswith(("/", "..")) or "/../" in member.name:
                    raise damaged
                found[member.name] = content.read()
            return found
    except (ValueError, OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise damaged from error


# ---- start, stop, pair --------------------------------------------------------------------------------------


def start(python: str, wish: dict[str, Any]) -> dict[str, Any]:
    """Start a runtime that outlives this connection; returns what it announced.

    Raises:
        Failed: It did not start; with its own words.
    """
    os.makedirs(home(), mode=0o700, exist_ok=True)
    log_path = os.path.join(home(), f"runtime-{wish['port']}.log")
    command = [python, "-m", "runhere_runtime", "--announce", "json", "--port", str(wish["port"])]
    for hub in wish["hubs"]:
        command += ["--hub", hub]
    command += ["--root", os.path.expanduser(wish["root"] or "~")]
    command += ["--public-url", wish["public_url"]]
    kernel_python = wish["kernel_python"] or kernel_python_here(python)
    if kernel_python:
        command += ["--kernel-python", os.path.expanduser(kernel_python)]
    if wish["colab_compat"]:
        command.append("--colab-compat")
    say("progress", text=f"Starting the runtime on port {wish['port']}")
    with open(os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as log:
        running = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True, cwd="/"
        )
    assert running.stdout is not None
    if not select.select([running.stdout], [], [], START_WITHIN_S)[0]:
        running.kill()
        raise Failed("start_failed", f"The runtime said nothing within {START_WITHIN_S} s. Its log: {log_path}")
    line = running.stdout.readline()
    running.stdout.close()
    # Its end must be taken note of by its parent, or it would count as running for whoever looks.
    threading.Thread(target=running.wait, daemon=True).start()
    if not line:
        running.wait()
        with open(log_path, encoding="utf-8", errors="replace") as log:
            said = " ".join(log.read().split())
        raise Failed("start_failed", said[-800:] or why_without_a_word())
    facts: dict[str, Any] = json.loads(line.decode("utf-8"))
    return facts


def why_without_a_word() -> str:
    """On a full disk a runtime cannot even leave its reason in the log."""
    if shutil.disk_usage(home()).free < LEAST_FREE_BYTES:
        return f"The disk is full over there, where {home()} lies. Make room, then give the same command again."
    return "The runtime ended without a word."


def kernel_python_here(python: str) -> str | None:
    """The person's own Python, if kernels can run in it: that is where their packages are."""
    if python == sys.executable:
        return None
    found = subprocess.run([sys.executable, "-c", "import ipykernel"], stderr=subprocess.DEVNULL)
    return sys.executable if found.returncode == 0 else None


def stop(port: int) -> int:
    """End this person's runtime on the port; returns how many were ended."""
    found = listening_on(companions(), port)
    if not found:
        return 0
    os.kill(found["pid"], signal.SIGTERM)
    limit = time.monotonic() + STOP_WITHIN_S
    while runs(found["pid"]) and time.monotonic() < limit:
        time.sleep(0.1)
    if runs(found["pid"]):
        os.kill(found["pid"], signal.SIGKILL)
    return 1


def pair(server: dict[str, Any], hubs: list[str], python: str | None) -> list[dict[str, str]]:
    """Codes for the pages that may connect to a runtime that runs already."""
    pairs = []
    for hub in hubs:
        if python:
            subprocess.run([python, "-m", "runhere_runtime", "allow", hub], stderr=subprocess.DEVNULL)
        code = open_pairing(server, hub)
        if code:
            pairs.append({"hub": hub, "code": code})
    return pairs


def open_pairing(server: dict[str, Any], hub: str) -> str | None:
    """A code for one page; None when the runtime does not give one (it may be older)."""
    answer = ask(server, "POST", "api/runhere/pairings", {"origin": hub})
    try:
        return json.loads(answer[1].decode("utf-8"))["code"] if answer and answer[0] == 200 else None
    except (ValueError, KeyError, TypeError):
        return None


def pages_listed(server: dict[str, Any]) -> list[str] | None:
    """The pages that may connect to a runtime; None when it does not say (it may be older)."""
    answer = ask(server, "GET", "api/runhere/info")
    try:
        return list(json.loads(answer[1].decode("utf-8"))["origins"]) if answer and answer[0] == 200 else None
    except (ValueError, KeyError, TypeError):
        return None


# ---- the whole ----------------------------------------------------------------------------------------------


def find_or_start(wish: dict[str, Any]) -> int | None:
    """Tell what answers on the port; returns the pid to watch, or None.

    Raises:
        Elsewhere: It answers on another address than the one that is dialled.
    """
    python = python_with_ours(wish)
    running = listening_on(companions(), wish["port"])
    if running:
        see_that_dialled(running["at"], wish)
        say_ready(running, pair(running, wish["hubs"], python), started=False)
        return int(running["pid"])
    other = listening_on(jupyters(), wish["port"])
    if other:
        see_that_dialled(other["at"], wish)
        root = other.get("root_dir") or other.get("notebook_dir") or ""
        whole = {"token": other.get("token", ""), "tls": speaks_tls(other), "base": base_of(other), "root": root}
        say("ready", kind="jupyter", started=False, pairs=[], listed=None, **whole)
        return int(other["pid"])
    if not wish["start"]:
        others = {one["port"] for one in companions() + jupyters() if "port" in one} - {wish["port"]}
        strangers = answering([USUAL, *listed_addresses(wish["port"])], wish["port"])
        see_that_dialled(strangers[0] if strangers else USUAL, wish)
        say("nothing", others=sorted(others), taken=bool(strangers))
        return None
    see_that_dialled(USUAL, wish)
    if is_taken(wish["port"]):
        raise Failed(
            "remote_port_taken",
            f"Somebody else's program has port {wish['port']} on {socket.gethostname()}. Choose "
            "another with --remote-port.",
        )
    facts = start(python or install(wish), wish)
    say_ready(dict(facts, port=wish["port"]), facts["pairs"], started=True)
    return int(facts["pid"])


def say_ready(server: dict[str, Any], pairs: list[dict[str, str]], started: bool) -> None:
    """Tell of a runtime of ours."""
    whole = {"token": server["token"], "tls": speaks_tls(server), "base": "/", "root": server.get("root", "")}
    say("ready", kind="companion", started=started, pairs=pairs, listed=pages_listed(server), **whole)


def hold(pid: int | None) -> None:
    """Wait until the connection or the runtime ends."""
    while True:
        if select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
            if not os.read(0, 65536):
                return
        elif pid is not None and not runs(pid):
            say("gone")
            return


def main() -> None:
    wish = hear()
    if wish is None:
        return
    say("hello", python=version_here(), executable=sys.executable, host=socket.gethostname())
    try:
        if wish["stop"]:
            say("stopped", count=stop(wish["port"]))
            return
        pid = find_or_start(wish)
    except Elsewhere as elsewhere:
        say("elsewhere", address=elsewhere.address)
        return
    except Failed as failed:
        say("failed", code=failed.code, message=failed.message)
        return
    except OSError as error:
        place = error.filename or home()
        say("failed", code="far_files_unusable", message=f"{place} cannot be used over there: {error.strerror}.")
        return
    hold(pid)


if __name__ == "__main__":
    main()
