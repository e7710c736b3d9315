"""Starts a Jupyter server in this process, behind our gate, and keeps it until it is told to stop.

    check_options -> bind_loopback -> RuntimeServer.initialize (extensions, routes labelled) -> serve

Sockets are bound before anything else, so that a taken port costs nothing and is said at once.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from runhere_runtime import __version__
from runhere_runtime.errors import (
    AddressRefused,
    CertificateUnusable,
    ExtensionUnusable,
    KernelPythonUnusable,
    PortTaken,
    RootUnusable,
    UrlInvalid,
)
from runhere_runtime.gate.delegate import Gate, GatedServer
from runhere_runtime.gate.refused import RefusedPages
from runhere_runtime.gate.routes import check_labels
from runhere_runtime.gate.rules import COLAB_ORIGIN, LOOPBACK_HOSTS, Policy, normalise_origin
from runhere_runtime.kernel_packages import lay_out
from runhere_runtime.places import Places, Server
from runhere_runtime.slim import without_slow_imports
from runhere_runtime.tokens import Credentials, Grant, new_token, redact

with without_slow_imports():
    from jupyter_server.extension.manager import ExtensionManager
    from jupyter_server.serverapp import ServerApp
from jupyter_core.utils import ensure_async
from traitlets.config import Config

from runhere_runtime.contents import Contents
from runhere_runtime.server_extension import GateIdentity, Runtime, install, settings

MAX_BODY_BYTES = 512 * 2**20
MAX_HEADER_BYTES = 32 * 2**10
MAX_WEBSOCKET_MESSAGE_BYTES = 192 * 2**20
IDLE_S = 20.0


@dataclass(frozen=True)
class Options:
    """What the command line asked for.

    Attributes:
        hubs: Origins that may connect from the start and get a pairing link.
        public_url: Where browsers reach us, if that is not http://127.0.0.1:port (a container, a proxy).
        kernel_python: The interpreter of the `python3` kernel; None: this one.
        extensions: Names of Jupyter server extensions to load, such as `jupyterlab`.
        journal_bytes: Most that one kernel's journal may hold.
        colab_compat: Let notebooks `import google.colab`, as far as it goes here.
        waiting_kernel: Start one kernel before anybody asks for it.
    """

    port: int
    hubs: tuple[str, ...]
    root: Path
    public_url: str | None = None
    kernel_python: str | None = None
    address: str = "127.0.0.1"
    certfile: str | None = None
    keyfile: str | None = None
    behind_proxy: bool = False
    extensions: tuple[str, ...] = ()
    journal_bytes: int = 256 * 2**20
    waiting_kernel: bool = False
    colab_compat: bool = False
    debug: bool = False


@dataclass(frozen=True)
class Announcement:
    """What a started runtime has to tell. `pairs`: (hub origin, code); `is_for_colab`: Colab's page is a hub, too."""

    origin: str
    token: str
    root: str
    pairs: tuple[tuple[str, str], ...]
    is_for_colab: bool

    @property
    def url(self) -> str:
        return f"{self.origin}/?token={self.token}"


