"""What every provider of hosted runtimes must do. Subclass it in a test module and give it a `provider` fixture.

class TestLocal(ProviderContract):
@pytest.fixture
async def provider(self, tmp_path): ...
"""

import asyncio

import httpx
import pytest

from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import Activity, Owner, RuntimeNotReady, RuntimeProvider, Status, Upstream, runtime_id

ADA = Owner(PersonId("a" * 32), "Ada")
BEN = Owner(PersonId("b" * 32), "Ben")
STARTS_WITHIN_S = 50.0


async def ready(provider: RuntimeProvider, owner: Owner) -> list[Status]:
    """Start, and wait until it is there; everything that was told on the way."""
    await provider.start(owner)
    told: list[Status] = []
    async with asyncio.timeout(STARTS_WITHIN_S):
        while not told or told[-1].state != "ready":
            told.append(await provider.status(owner))
            assert told[-1].state in ("starting", "ready"), told[-1]
            await asyncio.sleep(0.05)
    return told


async def answer(upstream: Upstream, path: str = "api/status", token: str | None = None) -> int:
    """Status of the runtime's answer; 0: nobody answers."""
    headers = {"Authorization": f"token {token if token is not None else upstream.token}"}
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        try:
            return (await client.get(upstream.base_url + path, headers=headers)).status_code
        except httpx.TransportError:
            return 0


class ProviderContract:
    """The tests; pytest finds them in subclasses whose names begin with `Test`."""

    async def test_it_starts_answers_its_token_alone_and_stops(self, provider: RuntimeProvider) -> None:
        """One life of a runtime, twice: what stopped can be started again."""
        assert (await provider.status(ADA)).state == "absent"
        with pytest.raises(RuntimeNotReady):
            await provider.upstream(ADA)
        for _ in range(2):
            told = await ready(provider, ADA)
            assert all(status.percent is None or 0 <= status.percent <= 100 for status in told)
            upstream = await provider.upstream(ADA)
            assert upstream.base_url.endswith("/")
            assert await answer(upstream) == 200
            assert await answer(upstream, token="wrong") in (401, 403)
            assert upstream.token not in repr(upstream)
            await provider.stop(ADA)
            assert (await provider.status(ADA)).state == "absent"
            with pytest.raises(RuntimeNotReady):
                await provider.upstream(ADA)
        await provider.stop(ADA)  # again, and nothing happens

    async def test_what_goes_on_in_it_is_told_while_it_runs(self, provider: RuntimeProvider) -> None:
        """Nothing is known of a runtime that is not there; to look changes nothing."""
        assert await provider.activity(ADA) == Activity()
        await ready(provider, ADA)
        told = await provider.activity(ADA)
        assert not told.is_busy
        assert told.used_at is None or told.used_at > 0
        assert told.memory_bytes is None or told.memory_bytes > 0
        assert (await provider.status(ADA)).state == "ready"
        await provider.stop(ADA)
        assert await provider.activity(ADA) == Activity()

    async def test_starting_twice_is_starting_once(self, provider: RuntimeProvider) -> None:
        """At once, too; and a runtime that runs is left alone."""
        await asyncio.gather(*(provider.start(ADA) for _ in range(3)))
        await ready(provider, ADA)
        first = await provider.upstream(ADA)
        await provider.start(ADA)
        assert (await provider.status(ADA)).state == "ready"
        assert (await provider.upstream(ADA)).base_url == first.base_url

    async def test_one_persons_runtime_is_nobody_elses(self, provider: RuntimeProvider) -> None:
        """Ben has none because Ada has one, and keeps his when hers stops."""
        await ready(provider, ADA)
        assert (await provider.status(BEN)).state == "absent"
        with pytest.raises(RuntimeNotReady):
            await provider.upstream(BEN)
        await ready(provider, BEN)
        await provider.keep(BEN)
        await provider.stop(ADA)
        assert (await provider.status(BEN)).state == "ready"
        assert await answer(await provider.upstream(BEN)) == 200
        assert runtime_id(provider.name, ADA.person_id) != runtime_id(provider.name, BEN.person_id)
