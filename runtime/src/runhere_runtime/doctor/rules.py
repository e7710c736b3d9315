"""From facts to findings. Pure: the same facts give the same words.

Facts come from `look.py`; what a browser would see of the same runtime is in the page's `core/probe.ts` (SPEC,
security rules 1.8).
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Level = Literal["ok", "note", "warning", "problem"]
Answers = Literal["companion", "jupyter", "other_http", "not_http", "tls", "untrusted", "nothing"]
OLDEST_JUPYTER_SERVER = (2, 0)
LOW_DISK_BYTES = 1 << 30


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `remedy` is a line to type or a thing to do, or empty."""

    topic: str
    level: Level
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class OriginAnswer:
    """What a page at `origin` meets: whether its preflight is answered, and whether it gets in with the right token."""

    origin: str
    preflight: bool
    let_in: bool


@dataclass(frozen=True)
class ToldOfItself:
    """Where a companion runs, as it says: `machine` is a host name, the others are versions."""

    machine: str
    companion: str
    python: str


@dataclass(frozen=True)
class ServerFacts:
    """What answers at an address.

    Attributes:
        refused: The system's words when nobody listens, or of a certificate that is not trusted.
        version: Of Jupyter Server (or of the notebook 6 server), as it tells; None: it does not.
        token_given: Whether the URL carried one; `token_status` is the HTTP status of a request with it.
        forged_host_status: HTTP status for a Host that is not this machine's.
        stranger_let_in: Whether a page of an unlisted site gets in with the right token. None: not tried.
        kernels: Names of those that it offers. None: it did not tell (no token, or not accepted).
        told: What a companion tells of itself to whoever has its token.
    """

    host: str
    port: int
    answers: Answers
    refused: str = ""
    version: str | None = None
    token_given: bool = False
    token_status: int | None = None
    forged_host_status: int | None = None
    origins: tuple[OriginAnswer, ...] = ()
    stranger_let_in: bool | None = None
    kernels: tuple[str, ...] | None = None
    told: ToldOfItself | None = None


@dataclass(frozen=True)
class SpecFacts:
    """A kernel that can be started. `python` is its interpreter where it is a Python kernel; `has_ipykernel` None: not
    tried.
    """

    name: str
    display_name: str
    program: str
    program_exists: bool
    python: str | None
    has_ipykernel: bool | None


@dataclass(frozen=True)
class Facts:
    """Everything that was looked at.

    Attributes:
        machine: The name of this one, which all but `server` is of.
        gpus: A name each; `gpu_trouble`: what nvidia-smi said instead.
    """

    server: ServerFacts | None
    machine: str
    specs: tuple[SpecFacts, ...]
    versions: tuple[tuple[str, str | None], ...]
    python: str
    gpus: tuple[str, ...]
    gpu_trouble: str | None
    disk_free_bytes: int
    data_folder: str


def findings(facts: Facts) -> tuple[Finding, ...]:
    """What to tell, in the order in which a person would look."""
    told = [*_of_server(facts.server), *_of_place(facts.server, facts.machine)] if facts.server else [_no_server()]
    if not _is_elsewhere(facts):
        told += [*_of_versions(facts), *_of_specs(facts.specs), *_of_gpus(facts), *_of_disk(facts)]
    if facts.server:
        told += _of_browsers(tuple(one.origin for one in facts.server.origins))
    return tuple(told)


def worst(told: tuple[Finding, ...]) -> Level:
    """The most serious level of all."""
    order: tuple[Level, ...] = ("problem", "warning", "note", "ok")
    return next((level for level in order if any(one.level == level for one in told)), "ok")


def _no_server() -> Finding:
    return Finding("port", "note", "No runtime of yours runs, and no URL was given.", "runhere-runtime --hub ORIGIN")