class RuntimeServer(ServerApp):
    """A Jupyter server that listens only through our gate, and tells nobody its token."""

    name = "runhere-runtime"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.runtime: Runtime | None = None
        self.gate: Gate | None = None
        self.bound: list[socket.socket] = []
        self.tls: ssl.SSLContext | None = None
        self.certificate: Path | None = None

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """Personal jupyter_server_config files are not read: they could open what the gate closes."""

    def init_server_extensions(self) -> None:
        """As the stock server does, but no extension reads its own file (`jupyter_lab_config`): it could say of the
        server what the server's own file could.

        Raises:
            ExtensionUnusable: One of them is not there, or fails.
        """
        self.extension_manager = ExtensionManager(log=self.log, serverapp=self)
        for name in self.jpserver_extensions:
            with _using(name):
                self.extension_manager.add_extension(name, enabled=True)
                for application in self.extension_manager.extension_apps[name]:
                    application.load_config_file = self.load_config_file
                self.extension_manager.link_extension(name)

    def load_server_extensions(self) -> None:
        """Called once the application is there, to which they add their routes.

        Raises:
            ExtensionUnusable: One of them fails.
        """
        for name in sorted(self.jpserver_extensions):
            with _using(name):
                self.extension_manager.load_extension(name)

    def init_httpserver(self) -> None:
        assert self.gate is not None
        self._http_server = GatedServer(
            self.gate,
            ssl_options=self.tls,
            max_header_size=MAX_HEADER_BYTES,
            max_body_size=MAX_BODY_BYTES,
            max_buffer_size=MAX_BODY_BYTES,
            idle_connection_timeout=IDLE_S,
        )
        self._http_server.add_sockets(self.bound)

    def init_signal(self) -> None:
        """Ctrl-C and SIGTERM stop at once: no question on the terminal."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop(from_signal=True))

    async def cleanup_kernels(self) -> None:
        """All of them: to the stock server no kernels on the list means no kernels, and one that waits is on none."""
        if getattr(self, "kernel_manager", None) is not None:
            await ensure_async(self.kernel_manager.shutdown_all())

    def write_server_info_file(self) -> None:
        """Ours is written by `serve`; Jupyter's would repeat the inner secret."""

    def remove_browser_open_files(self) -> None:
        """We never wrote any."""


