"""Local runtimes of several hub processes on one machine: the contract from one that asks, and who is next."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runhere_hub.core.runtimes import IdleRule, RuntimeNotReady, RuntimeSilent
from runhere_hub.folders.locks import FileLock
from runhere_hub.providers.desk import Desk, HostedTaken
from runhere_hub.providers.local import LocalOptions, LocalProvider
from runhere_hub.testing.contracts.provider import ADA, ProviderContract, answer, ready
from runhere_hub.testing.fake_runtime import FakeProvider, FakeRuntime, served

pytestmark = pytest.mark.timeout(120)


def local(tmp_path: Path) -> LocalProvider:
    idle = IdleRule(after_ms=3_600_000, warn_ms=300_000)
    return LocalProvider(LocalOptions(tmp_path / "hosted", kernel_python=sys.executable, idle=idle))


def desk(tmp_path: Path, here: LocalProvider | FakeProvider, machine: str | None = None) -> Desk:
    return Desk(here, FileLock(tmp_path / "hosted.lock"), tmp_path / "hosted.json", machine=machine)


class TestTheOneThatAsks(ProviderContract):
    @pytest.fixture
    async def provider(self, tmp_path: Path) -> AsyncIterator[Desk]:
        async with served(FakeRuntime("unused")) as nowhere:
            first, second = desk(tmp_path, local(tmp_path)), desk(tmp_path, FakeProvider(nowhere))
            await first.open()
            await second.open()
            yield second
            await second.close()
            await first.close()


async def test_both_know_of_what_runs_and_whoever_is_left_is_next(tmp_path: Path) -> None:
    first, second = desk(tmp_path, local(tmp_path)), desk(tmp_path, local(tmp_path))
    try:
        await first.open()
        await second.open()
        await ready(second, ADA)
        at = await first.upstream(ADA)
        assert await second.upstream(ADA) == at
        assert await answer(at) == 200
        assert (tmp_path / "hosted.json").stat().st_mode & 0o777 == 0o600
        await first.close()
        assert await answer(at) == 0
        assert (await second.status(ADA)).state == "absent"
        await ready(second, ADA)
        assert await answer(await second.upstream(ADA)) == 200
    finally:
        await first.close()
        await second.close()
    await second.close()  # again, and nothing happens
    with pytest.raises(RuntimeSilent):
        await second.status(ADA)


async def test_who_does_not_know_the_token_is_told_nothing_and_does_nothing(tmp_path: Path) -> None:
    async with served(FakeRuntime("secret")) as upstream:
        one = desk(tmp_path, FakeProvider(upstream))
        await one.open()
        told = json.loads((tmp_path / "hosted.json").read_text(encoding="utf-8"))

        async def ask(**changes: object) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", told["port"])
            question = {"token": told["token"], "verb": "start", "person_id": ADA.person_id, "name": "Ada", **changes}
            writer.write(json.dumps(question).encode() + b"\n")
            said = await reader.read()
            writer.close()
            return said

        for wrong in ({"token": ""}, {"token": told["token"][:-1]}, {"token": None}, {"verb": "close"}, {"name": 1.5}):
            said = await ask(**wrong)
            assert said == b"" or "name" in wrong
        for raw in (b"\n", b"GET / HTTP/1.1\r\n\r\n", b"[]\n", b"x" * 100_000 + b"\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", told["port"])
            writer.write(raw)
            assert await reader.read() == b""
            writer.close()
        await one.stop(ADA)
        with pytest.raises(RuntimeNotReady):
            await one.upstream(ADA)
        assert json.loads(await ask()) == {"answer": None}
        assert (await one.status(ADA)).state == "starting"
        await one.close()


async def test_another_machine_is_told_so_and_takes_nothing(tmp_path: Path) -> None:
    async with served(FakeRuntime("secret")) as upstream:
        one = desk(tmp_path, FakeProvider(upstream), machine="a.example.org")
        with pytest.raises(HostedTaken, match=r"on a\.example\.org"):
            desk(tmp_path, FakeProvider(upstream), machine="b.example.org")
        await one.close()
        other = desk(tmp_path, FakeProvider(upstream), machine="b.example.org")
        assert len(await ready(other, ADA)) == 2
        await other.close()
