"""The reverse proxies of `deploy/` for tests: nginx and Caddy with our files, in front of one hub process or several.

For tests only. What stands here changes ports, paths and the certificate of those files, and nothing else.
"""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx

from runhere_hub.testing.ports import free_ports

DEPLOY = Path(__file__).parents[4] / "deploy"
NAME = "notebooks.example.org"
RUNTIMES = "rt.example.org"
SNI = {"sni_hostname": NAME}
STARTS_WITHIN_S = 40.0
_PATH = "/usr/sbin:/usr/bin:/bin"


@dataclass(frozen=True)
class Place:
    """Ports and files of one try."""

    folder: Path
    https: int
    http: int
    hubs: tuple[int, ...]

    @property
    def certificate(self) -> tuple[Path, Path]:
        """Certificate and key."""
        return self.folder / "cert.pem", self.folder / "key.pem"

    @property
    def origin(self) -> str:
        """The hub's, as people type it."""
        return f"https://{NAME}:{self.https}"


def make_certificate(place: Place) -> None:
    """One of our own, for the hub's name and those of hosted runtimes."""
    certificate, key = place.certificate
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", f"/CN={NAME}"]
    subprocess.run(
        [*words, "-addext", f"subjectAltName=DNS:{NAME},DNS:*.{RUNTIMES}"], check=True, capture_output=True, timeout=60
    )


def make_place(folder: Path, *, hubs: int = 1) -> Place:
    """Free ports and a certificate for a proxy and so many hub processes."""
    https, http, *rest = free_ports(2 + hubs)
    place = Place(folder, https, http, tuple(rest))
    make_certificate(place)
    return place


def is_installed(make: Callable[[Place], list[str]]) -> bool:
    """Whether this proxy can be run here."""
    return all(shutil.which(name, path=_PATH) is not None for name in (make.__name__, "openssl"))


def write_settings(place: Place, *more: str) -> Path:
    """The settings file of `deploy/` for this try, with further lines."""
    settings = (DEPLOY / "runhere.toml").read_text(encoding="utf-8")
    for written, here in (
        (f'"https://{NAME}"', f'"{place.origin}"'),
        ('"/var/lib/runhere"', '"data"'),
        ("port = 8800", f"port = {place.hubs[0]}"),
    ):
        assert written in settings, written
        settings = settings.replace(written, here)
    config = place.folder / "runhere.toml"
    config.write_text(settings + "".join(f"{line}\n" for line in more), encoding="utf-8")
    return config


def nginx(place: Place) -> list[str]:
    """Ours, with ports and paths of this try, inside of the little that a distribution's nginx.conf has."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    certificate, key = place.certificate
    for written, here in (
        ("/etc/ssl/notebooks.pem", str(certificate)),
        ("/etc/ssl/notebooks.key", str(key)),
        ("    server 127.0.0.1:8800;\n", "".join(f"    server 127.0.0.1:{port};\n" for port in place.hubs)),
        ("listen 443", f"listen 127.0.0.1:{place.https}"),
        ("listen 80;", f"listen 127.0.0.1:{place.http};"),
    ):
        assert written in text, written
        text = text.replace(written, here)
    text = re.sub(r".*listen \[::\].*\n", "", text)
    # As its head says for runtimes with origins of their own.
    text, times = re.subn(rf"server_name {NAME};", f"server_name {NAME} *.{RUNTIMES};", text)
    assert times == 2
    (place.folder / "site.conf").write_text(text, encoding="utf-8")
    temporary = "\n".join(
        f"    {kind}_temp_path {place.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Started by root it would write bodies as somebody who may not look into this try's folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    (place.folder / "nginx.conf").write_text(
        f"{user}daemon off;\nerror_log {place.folder}/error.log;\npid {place.folder}/nginx.pid;\nevents {{}}\n"
        f"http {{\n    access_log off;\n{temporary}\n    include {place.folder}/site.conf;\n}}\n",
        encoding="utf-8",
    )
    return ["nginx", "-c", str(place.folder / "nginx.conf"), "-e", str(place.folder / "error.log")]


def caddy(place: Place) -> list[str]:
    """Ours with our certificate: getting one needs a name that the world knows."""
    text = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    certificate, key = place.certificate
    assert f"\n{NAME} {{\n" in text
    text = text.replace(
        f"\n{NAME} {{\n", f"\n{place.origin}, https://*.{RUNTIMES}:{place.https} {{\n\ttls {certificate} {key}\n"
    )
    text = text.replace("127.0.0.1:8800", " ".join(f"127.0.0.1:{port}" for port in place.hubs))
    ours = f"{{\n\tadmin off\n\thttp_port {place.http}\n\thttps_port {place.https}\n}}\n"
    (place.folder / "Caddyfile").write_text(ours + text, encoding="utf-8")
    return ["caddy", "run", "--config", str(place.folder / "Caddyfile"), "--adapter", "caddyfile"]


@contextmanager
def running(words: list[str], place: Place) -> Iterator[None]:
    """The proxy, listening."""
    with (place.folder / "proxy.log").open("w") as log:
        home = {"HOME": str(place.folder), "PATH": _PATH}
        process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=home)
        try:
            deadline = time.monotonic() + STARTS_WITHIN_S
            while not _listens(place.https):
                assert process.poll() is None, "".join(file.read_text() for file in place.folder.glob("*.log"))
                assert time.monotonic() < deadline, "the proxy does not listen"
            yield
        finally:
            process.terminate()
            process.wait(30)


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def browser(place: Place, *, at: str = "127.0.0.1") -> httpx.Client:
    """A browser that knows the hub's name and trusts its certificate; `at` is its own address, one of loopback."""
    headers = {"Host": f"{NAME}:{place.https}", "Origin": place.origin, "X-Requested-By": "runhere"}
    transport = httpx.HTTPTransport(verify=trusting(place, is_by_name=False), local_address=at)
    return httpx.Client(base_url=f"https://127.0.0.1:{place.https}", headers=headers, transport=transport, timeout=60)


def trusting(place: Place, *, is_by_name: bool = True) -> ssl.SSLContext:
    """Who trusts the certificate. httpx would check the address that it connects to, which is not the name."""
    trusted = ssl.create_default_context(cafile=place.certificate[0])
    trusted.check_hostname = is_by_name
    return trusted


def socket_options(place: Place, cookie: str, *, at: str = "127.0.0.1", name: str = NAME) -> dict[str, Any]:
    """How websockets' `connect` reaches the proxy under this name, as a page of the hub that is signed in."""
    return {
        "host": "127.0.0.1",
        "port": place.https,
        "local_addr": (at, 0),
        "ssl": trusting(place),
        "server_hostname": name,
        "additional_headers": {"Origin": place.origin, **({"Cookie": cookie} if cookie else {})},
        "proxy": None,
    }


def join(client: httpx.Client, code: str, user_name: str, password: str) -> str:
    """Come in by an invitation; the cookie, which the client sends from now on."""
    wish = {"code": code, "user_name": user_name, "name": user_name.capitalize(), "password": password}
    joined = client.post("/api/v1/invitations/accept", json=wish, extensions=SNI)
    assert joined.status_code == 200, joined.text
    [cookie] = SimpleCookie(joined.headers["set-cookie"]).values()
    assert (cookie.key, bool(cookie["secure"]), bool(cookie["httponly"])) == ("__Host-runhere_session", True, True)
    client.headers["Cookie"] = f"{cookie.key}={cookie.value}"
    return client.headers["Cookie"]
