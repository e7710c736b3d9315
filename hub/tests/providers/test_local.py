"""Hosted runtimes: the contract on the fake and on real processes; idleness, limits, and what a process inherits."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import Ending, IdleRule, KernelActivity, Upstream
from runhere_hub.providers.local import LocalOptions, LocalProvider, OnEnd, environment_for
from runhere_hub.testing.contracts.provider import ADA, ProviderContract, answer, ready
from runhere_hub.testing.fake_runtime import FakeProvider, FakeRuntime, served
from runhere_hub.testing.fakes import FakeClock
from runhere_hub.testing.kernel_messages import execute, until

HOUR = IdleRule(after_ms=3_600_000, warn_ms=300_000)
pytestmark = pytest.mark.timeout(120)


def options(tmp_path: Path, **changes: Any) -> LocalOptions:
    return replace(LocalOptions(folder=tmp_path / "hosted", kernel_python=sys.executable, idle=HOUR), **changes)


class TestFake(ProviderContract):
    @pytest.fixture
    async def provider(self) -> AsyncIterator[FakeProvider]:
        async with served(FakeRuntime("secret")) as upstream:
            yield FakeProvider(upstream)


class TestLocal(ProviderContract):
    @pytest.fixture
    async def provider(self, tmp_path: Path) -> AsyncIterator[LocalProvider]:
        provider = LocalProvider(options(tmp_path))
        yield provider
        await provider.close()


def listening() -> tuple[asyncio.Queue[tuple[PersonId, Ending]], OnEnd]:
    """Ends that were told, and who hears them."""
    heard: asyncio.Queue[tuple[PersonId, Ending]] = asyncio.Queue()

    async def on_end(person_id: PersonId, why: Ending) -> None:
        heard.put_nowait((person_id, why))

    return heard, on_end


async def kernel(upstream: Upstream) -> str:
    async with httpx.AsyncClient(headers={"Authorization": f"token {upstream.token}"}, timeout=60) as client:
        made = await client.post(f"{upstream.base_url}api/kernels", json={"name": "python3"})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])


async def send(upstream: Upstream, kernel_id: str, code: str) -> Any:
    """An open socket on which a cell was sent."""
    url = f"{upstream.base_url.replace('http', 'ws', 1)}api/kernels/{kernel_id}/channels"
    socket = await connect(url, additional_headers={"Authorization": f"token {upstream.token}"}, proxy=None)
    await socket.send(execute(code))
    return socket


async def test_an_idle_runtime_warns_then_stops_and_never_while_a_cell_runs(tmp_path: Path) -> None:
    clock = FakeClock(time.time_ns() // 1_000_000)
    ends, on_end = listening()
    provider = LocalProvider(options(tmp_path, look_every_s=3600), now_ms=clock, on_end=on_end)
    try:
        await ready(provider, ADA)
        upstream = await provider.upstream(ADA)
        gate = tmp_path / "go"
        waits = (
            f"import os, time\nprint('begun', flush=True)\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.05)"
        )
        socket = await send(upstream, await kernel(upstream), waits)
        await until(socket, "stream")
        clock.advance(s=24 * 3600)
        await provider.look()
        assert (await provider.status(ADA)).state == "ready"
        assert (await provider.status(ADA)).stops_at is None
        told = await provider.activity(ADA)
        assert told.is_busy
        if sys.platform == "linux":
            assert (told.memory_bytes or 0) > 30_000_000  # the runtime and its kernel, not only the first process
        gate.write_bytes(b"")
        await until(socket, "execute_reply")
        async with asyncio.timeout(20):  # the kernel's word that it is idle comes a little later
            while True:
                await provider.look()
                if (await provider.status(ADA)).state == "absent":
                    break
                await asyncio.sleep(0.05)
        assert await answer(upstream) == 0
        await socket.close()
        assert (tmp_path / "hosted" / ADA.person_id / "files").is_dir()
        assert ends.get_nowait() == (ADA.person_id, "idle")
        assert ends.empty()
    finally:
        await provider.close()


async def test_an_end_that_nobody_asked_for_is_told_with_its_reason_and_no_other(tmp_path: Path) -> None:
    ends, on_end = listening()
    provider = LocalProvider(options(tmp_path), on_end=on_end)
    try:
        await ready(provider, ADA)
        await provider.stop(ADA)
        assert ends.empty()
        await ready(provider, ADA)
        provider._running[ADA.person_id].process.kill()
        assert await asyncio.wait_for(ends.get(), 20) == (ADA.person_id, "died")
        assert (await provider.status(ADA)).state == "absent"
        await ready(provider, ADA)
    finally:
        await provider.close()
    assert ends.get_nowait() == (ADA.person_id, "hub_stopped")
    assert ends.empty()


async def test_whoever_is_warned_keeps_the_runtime_with_one_word(tmp_path: Path) -> None:
    clock = FakeClock(time.time_ns() // 1_000_000)
    provider = LocalProvider(options(tmp_path, look_every_s=3600), now_ms=clock)
    try:
        await ready(provider, ADA)
        await provider.look()
        assert (await provider.status(ADA)).stops_at is None
        clock.advance(s=56 * 60)
        await provider.look()
        stops_at = (await provider.status(ADA)).stops_at
        assert stops_at is not None
        assert 0 < stops_at - clock() <= 300_000
        await provider.keep(ADA)
        assert (await provider.status(ADA)).stops_at is None
        clock.advance(s=30 * 60)
        await provider.look()
        assert (await provider.status(ADA)).state == "ready"
        clock.advance(s=31 * 60)
        await provider.look()
        assert (await provider.status(ADA)).state == "absent"
    finally:
        await provider.close()


async def test_a_kernel_has_limits_and_nothing_of_the_hubs_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNHERE_DATABASE_URL", "postgresql://canary-secret")
    monkeypatch.setenv("RUNHERE_OIDC_CLIENT_SECRET", "canary-secret")
    provider = LocalProvider(options(tmp_path, memory_mib=8192, nice=7))
    try:
        await ready(provider, ADA)
        upstream = await provider.upstream(ADA)
        code = (
            "import os, resource\n"
            "print(resource.getrlimit(resource.RLIMIT_AS)[0] // 2**20, resource.getrlimit(resource.RLIMIT_CORE)[0],"
            " os.nice(0), 'canary-secret' in repr(dict(os.environ)), os.getcwd())"
        )
        socket = await send(upstream, await kernel(upstream), code)
        words = (await until(socket, "stream"))["text"].split()
        await socket.close()
        assert words[:2] == ["8192", "0"]
        assert int(words[2]) >= 7
        assert words[3] == "False"
        assert words[4] == str(tmp_path / "hosted" / ADA.person_id / "files")
    finally:
        await provider.close()


async def test_a_runtime_that_cannot_start_says_why(tmp_path: Path) -> None:
    provider = LocalProvider(options(tmp_path, kernel_python="/nowhere/python"))
    try:
        await provider.start(ADA)
        async with asyncio.timeout(60):
            while True:
                status = await provider.status(ADA)
                if status.state != "starting":
                    break
                await asyncio.sleep(0.05)
        assert status.state == "failed"
        assert "/nowhere/python is not a program" in status.message
    finally:
        await provider.close()


def test_the_idle_rule() -> None:
    idle, busy = KernelActivity(False, 1000), KernelActivity(True, 0)
    assert HOUR.stops_at((), used_at=5) == 3_600_005
    assert HOUR.stops_at((idle,), used_at=5) == 3_601_000
    assert HOUR.stops_at((idle, busy), used_at=5) is None
    assert not HOUR.is_warned(3_600_005, now=3_300_004)
    assert HOUR.is_warned(3_600_005, now=3_300_005)


def test_only_named_variables_are_inherited() -> None:
    hub = {"PATH": "/bin", "RUNHERE_JUPYTERHUB_TOKEN": "x", "AWS_SECRET": "x", "LANG": "C.UTF-8"}
    given = environment_for(hub, home=Path("/h"), state=Path("/s"))
    assert "x" not in given.values()
    assert (given["PATH"], given["LANG"], given["HOME"]) == ("/bin", "C.UTF-8", str(Path("/h")))
