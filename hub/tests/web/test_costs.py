"""H12: searches, exports, versions, starts of runtimes cost; who asks too much is told when to come again, alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from runhere_hub import app as composition
from runhere_hub.core.errors import TooCostly
from runhere_hub.core.ids import PersonId
from runhere_hub.services import costs
from runhere_hub.services.costs import CostRule, Costs
from runhere_hub.testing.fakes import FakeClock
from runhere_hub.testing.hosted import HERE, hosted_hub
from runhere_hub.testing.team import TeamHub, team_hub, team_settings

RULE = CostRule(most_ms=200, per_s_ms=10, at_once=2, least_ms=50)
ANN, BEN = PersonId("a"), PersonId("b")


@pytest.fixture
async def team(
    tmp_path: Path, static: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[TeamHub, FakeClock]]:
    """Ann and Ben at a hub whose work takes no time: each request costs the least there is."""
    clock = FakeClock()
    monkeypatch.setattr(composition, "Costs", lambda rule: Costs(rule and RULE, clock_ms=clock))
    data = tmp_path / "data"
    data.mkdir()
    async with team_hub(team_settings(data, static)) as hub:
        await hub.join("ann")
        await hub.join("ben")
        yield hub, clock


async def exhausted(client: httpx.AsyncClient, method: str, url: str) -> httpx.Response:
    """Ask until it is refused; the fourth time is the last that is not."""
    for _ in range(4):
        assert (await ask(client, method, url)).status_code in (200, 201)
    return await ask(client, method, url)


async def ask(client: httpx.AsyncClient, method: str, url: str) -> httpx.Response:
    """Ask once; what takes a name is given one."""
    takes_name = method == "PATCH" or (method == "POST" and url.endswith("/revisions"))
    return await client.request(method, url, json={"name": "a name"} if takes_name else None)


@pytest.mark.parametrize(
    "what", ["search", "download", "duplicate", "history", "version", "outputs", "name", "keep", "restore"]
)
async def test_h12_who_asks_too_much_waits_and_others_do_not(team: tuple[TeamHub, FakeClock], what: str) -> None:
    hub, clock = team
    ann, ben = hub.people["ann"], hub.people["ben"]
    notebook = await hub.notebook("ann")
    await hub.share("ann", notebook["id"], "ben", "editor")
    at = f"/api/v1/notebooks/{notebook['id']}"
    made = await ben.post(f"{at}/revisions", json={"name": "first"})
    assert made.status_code == 201, made.text
    version = f"{at}/revisions/{made.json()['id']}"
    method, url = {
        "search": ("GET", "/api/v1/search?q=plots"),
        "download": ("GET", f"{at}/download"),
        "duplicate": ("POST", f"{at}/duplicate"),
        "history": ("GET", f"{at}/revisions"),
        "version": ("GET", version),
        "outputs": ("GET", f"{version}/outputs"),
        "name": ("PATCH", version),
        "keep": ("POST", f"{at}/revisions"),
        "restore": ("POST", f"{version}/restore"),
    }[what]
    refused = await exhausted(ann, method, url)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_costly")
    assert refused.headers["retry-after"] == "5"
    assert "Wait 5 s" in refused.json()["message"]
    assert (await ask(ben, method, url)).status_code in (200, 201)
    assert (await ann.get(at)).status_code == 200  # what costs little goes on
    other = "/api/v1/search?q=plots" if what != "search" else f"{at}/download"
    assert (await ann.get(other)).status_code == 200  # one is not paid with the other
    clock.advance(s=4.9)
    assert (await ask(ann, method, url)).status_code == 429
    clock.advance(s=0.2)
    assert (await ask(ann, method, url)).status_code in (200, 201)


async def test_who_restores_too_often_has_changed_nothing(team: tuple[TeamHub, FakeClock]) -> None:
    hub, _ = team
    notebook = await hub.notebook("ann")
    at = f"/api/v1/notebooks/{notebook['id']}/revisions"
    first = (await hub.people["ann"].post(at, json={"name": "first"})).json()["id"]
    for _ in range(3):
        assert (await ask(hub.people["ann"], "POST", f"{at}/{first}/restore")).status_code == 200
    await hub.share("ann", notebook["id"], "ben", "editor")
    before = (await hub.people["ben"].get(at)).json()
    assert (await ask(hub.people["ann"], "POST", f"{at}/{first}/restore")).status_code == 429
    assert (await ask(hub.people["ann"], "POST", at)).status_code == 429
    assert (await hub.people["ben"].get(at)).json() == before


async def test_who_is_refused_has_made_nothing(team: tuple[TeamHub, FakeClock]) -> None:
    hub, _ = team
    notebook = await hub.notebook("ann")
    url = f"/api/v1/notebooks/{notebook['id']}/duplicate"
    assert (await exhausted(hub.people["ann"], "POST", url)).status_code == 429
    folder = await hub.own_folder("ann")
    entries = (await hub.people["ann"].get(f"/api/v1/folders/{folder}/entries")).json()["entries"]
    assert len(entries) == 5


async def test_who_starts_a_runtime_too_often_waits_and_one_that_runs_costs_nothing(
    tmp_path: Path, static: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    monkeypatch.setattr(composition, "Costs", lambda rule: Costs(rule, clock_ms=clock))
    data = tmp_path / "data"
    data.mkdir()
    async with hosted_hub(data, static) as hub:
        ada, ben = hub.team.people["ada"], hub.team.people["ben"]
        for _ in range(10):
            await hub.ready("ada")
            assert (await ada.post(f"{HERE}/start", json={})).json()["state"] == "ready"
            assert (await ada.post(f"{HERE}/stop", json={})).json()["state"] == "absent"
        refused = await ada.post(f"{HERE}/start", json={})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_costly")
        assert refused.headers["retry-after"] == "40"
        assert (await ada.get(HERE)).json()["state"] == "absent"
        entries = (await ada.get("/api/v1/account/log")).json()["entries"]
        starts = [entry for entry in entries if entry["action"] == "runtime_start"]
        assert len(starts) == 10
        await hub.ready("ben")
        assert (await ben.post(f"{HERE}/stop", json={})).status_code == 200
        clock.advance(s=41)
        await hub.ready("ada")


async def test_long_work_costs_what_it_took() -> None:
    clock = FakeClock()
    spending = Costs(RULE, clock_ms=clock)
    async with spending.working(ANN):
        clock.advance(ms=1_200)
    with pytest.raises(TooCostly) as no:
        async with spending.working(ANN):
            pass
    assert no.value.details["retry_after_s"] == 104  # 988 owed and 50 to begin, 10 in a second
    async with spending.working(BEN):
        pass


async def test_work_that_fails_costs_too_and_gives_its_place_back() -> None:
    spending = Costs(RULE, clock_ms=FakeClock())
    for _ in range(4):
        with pytest.raises(ZeroDivisionError):
            async with spending.working(ANN):
                raise ZeroDivisionError
    with pytest.raises(TooCostly):
        async with spending.working(ANN):
            pass


async def test_few_of_one_person_work_at_once_and_another_person_at_the_same_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(costs, "PLACE_WITHIN_S", 0.05)
    spending, gate = Costs(CostRule(at_once=2)), asyncio.Event()
    began: asyncio.Queue[PersonId] = asyncio.Queue()

    async def work(person: PersonId) -> None:
        async with spending.working(person):
            began.put_nowait(person)
            await gate.wait()

    async with asyncio.timeout(20):
        first = [asyncio.create_task(work(ANN)) for _ in range(2)]
        assert [await began.get(), await began.get()] == [ANN, ANN]
        with pytest.raises(TooCostly):
            await work(ANN)
        other = asyncio.create_task(work(BEN))
        assert await began.get() == BEN
        gate.set()
        await asyncio.gather(*first, other)
        await work(ANN)
    assert began.qsize() == 1


async def test_where_there_is_nobody_else_nobody_goes_first() -> None:
    spending = Costs(None)
    for _ in range(1_000):
        async with spending.working(ANN):
            pass
