"""What one machine has to play: strangers on a port, a cable that goes dead, a public https hub."""

import contextlib
import selectors
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Answer = Callable[[bytes], bytes | None]


class Stranger:
    """No Jupyter on a port: keeps every byte it is sent; answers what `answer` gives, None: nothing."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.heard = b""
        self.connections = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self._server, contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(65536):
                self.heard += data
                answer = self._answer(data)
                if answer is not None:
                    connection.sendall(answer)
                    return

    def close(self) -> None:
        _wake(self._server)
        for connection in self._open:
            _wake(connection)


@contextmanager
def stranger(answer: Answer) -> Iterator[Stranger]:
    made = Stranger(answer)
    yield made
    made.close()


def web_page(_: bytes) -> bytes:
    """What any web server says."""
    body = b"<h1>It works</h1>"
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        + body
    )


def open_web_api(_: bytes) -> bytes:
    """A server that lets every page read it."""
    body = b'{"hello": "world"}'
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: %d\r\n"
    )
    return head % len(body) + b"Connection: close\r\n\r\n" + body


def mail_server(_: bytes) -> bytes:
    return b"220 mail.example ESMTP\r\n500 what?\r\n"


def nothing(_: bytes) -> None:
    return None


class Cable:
    """A TCP forward to a port of this machine whose cable can go dead: packets vanish, nobody is told (no FIN)."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._dead: set[socket.socket] = set()
        self._is_open = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def go_dead(self) -> None:
        """Every connection that is open now falls silent, both ways. New ones work."""
        for pair in list(self._pairs):
            self._dead.update(pair)

    def close(self) -> None:
        self._is_open = False
        self._thread.join(5)
        self._server.close()
        for pair in self._pairs:
            for end in pair:
                end.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ, None)
            while self._is_open:
                for key, _ in selector.select(0.1):
                    if key.data is None:
                        self._accept(selector)
                    else:
                        self._forward(selector, key.fileobj, key.data)

    def _accept(self, selector: selectors.DefaultSelector) -> None:
        near, _ = self._server.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self._to_port))
        except OSError:
            near.close()
            return
        self._pairs.append((near, far))
        selector.register(near, selectors.EVENT_READ, far)
        selector.register(far, selectors.EVENT_READ, near)

    def _forward(self, selector: selectors.DefaultSelector, source: object, sink: socket.socket) -> None:
        assert isinstance(source, socket.socket)
        try:
            data = source.recv(65536)
            if source in self._dead:
                # Read and dropped: the sender must not notice a full buffer. A farewell is not passed on, either.
                if not data:
                    selector.unregister(source)
                return
            if data:
                sink.sendall(data)
                return
        except OSError:
            pass
        for end in (source, sink):
            with contextlib.suppress(KeyError):
                selector.unregister(end)
            end.close()


@contextmanager
def cable(to_port: int) -> Iterator[Cable]:
    made = Cable(to_port)
    yield made
    made.close()


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that nobody trusts, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    words += ["-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(words, check=True, capture_output=True)
    return cert, key


class Front:
    """A small reverse proxy before the hub, with TLS or without: one request or one WebSocket per connection.

    The hub believes to be asked under its own address: Host and Origin are put back.
    """

    def __init__(self, *, public: str, hub_port: int, tls: ssl.SSLContext | None) -> None:
        self._public, self._hub_port, self._tls = public, hub_port, tls
        self._server = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self._server, contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, plain: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(plain.close)
            stack.enter_context(contextlib.suppress(OSError))
            near = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            stack.callback(near.close)
            head = b""
            while b"\r\n\r\n" not in head:
                data = near.recv(65536)
                if not data:
                    return
                head += data
            far = stack.enter_context(socket.create_connection(("127.0.0.1", self._hub_port)))
            far.sendall(self._rewritten(head))
            back = threading.Thread(target=_pump, args=(far, near), daemon=True)
            back.start()
            _pump(near, far)
            back.join()

    def _rewritten(self, data: bytes) -> bytes:
        head, _, rest = data.partition(b"\r\n\r\n")
        own = f"127.0.0.1:{self._hub_port}".encode()
        lines = []
        upgrades = b"upgrade: websocket" in head.lower()
        for line in head.split(b"\r\n"):
            name = line.split(b":", 1)[0].lower()
            if name == b"host":
                lines.append(b"Host: " + own)
            elif name in (b"origin", b"referer"):
                lines.append(line.replace(self._public.encode(), b"http://" + own))
            elif name != b"connection" or upgrades:
                lines.append(line)
        if not upgrades:
            lines.append(b"Connection: close")
        return b"\r\n".join(lines) + b"\r\n\r\n" + rest

    def close(self) -> None:
        _wake(self._server)


def _wake(waiting: socket.socket) -> None:
    """End whatever another thread waits for on it; that thread closes it."""
    with contextlib.suppress(OSError):
        waiting.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def front(folder: Path, *, public: str, hub_port: int) -> Iterator[Front]:
    """The hub under a public address such as `https://hub.test`."""
    tls = None
    if public.startswith("https:"):
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*certificate(folder, public.split("//")[1]))
    made = Front(public=public, hub_port=hub_port, tls=tls)
    yield made
    made.close()
