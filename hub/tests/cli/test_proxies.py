"""`deploy/` for real: nginx and Caddy with our files in front of `runhere serve`; what systemd says of the unit."""

import json
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

import httpx
import pytest
from websockets.asyncio.client import connect

from runhere_hub.app import route_table
from runhere_hub.testing.processes import starting
from runhere_hub.testing.team import team_settings
from runhere_protocol import ROOM_SUBPROTOCOL

DEPLOY = Path(__file__).parents[3] / "deploy"
NAME = "notebooks.example.org"
RUNTIMES = "rt.example.org"
SOME_RUNTIME = f"{'0' * 32}.{RUNTIMES}"
PASSWORD = "a long enough password"
FORGED = "203.0.113.66"
STARTS_WITHIN_S = 40.0


@dataclass(frozen=True)
class Place:
    """Ports and files of one try."""

    folder: Path
    https: int
    http: int
    hub: int

    @property
    def certificate(self) -> tuple[Path, Path]:
        return self.folder / "cert.pem", self.folder / "key.pem"

    @property
    def origin(self) -> str:
        return f"https://{NAME}:{self.https}"


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def make_certificate(place: Place) -> None:
    certificate, key = place.certificate
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", f"/CN={NAME}"]
    subprocess.run(
        [*words, "-addext", f"subjectAltName=DNS:{NAME},DNS:*.{RUNTIMES}"], check=True, capture_output=True, timeout=60
    )


def nginx(place: Place) -> list[str]:
    """Ours, with ports and paths of this try, inside of the little that a distribution's nginx.conf has."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    certificate, key = place.certificate
    for written, here in (
        ("/etc/ssl/notebooks.pem", str(certificate)),
        ("/etc/ssl/notebooks.key", str(key)),
        ("127.0.0.1:8800", f"127.0.0.1:{place.hub}"),
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
    text = text.replace("127.0.0.1:8800", f"127.0.0.1:{place.hub}")
    ours = f"{{\n\tadmin off\n\thttp_port {place.http}\n\thttps_port {place.https}\n}}\n"
    (place.folder / "Caddyfile").write_text(ours + text, encoding="utf-8")
    return ["caddy", "run", "--config", str(place.folder / "Caddyfile"), "--adapter", "caddyfile"]


@contextmanager
def running(words: list[str], place: Place) -> Iterator[None]:
    with (place.folder / "proxy.log").open("w") as log:
        home = {"HOME": str(place.folder), "PATH": "/usr/sbin:/usr/bin:/bin"}
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


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Place, str]]:
    """A hub behind a proxy, and the code that makes its first administrator."""
    make: Callable[[Place], list[str]] = request.param
    if shutil.which(make.__name__, path="/usr/sbin:/usr/bin:/bin") is None or shutil.which("openssl") is None:
        pytest.skip(f"{make.__name__} or openssl is not installed here")
    place = Place(tmp_path, *free_ports(3))
    make_certificate(place)
    config = tmp_path / "runhere.toml"
    settings = (DEPLOY / "runhere.toml").read_text(encoding="utf-8")
    for written, here in (
        (f'"https://{NAME}"', f'"{place.origin}"'),
        ('"/var/lib/runhere"', '"data"'),
        ("port = 8800", f"port = {place.hub}"),
    ):
        assert written in settings, written
        settings = settings.replace(written, here)
    hosted = f'hosted_provider = "local"\nruntime_domain = "*.{RUNTIMES}"\n'
    config.write_text(settings + hosted, encoding="utf-8")
    with starting(tmp_path / "home") as start, running(make(place), place):
        hub = start("serve", "--config", config)
        found = re.fullmatch(rf"{place.origin}/join#code=(\S+)\n", hub.out.get(timeout=60))
        assert found is not None, "".join(hub.err)
        yield place, found.group(1)
        assert hub.stop() == 0


def browser(place: Place) -> httpx.Client:
    """A browser that knows the hub's name and trusts its certificate."""
    headers = {"Host": f"{NAME}:{place.https}", "Origin": place.origin, "X-Requested-By": "runhere"}
    trusted = ssl.create_default_context(cafile=place.certificate[0])
    trusted.check_hostname = False  # httpx checks the address that it connects to, which is not the name
    return httpx.Client(
        base_url=f"https://127.0.0.1:{place.https}", headers=headers, verify=trusted, timeout=30, trust_env=False
    )


