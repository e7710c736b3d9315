"""A disk that is full while a runtime runs: what wants room says so, and what is there goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from kernel_client import JournalSocket
from live_runtime import HUB, Running, free_port, start_runtime
from tiny_disk import TinyDisk

pytestmark = pytest.mark.slow


@pytest.fixture
def tight(tiny_disk: TinyDisk) -> Iterator[Running]:
    """A runtime all of whose files are on the disk that will be full; on a port of its own, or it keeps no list."""
    sockets = tiny_disk.place / "run"
    sockets.mkdir()
    running = start_runtime(
        tiny_disk.place, "--hub", HUB, "--port", str(free_port()), env={"XDG_RUNTIME_DIR": str(sockets)}
    )
    yield running
    running.stop()


def socket_of(runtime: Running, kernel: str) -> JournalSocket:
    address = f"ws://127.0.0.1:{runtime.port}/api/kernels/{kernel}/channels"
    return JournalSocket(address, {**runtime.auth, "Origin": HUB})


def notices(client: JournalSocket) -> list[str]:
    return [frame["state"] for frame in client.frames if frame["type"] == "journal"]


def test_8_3_pairing_on_a_full_disk_says_what_to_do_and_the_same_link_works_then(
    tight: Running, tiny_disk: TinyDisk
) -> None:
    wish = json.dumps({"code": tight.code, "client_name": "x"}).encode()
    tiny_disk.fill()
    refused = tight.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=wish)
    assert (refused.status, refused.json()["code"]) == (507, "sessions_not_kept")
    assert refused.headers["access-control-allow-origin"] == HUB
    assert "No space left on device" in refused.json()["hint"]
    assert "use the same link again" in refused.json()["hint"]
    assert not list(tight.data.glob("*sessions*")), "nothing half-written"
    assert tight.ask("GET", "/api/runhere/sessions", headers=tight.auth).json() == {"sessions": []}
    tiny_disk.make_room()
    paired = tight.ask("POST", "/api/runhere/pair", headers={"Origin": HUB}, body=wish)
    assert paired.status == 200
    token = paired.json()["token"]
    tiny_disk.fill()
    entered = {"Origin": HUB, "Authorization": f"Bearer {token}"}
    assert tight.ask("GET", "/api/status", headers=entered).status == 200
    session = f"/api/runhere/sessions/{paired.json()['session_id']}"
    assert tight.ask("DELETE", session, headers=entered).status == 204
    assert tight.ask("GET", "/api/status", headers=entered).status == 401
    assert token.encode() not in b"".join(file.read_bytes() for file in tight.data.glob("*sessions*"))


async def test_7_8_a_cell_goes_on_while_the_disk_is_full_and_the_loss_is_told(
    tight: Running, tiny_disk: TinyDisk
) -> None:
    kernel = tight.start_kernel()
    client = socket_of(tight, kernel)
    await client.attach()
    before = await client.run("print('before')")
    tiny_disk.fill()
    during = await client.run("print('x' * 200_000)\nprint('during')")
    assert client.text_of(during).endswith("during\n")
    await client.until(lambda: notices(client) == ["disk_full"])
    tiny_disk.make_room()
    after = await client.run("print('after')")
    await client.until(lambda: notices(client) == ["disk_full", "ok"])
    later = socket_of(tight, kernel)
    await later.attach()
    await later.until(lambda: later.is_done(after))
    assert {frame["reason"] for frame in later.frames if frame["type"] == "gap"} == {"disk"}
    assert [later.text_of(run) for run in (before, after)] == ["before\n", "after\n"]
    await later.close()
    await client.close()


def test_a_kernel_that_finds_no_room_is_refused_with_the_reason_and_leaves_nothing(
    tight: Running, tiny_disk: TinyDisk
) -> None:
    tiny_disk.fill()
    refused = tight.ask("POST", "/api/kernels", headers=tight.auth, body=b"{}")
    assert refused.status == 507
    assert "the disk of the runtime's machine is full" in refused.json()["message"]
    assert "Make room there" in refused.json()["message"]
    assert tight.kernel_ids() == set()
    tiny_disk.make_room()
    made = tight.start_kernel()
    assert tight.kernel_ids() == {made}


async def test_a_kernel_whose_journal_cannot_be_begun_runs_and_the_loss_is_told(tiny_disk: TinyDisk) -> None:
    """No name is left for the journal's folder; the rest of the runtime has room."""
    (tiny_disk.place / "data").mkdir()
    running = start_runtime(tiny_disk.place, "--hub", HUB, env={"XDG_RUNTIME_DIR": "/tmp"})
    try:
        tiny_disk.take_names()
        client = socket_of(running, running.start_kernel())
        await client.attach()
        during = await client.run("print('during')")
        assert client.text_of(during) == "during\n"
        await client.until(lambda: notices(client) == ["disk_full"])
        tiny_disk.make_room()
        await client.run("print('after')")
        await client.until(lambda: notices(client) == ["disk_full", "ok"])
        await client.close()
    finally:
        running.stop()