def _of_server(server: ServerFacts) -> list[Finding]:
    at = f"{server.host}:{server.port}"
    match server.answers:
        case "nothing":
            remedy = f"runhere-runtime --port {server.port}    (through SSH: is the tunnel up?)"
            return [Finding("port", "problem", f"Nothing listens at {at} ({server.refused}).", remedy)]
        case "tls":
            text = f"{at} speaks TLS, not plain HTTP."
            return [Finding("port", "problem", text, f"Use https://{at}, with a certificate that the browser trusts.")]
        case "untrusted":
            text = f"The certificate of {at} is not trusted here ({server.refused}): browsers refuse it, too."
            remedy = "Use one that browsers trust, or listen on 127.0.0.1 only and come through SSH."
            return [Finding("port", "problem", text, remedy)]
        case "not_http":
            return [Finding("port", "problem", f"What listens at {at} does not speak HTTP.", "Is this the right port?")]
        case "other_http":
            text = f"A web server answers at {at}, but it is neither a runtime of ours nor a Jupyter server."
            return [Finding("port", "problem", text, "Is this the right port?")]
        case "jupyter" | "companion":
            return [
                *_of_kind(server, at), _of_host(server), *_of_token(server), *_of_origins(server), *_of_offered(server)
            ]  # fmt: skip


def _is_elsewhere(facts: Facts) -> bool:
    """Whether the server says that it runs on another machine, or in a container: then this one is no matter."""
    told = facts.server.told if facts.server else None
    return told is not None and told.machine != facts.machine


def _of_place(server: ServerFacts, here: str) -> list[Finding]:
    ask_there = "runhere-runtime doctor    (typed there: versions, each kernel's program, GPUs, disk)"
    if server.answers not in ("companion", "jupyter"):
        return []
    if server.told is None:
        text = f"What follows is of this machine ({here}). If the address leads to another, look there, too."
        return [Finding("machine", "note", text, ask_there)]
    if server.told.machine == here:
        return []
    text = f"It runs on {server.told.machine}, not on this machine ({here}), which was not looked at."
    return [Finding("machine", "note", text, ask_there)]


def _of_offered(server: ServerFacts) -> list[Finding]:
    if server.kernels is None:
        return []
    if not server.kernels:
        text = "The server offers no kernel."
        return [Finding("kernels", "problem", text, "pip install ipykernel    (where the server runs)")]
    return [Finding("kernels", "ok", f"The server offers: {', '.join(server.kernels)}.")]


def _of_kind(server: ServerFacts, at: str) -> list[Finding]:
    if server.answers == "companion":
        told = server.told
        name = f"runhere-runtime {told.companion}" if told else "runhere-runtime"
        beside = f"Jupyter Server {server.version or 'unknown'}" + (f", Python {told.python}" if told else "")
        return [Finding("port", "ok", f"{name} answers at {at} ({beside}).")]
    found = [Finding("port", "ok", f"A Jupyter server answers at {at} ({server.version or 'version unknown'}).")]
    if server.version and _numbers(server.version) < OLDEST_JUPYTER_SERVER:
        text = f"Version {server.version} is older than Jupyter Server 2."
        found.append(Finding("versions", "warning", text, "pip install --upgrade jupyter-server"))
    return found


def _of_host(server: ServerFacts) -> Finding:
    if server.forged_host_status is not None and server.forged_host_status in (400, 403, 421):
        return Finding("host", "ok", "Requests under a foreign host name are refused.")
    text = "A request under a foreign host name is answered: a web site could reach this server by renaming itself."
    return Finding("host", "warning", text, "Leave out --ServerApp.allow_remote_access, or use runhere-runtime.")


def _of_token(server: ServerFacts) -> list[Finding]:
    if not server.token_given:
        return [
            Finding("token", "note", "The URL has no token, so nothing behind it was tried.", "Paste the whole URL.")
        ]
    if server.token_status == 200:
        return [Finding("token", "ok", "The token is accepted.")]
    text = f"The token is not accepted (status {server.token_status}): a server makes a new one at every start."
    return [Finding("token", "problem", text, "Copy the newest URL from the terminal, or from `jupyter server list`.")]