def assert_plain_http_leads_to_https(place: Place) -> None:
    plain = httpx.get(f"http://127.0.0.1:{place.http}/n/1", headers={"Host": NAME}, trust_env=False)
    assert plain.status_code in (301, 302, 307, 308)
    assert plain.headers["location"].startswith(f"https://{NAME}")


async def test_a_proxy_of_ours_hands_on_all_that_a_hub_needs(served: tuple[Place, str]) -> None:
    place, code = served
    with browser(place) as client:
        client.headers["X-Forwarded-For"] = FORGED
        sni = {"sni_hostname": NAME}
        wish = {"code": code, "user_name": "ada", "name": "Ada", "password": PASSWORD}
        joined = client.post("/api/v1/invitations/accept", json=wish, extensions=sni)
        assert joined.status_code == 200, joined.text
        assert joined.json()["origin"] == place.origin
        [cookie] = SimpleCookie(joined.headers["set-cookie"]).values()
        assert (cookie.key, bool(cookie["secure"]), bool(cookie["httponly"])) == ("__Host-runhere_session", True, True)
        signed_in = {"Cookie": f"{cookie.key}={cookie.value}"}
        client.headers.update(signed_in)

        folder = client.get("/api/v1/home", extensions=sni).json()["folders"][0]["id"]
        new = client.post("/api/v1/notebooks", json={"folder_id": folder, "path": ""}, extensions=sni).json()
        big = b'{"cells":[],"metadata":{"pad":"' + b"x" * 30_000_000 + b'"},"nbformat":4,"nbformat_minor":5}'
        upload = f"/api/v1/folders/{folder}/upload?name=big.ipynb&path="
        assert client.post(upload, content=big, extensions=sni).status_code == 201

        frame = client.get("/frame/v1/frame.html", extensions=sni)
        assert frame.headers.get_list("content-security-policy")[0].startswith("sandbox allow-scripts")
        assert len(frame.headers.get_list("content-security-policy")) == 1

        # Where requests come from is what the proxy saw, not what a browser says.
        log = client.get("/api/v1/admin/log", extensions=sni).text
        assert "127.0.0.1" in log
        assert FORGED not in log

        elsewhere = client.get("/api/v1/home", headers={"Host": "evil.example"}, extensions=sni)
        assert "folders" not in elsewhere.text

        # A runtime's own host: it is the hub that asks for a pass there, though one is signed in.
        there = {"Host": f"{SOME_RUNTIME}:{place.https}"}
        door = client.get("/api/v1/home", headers=there, extensions={"sni_hostname": SOME_RUNTIME})
        assert (door.status_code, door.json()["code"]) == (401, "signed_out")
        assert door.headers["access-control-allow-origin"] == place.origin

    assert_plain_http_leads_to_https(place)

    trusted = ssl.create_default_context(cafile=place.certificate[0])
    url = f"wss://{NAME}:{place.https}/api/v1/notebooks/{new['id']}/room"
    async with connect(
        url,
        host="127.0.0.1",
        port=place.https,
        ssl=trusted,
        server_hostname=NAME,
        origin=place.origin,  # type: ignore[arg-type]  # a plain string will do
        subprotocols=[ROOM_SUBPROTOCOL],  # type: ignore[list-item]
        additional_headers=signed_in,
        proxy=None,
    ) as ws:
        join = {"type": "join", "protocol": 1, "client_id": 7, "browser_id": "b", "tab_id": "t"}
        await ws.send(json.dumps(join))
        assert json.loads(await ws.recv())["type"] == "hello"


def test_the_systemd_unit_says_what_systemd_understands(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    text = (DEPLOY / "runhere.service").read_text(encoding="utf-8")
    assert "/opt/runhere/bin/runhere" in text
    unit = tmp_path / "runhere.service"
    unit.write_text(text.replace("/opt/runhere/bin/runhere", "/bin/true").replace("User=runhere", "User=root"))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("file", "said", "unit"),
    [("Caddyfile", r"max_size (\d+)MiB", 2**20), ("nginx.conf", r"client_max_body_size (\d+)m;", 2**20)],
)
def test_a_proxy_lets_through_every_body_that_the_hub_takes(file: str, said: str, unit: int) -> None:
    limit = re.search(said, (DEPLOY / file).read_text(encoding="utf-8"))
    assert limit is not None
    routes = route_table(team_settings(DEPLOY, DEPLOY / "no page")).routes
    assert int(limit[1]) * unit > max(route.max_body_bytes for route in routes)