@contextlib.contextmanager
def _using(extension: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # an extension is anybody's code
        raise ExtensionUnusable(extension, str(error)) from error


def check_options(options: Options) -> None:
    """Refuse what cannot work, before anything was opened.

    Raises:
        RootUnusable, UrlInvalid, AddressRefused, KernelPythonUnusable: With what to do.
    """
    if not options.root.is_dir() or not os.access(options.root, os.R_OK | os.X_OK):
        raise RootUnusable(f"{options.root} is not a folder that can be read. Name another one with --root.")
    if options.public_url is not None and not _is_public_url(options.public_url):
        raise UrlInvalid(f"--public-url {options.public_url!r} is no address such as http://127.0.0.1:9000.")
    if options.kernel_python is not None and shutil.which(options.kernel_python) is None:
        raise KernelPythonUnusable(f"{options.kernel_python} is not a program. Name a Python with --kernel-python.")
    if not _is_loopback(options.address) and not (options.certfile or options.behind_proxy):
        raise AddressRefused(
            f"Listening on {options.address} would show this runtime to other machines in clear text. Give "
            "--certfile and --keyfile, or --i-am-behind-a-proxy when something else encrypts and guards it."
        )


def _is_public_url(text: str) -> bool:
    """An origin, perhaps with a plain path: a token is appended, and browsers are sent there."""
    found = re.fullmatch(r"([a-z]+://[^/?#]+)(/[A-Za-z0-9._~/-]*)?", text, re.IGNORECASE)
    return found is not None and normalise_origin(found.group(1)) is not None


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def bind_sockets(port: int, address: str) -> list[socket.socket]:
    """Listening sockets on `port` (0: any free one): 127.0.0.1 and ::1 by default, else the one address.

    Raises:
        PortTaken: Nothing is left open.
    """
    if address != "127.0.0.1":
        return [_listen(address, port)]
    attempts = 20 if port == 0 else 1
    for attempt in range(attempts):
        first = _listen("127.0.0.1", port)
        chosen = first.getsockname()[1]
        try:
            second = _listen_v6(chosen)
        except PortTaken:
            first.close()
            if attempt + 1 == attempts:
                raise
            continue
        return [first] if second is None else [first, second]
    raise AssertionError("unreachable")


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:  # on Windows REUSEADDR would share the port with an impostor
            sock.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", ~socket.SO_REUSEADDR), 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind((address, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        if isinstance(error, PermissionError) or error.errno in _TAKEN:
            raise PortTaken(port, address) from error
        raise AddressRefused(f"Cannot listen on {address}, port {port}: {error.strerror}.") from error
    return sock


_TAKEN = {48, 98, 10013, 10048}  # EADDRINUSE on macOS, Linux, Windows; and Windows' refusal of a held port


def _listen_v6(port: int) -> socket.socket | None:
    """The same port on ::1, which `localhost` may mean; None where there is no IPv6."""
    if not socket.has_ipv6:
        return None
    try:
        return _listen("::1", port)
    except AddressRefused:
        return None


def start_server(options: Options, places: Places) -> tuple[RuntimeServer, Announcement]:
    """Build the server on bound sockets; it answers once its loop runs.

    Raises:
        StartRefused: Nothing is left open.
    """
    check_options(options)
    sockets = bind_sockets(options.port, options.address)
    folder = places.socket_folder()
    try:
        server, runtime = _build(options, places, sockets, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        for sock in sockets:
            sock.close()
        raise
    now = time.time()
    ours = [hub for hub in options.hubs if hub != COLAB_ORIGIN]
    pairs = tuple((hub, runtime.credentials.open_pairing(origin=hub, now=now).code) for hub in ours)
    is_for_colab = COLAB_ORIGIN in options.hubs
    return server, Announcement(
        runtime.origin, runtime.credentials.master, str(options.root), pairs, is_for_colab=is_for_colab
    )


def _build(
    options: Options, places: Places, sockets: list[socket.socket], folder: Path
) -> tuple[RuntimeServer, Runtime]:
    port = sockets[0].getsockname()[1]
    scheme = "https" if options.certfile else "http"
    origin = (options.public_url or f"{scheme}://{_shown(options.address)}:{port}").rstrip("/")
    keep = places.sessions_file(port) if options.port else None
    runtime = Runtime(
        credentials=Credentials(master=new_token(), sessions_file=keep, tell=_tell),
        origins=places.origin_list(options.hubs),
        origin=origin,
        port=port,
        root=options.root,
        journals=places.journals(limit_bytes=options.journal_bytes),
        inner_secret=secrets.token_urlsafe(32),
        kernel_python=options.kernel_python,
        kernel_packages=lay_out(folder / "packages", colab_compat=options.colab_compat),
        waiting_kernel=options.waiting_kernel,
        socket_folder=folder,
        version=__version__,
    )
    # connection files lie beside the sockets, in the folder that only we can enter
    server = RuntimeServer(
        runtime_dir=str(folder),
        config=_config(options, runtime),
        tornado_settings=settings(runtime, max_message_bytes=MAX_WEBSOCKET_MESSAGE_BYTES),
    )
    server.runtime, server.bound = runtime, sockets
    server.initialize(argv=[], find_extensions=False, new_httpserver=False)
    if options.certfile:
        server.tls, server.certificate = _tls(options.certfile, options.keyfile), Path(options.certfile).resolve()
    _label_routes(server, named=bool(options.extensions))
    server.gate = _make_gate(server, runtime, options)
    server.init_httpserver()
    return server, runtime


def _tls(certfile: str, keyfile: str | None) -> ssl.SSLContext:
    """Raises:
    CertificateUnusable: One of the files is not there, or they do not belong together.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # Without a word for its password OpenSSL would ask on the terminal, and wait.
        context.load_cert_chain(certfile, keyfile, password="")
    except OSError as error:  # SSLError is one
        files = certfile if keyfile is None else f"{certfile} and {keyfile}"
        raise CertificateUnusable(
            f"No certificate can be used from {files}: {error.strerror or error}. Name a PEM file with --certfile, "
            "and its key, without a password, with --keyfile."
        ) from error
    return context


def _shown(address: str) -> str:
    if address in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{address}]" if ":" in address else address


def _config(options: Options, runtime: Runtime) -> Config:
    config = Config()
    app = config.ServerApp
    app.root_dir = str(options.root)
    app.port = runtime.port
    app.open_browser = False
    app.allow_root = True
    app.allow_remote_access = True  # the gate has its own, stricter list of hosts
    app.log_level = logging.DEBUG if options.debug else logging.WARNING
    app.identity_provider_class = GateIdentity
    app.contents_manager_class = Contents
    app.reraise_server_extension_failures = True
    app.min_open_files_limit = 4096
    app.jpserver_extensions = dict.fromkeys(("runhere_runtime.server_extension", *options.extensions), True)
    install(config)
    return config


def _label_routes(server: RuntimeServer, *, named: bool) -> None:
    rules = server.web_app.default_router.rules + server.web_app.wildcard_router.rules
    found: list[tuple[str, str]] = []
    _collect(rules, found)
    core = [r for r in found if r[1].startswith(("jupyter_server.", "runhere_runtime.", "tornado."))]
    check_labels(core, [r for r in found if r not in core], named=named)


def _collect(rules: list[Any], found: list[tuple[str, str]]) -> None:
    for rule in rules:
        nested = getattr(rule.target, "rules", None)
        if nested is not None:
            _collect(nested, found)
        elif isinstance(rule.target, type):
            pattern = getattr(getattr(rule.matcher, "regex", None), "pattern", str(rule.matcher))
            found.append((pattern, f"{rule.target.__module__}.{rule.target.__name__}"))


def _make_gate(server: RuntimeServer, runtime: Runtime, options: Options) -> Gate:
    public = urlsplit(options.public_url).netloc if options.public_url else ""
    public_host = public.rpartition(":")[0] if public.rpartition(":")[2].isdecimal() else public
    # An address that it listens on is printed, and no name that somebody could lead elsewhere.
    hosts = LOOPBACK_HOSTS | {_shown(options.address).lower()} | ({public_host} if public_host else set())
    own = frozenset({runtime.origin})

    def policy() -> Policy:
        return Policy(hosts=hosts, origins=runtime.origins.now(), own_origins=own, max_body_bytes=MAX_BODY_BYTES)

    def authenticate(token: str, origin: str | None) -> Grant | None:
        return runtime.credentials.authenticate(token, origin, time.time())

    def open_cookie(own_origin: str) -> str:
        token, _ = runtime.credentials.open_session(
            origin=own_origin, client="this machine", kind="browser", now=time.time()
        )
        return token

    return Gate(
        server.web_app,
        policy=policy,
        authenticate=authenticate,
        open_cookie=open_cookie,
        cookie_name=f"runhere_runtime_{runtime.port}",
        inner_secret=runtime.inner_secret,
        refused=RefusedPages(_tell),
    )


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 -- told in the terminal


def serve(server: RuntimeServer, announcement: Announcement, places: Places, *, started: Callable[[], None]) -> None:
    """Run until stopped. `started` is called once requests are answered. Removes what it wrote.

    Raises:
        DataFolderUnusable: Nothing is left behind.
    """
    assert server.runtime is not None
    try:
        info = places.keep_server(
            Server(
                pid=os.getpid(),
                port=server.runtime.port,
                origin=announcement.origin,
                root=announcement.root,
                token=announcement.token,
                address=server.bound[0].getsockname()[0],
                certificate=str(server.certificate) if server.certificate else None,
            )
        )
        server.io_loop.add_callback(started)
        server.io_loop.add_callback(server.kernel_manager.let_one_wait)  # type: ignore[attr-defined]  # ours: channels.kernels.Kernels
        try:
            server.start_ioloop()
        finally:
            info.unlink(missing_ok=True)
    finally:
        shutil.rmtree(server.runtime.socket_folder, ignore_errors=True)


class RedactingStream:
    """Standard error that never shows one of our tokens, whoever writes it: our log, Tornado's, a traceback."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(redact(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:  # the rest of a text stream
        return getattr(self._stream, name)


def redact_standard_error() -> None:
    """From now on. Called before any logger takes hold of the stream."""
    sys.stderr = RedactingStream(sys.stderr)
