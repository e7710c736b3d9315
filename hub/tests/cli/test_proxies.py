"""`deploy/` for real: nginx and Caddy with our files in front of `runhere serve`; what systemd says of the unit."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from runhere_hub.app import route_table
from runhere_hub.testing.front import (
    DEPLOY,
    NAME,
    RUNTIMES,
    SNI,
    Place,
    browser,
    caddy,
    is_installed,
    join,
    make_place,
    nginx,
    running,
    socket_options,
    write_settings,
)
from runhere_hub.testing.kernel_messages import execute, until
from runhere_hub.testing.processes import starting
from runhere_hub.testing.team import team_settings
from runhere_protocol import ROOM_SUBPROTOCOL

SOME_RUNTIME = f"{'0' * 32}.{RUNTIMES}"
PASSWORD = "a long enough password"
FORGED = "203.0.113.66"
pytestmark = pytest.mark.timeout(170)


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Place, str]]:
    """A hub behind a proxy, and the code that makes its first administrator."""
    make: Callable[[Place], list[str]] = request.param
    if not is_installed(make):
        pytest.skip(f"{make.__name__} or openssl is not installed here")
    place = make_place(tmp_path)
    config = write_settings(place, 'hosted_provider = "local"', f'runtime_domain = "*.{RUNTIMES}"')
    with starting(tmp_path / "home") as start, running(make(place), place):
        hub = start("serve", "--config", config)
        found = re.fullmatch(rf"{place.origin}/join#code=(\S+)\n", hub.out.get(timeout=60))
        assert found is not None, "".join(hub.err)
        yield place, found.group(1)
        assert hub.stop() == 0


def hosted_state(client: httpx.Client) -> str:
    return str(client.get("/api/v1/runtimes/hosted", extensions=SNI).json()["state"])


def assert_plain_http_leads_to_https(place: Place) -> None:
    plain = httpx.get(f"http://127.0.0.1:{place.http}/n/1", headers={"Host": NAME}, trust_env=False, timeout=30)
    assert plain.status_code in (301, 302, 307, 308)
    assert plain.headers["location"].startswith(f"https://{NAME}")


async def test_a_proxy_of_ours_hands_on_all_that_a_hub_needs(served: tuple[Place, str]) -> None:
    place, code = served
    with browser(place) as client:
        client.headers["X-Forwarded-For"] = FORGED
        cookie = join(client, code, "ada", PASSWORD)

        folder = client.get("/api/v1/home", extensions=SNI).json()["folders"][0]["id"]
        new = client.post("/api/v1/notebooks", json={"folder_id": folder, "path": ""}, extensions=SNI).json()
        big = b'{"cells":[],"metadata":{"pad":"' + b"x" * 30_000_000 + b'"},"nbformat":4,"nbformat_minor":5}'
        upload = f"/api/v1/folders/{folder}/upload?name=big.ipynb&path="
        assert client.post(upload, content=big, extensions=SNI).status_code == 201

        frame = client.get("/frame/v1/frame.html", extensions=SNI)
        assert frame.headers.get_list("content-security-policy")[0].startswith("sandbox allow-scripts")
        assert len(frame.headers.get_list("content-security-policy")) == 1

        # Where requests come from is what the proxy saw, not what a browser says.
        log = client.get("/api/v1/admin/log", extensions=SNI).text
        assert "127.0.0.1" in log
        assert FORGED not in log

        elsewhere = client.get("/api/v1/home", headers={"Host": "evil.example"}, extensions=SNI)
        assert "folders" not in elsewhere.text

        # A runtime's own host: it is the hub that asks for a pass there, though one is signed in.
        there = {"Host": f"{SOME_RUNTIME}:{place.https}"}
        door = client.get("/api/v1/home", headers=there, extensions={"sni_hostname": SOME_RUNTIME})
        assert (door.status_code, door.json()["code"]) == (401, "signed_out")
        assert door.headers["access-control-allow-origin"] == place.origin

    assert_plain_http_leads_to_https(place)

    url = f"wss://{NAME}:{place.https}/api/v1/notebooks/{new['id']}/room"
    async with connect(url, subprotocols=[Subprotocol(ROOM_SUBPROTOCOL)], **socket_options(place, cookie)) as ws:
        await ws.send(json.dumps({"type": "join", "protocol": 1, "client_id": 7, "browser_id": "b", "tab_id": "t"}))
        assert json.loads(await ws.recv())["type"] == "hello"


async def test_a_hosted_runtime_runs_cells_and_moves_files_through_the_proxy(served: tuple[Place, str]) -> None:
    place, code = served
    with browser(place) as client:
        join(client, code, "ada", PASSWORD)
        started = client.post("/api/v1/runtimes/hosted/start", json={}, extensions=SNI)
        assert started.status_code == 200, started.text
        runtime_id = started.json()["id"]
        while (state := hosted_state(client)) == "starting":  # noqa: ASYNC110  # asked again, as the page does
            await asyncio.sleep(0.1)
        assert state == "ready"
        made = client.post(f"/api/v1/runtimes/{runtime_id}/tickets", json={}, extensions=SNI)
        ticket = made.json()["ticket"]
        name = f"{runtime_id}.{RUNTIMES}"

    with browser(place) as page:  # as the page asks a runtime: by its own host, without the cookie
        page.headers["Host"] = f"{name}:{place.https}"
        sni = {"sni_hostname": name}
        traded = page.post("/pass", json={"ticket": ticket}, extensions=sni)
        assert traded.status_code == 201, traded.text
        token = traded.json()["token"]
        page.headers["Authorization"] = f"token {token}"
        kernel = page.post("/api/kernels", json={"name": "python3"}, extensions=sni).json()["id"]

        url = f"wss://{name}:{place.https}/api/kernels/{kernel}/channels?session_id=s"
        offered = [Subprotocol("runhere.hosted.v1"), Subprotocol(f"runhere.token.{token}")]
        async with connect(
            url, subprotocols=offered, max_size=None, **socket_options(place, "", name=name)
        ) as channels:
            await channels.send(execute("import sys; sys.stdout.write('x' * 3_000_000)"))
            printed = 0  # more than any buffer on the way holds
            while printed < 3_000_000:
                printed += len((await until(channels, "stream"))["text"])

        big = "y" * 20_000_000
        model = {"type": "file", "format": "text", "content": big}
        assert page.put("/api/contents/big.txt", json=model, extensions=sni).status_code == 201
        assert page.get("/files/big.txt", extensions=sni).text == big


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