def _of_origins(server: ServerFacts) -> list[Finding]:
    told = []
    for one in server.origins:
        if one.preflight and (one.let_in or server.token_status != 200):
            told.append(Finding("origin", "ok", f"The page at {one.origin} may connect."))
        elif one.let_in:
            text = (
                f"The page at {one.origin} gets in with the token in the query only: this server "
                "allows no site by name."
            )
            told.append(Finding("origin", "warning", text, _allow_line(server, one.origin)))
        else:
            text = f"The page at {one.origin} is not on this server's list."
            if server.answers == "companion":
                text += (
                    " The list is kept where the runtime is: in a container write docker exec NAME before the line; "
                    f"if runhere-runtime ssh brings it here, give that command again with --hub {one.origin} instead."
                )
            told.append(Finding("origin", "problem", text, _allow_line(server, one.origin)))
    if not server.origins:
        told.append(
            Finding("origin", "note", "No hub was named, so no page was tried.", "doctor --hub https://hub.example")
        )
    if server.stranger_let_in:
        text = "Any web site that knows the token gets in: Jupyter checks the site only where there is no token."
        told.append(Finding("origin", "warning", text, "runhere-runtime refuses unlisted sites even with the token."))
    return told


def _allow_line(server: ServerFacts, origin: str) -> str:
    if server.answers == "companion":
        return f"runhere-runtime allow {origin}"
    return (
        f"jupyter server --ServerApp.allow_origin={shlex.quote(origin)} --port={server.port} --ServerApp.port_retries=0"
    )


def _of_versions(facts: Facts) -> list[Finding]:
    told = []
    for name, version in facts.versions:
        if version is None:
            told.append(
                Finding("versions", "problem", f"{name} is not installed in {facts.python}.", f"pip install {name}")
            )
    listed = ", ".join(f"{name} {version}" for name, version in facts.versions if version)
    return [Finding("versions", "ok", f"In {facts.python}: {listed}."), *told]


def _of_specs(specs: tuple[SpecFacts, ...]) -> list[Finding]:
    if not specs:
        return [Finding("kernels", "problem", "No kernel is installed.", "pip install ipykernel")]
    return [_of_spec(spec) for spec in specs]


def _of_spec(spec: SpecFacts) -> Finding:
    named = f"{spec.display_name} ({spec.name})"
    if not spec.program_exists:
        text = f"{named} starts {spec.program}, which does not exist."
        return Finding("kernels", "problem", text, f"jupyter kernelspec remove {shlex.quote(spec.name)}")
    if spec.python is not None and spec.has_ipykernel is False:
        text = f"{named} starts {spec.python}, which has no ipykernel."
        return Finding("kernels", "problem", text, f"{shlex.quote(spec.python)} -m pip install ipykernel")
    return Finding("kernels", "ok", f"{named}: {spec.python or spec.program}")


def _of_gpus(facts: Facts) -> list[Finding]:
    if facts.gpus:
        return [Finding("gpu", "ok", f"{len(facts.gpus)} GPU(s): {', '.join(facts.gpus)}.")]
    if facts.gpu_trouble:
        text = f"nvidia-smi is here but says: {facts.gpu_trouble}"
        return [Finding("gpu", "warning", text, "Is the driver loaded? In a container: --gpus=all.")]
    return [Finding("gpu", "note", "No NVIDIA GPU was found.")]


def _of_disk(facts: Facts) -> list[Finding]:
    if facts.disk_free_bytes >= LOW_DISK_BYTES:
        return []
    text = (
        f"Only {facts.disk_free_bytes / 1e6:.0f} MB are free where {facts.data_folder} lies: outputs may not be kept."
    )
    return [Finding("disk", "warning", text, "Make room; execution goes on without.")]


def _of_browsers(origins: tuple[str, ...]) -> list[Finding]:
    told = []
    for origin in origins:
        parts = urlsplit(origin)
        if parts.hostname in ("localhost", "127.0.0.1", "::1"):
            told.append(
                Finding("browsers", "ok", f"{origin} is on this machine: every browser lets it reach a runtime here.")
            )
        elif parts.scheme != "https":
            text = (
                f"{origin} is plain http: browsers do not let it reach this machine, unless it is "
                "in your local network."
            )
            told.append(Finding("browsers", "warning", text, "Serve the hub over https."))
        else:
            chrome = (
                "Chrome and Edge ask once for access to devices on the local network; Firefox "
                "may ask, too: choose Allow."
            )
            safari = (
                f"Safari keeps {origin} from reaching http://localhost; use another browser or a hosted runtime there."
            )
            told += [Finding("browsers", "note", chrome), Finding("browsers", "note", safari)]
    return told


def _numbers(version: str) -> tuple[int, ...]:
    digits = (part for part in version.split(".")[:2] if part.isdecimal())
    return tuple(int(part) for part in digits)
