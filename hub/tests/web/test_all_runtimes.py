"""Administrators see and stop everybody's hosted runtimes: who, since when, what goes on. Nobody else does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import Activity
from runhere_hub.services.runtime_ends import RuntimeEnds
from runhere_hub.services.runtimes import Runtimes
from runhere_hub.testing.hosted import HERE, SECRET, HostedHub, hosted_hub
from runhere_hub.testing.serving import CONTROL, PORT

ALL = "/api/v1/admin/runtimes"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def hub(tmp_path: Path, static: Path, request: pytest.FixtureRequest) -> AsyncIterator[HostedHub]:
    database = str(request.getfixturevalue("migrated_postgres")) if request.param == "postgres" else None
    data = tmp_path / "data"
    data.mkdir()
    async with hosted_hub(data, static, database=database) as running:
        await running.team.join("cleo")
        yield running


async def listed(hub: HostedHub) -> list[dict[str, object]]:
    answer = await hub.team.people["ada"].get(ALL)
    assert answer.status_code == 200, answer.text
    assert answer.json()["provider"] == "fake"
    assert SECRET not in answer.text
    assert "127.0.0.1" not in answer.text
    return list(answer.json()["runtimes"])


async def test_an_administrator_sees_who_has_one_since_when_and_what_goes_on(hub: HostedHub) -> None:
    assert await listed(hub) == []
    began = hub.clock()
    await hub.ready("ben")
    hub.clock.advance(s=60)
    await hub.ready("cleo")
    ben = PersonId(hub.team.ids["ben"])
    hub.provider.activities[ben] = Activity(is_busy=True, used_at=began + 5, memory_bytes=7)
    first, second = await listed(hub)
    assert first == {
        **{"person_id": ben, "user_name": "ben", "name": "Ben", "state": "ready", "since": began},
        **{"is_busy": True, "used_at": began + 5, "memory_bytes": 7},
    }
    assert (second["user_name"], second["since"], second["is_busy"]) == ("cleo", began + 60_000, None)
    assert hub.runtime.seen == []  # to look is no use of anybody's runtime


async def test_an_administrator_stops_one_and_both_read_so_in_their_logs(hub: HostedHub) -> None:
    await hub.ready("ben")
    await hub.ready("cleo")
    ada, ben = hub.team.people["ada"], hub.team.people["ben"]
    assert (await ada.post(f"{ALL}/ben/stop", json={})).json() == {"was_running": True}
    assert (await ben.get(HERE)).json()["state"] == "absent"
    assert [one["user_name"] for one in await listed(hub)] == ["cleo"]
    entry = (await ada.get("/api/v1/admin/log")).json()["entries"][0]
    told = (entry["action"], entry["person_id"], entry["object_id"], entry["ip"])
    assert told == ("runtime_stop", hub.team.ids["ada"], hub.team.ids["ben"], "192.0.2.1")
    own = (await ben.get("/api/v1/account/log")).json()["entries"][0]
    assert (own["action"], own["person_id"]) == ("runtime_stop", hub.team.ids["ada"])
    assert (own["ip"], own["agent"]) == (None, None)  # where an administrator sits is nobody else's
    assert (await hub.team.people["cleo"].get("/api/v1/account/log")).json()["entries"][0]["action"] == "runtime_start"

    ends = RuntimeEnds(Runtimes(hub.provider, hub.sign_in, new_token=lambda: ""))
    for _ in range(3):
        await ends.look()  # and no hub process takes it for an end that nobody told of
    assert (await ada.get("/api/v1/admin/log")).json()["entries"][0] == entry

    assert (await ada.post(f"{ALL}/ben/stop", json={})).json() == {"was_running": False}
    assert (await ada.get("/api/v1/admin/log")).json()["entries"][0] == entry
    assert (await ada.post(f"{ALL}/nobody/stop", json={})).status_code == 404
    await hub.ready("ben")  # it may be started again
    assert len(await listed(hub)) == 2


async def test_who_is_no_administrator_is_refused_and_nothing_stops(hub: HostedHub) -> None:
    await hub.ready("ben")
    await hub.ready("cleo")
    ben = hub.team.people["ben"]
    for answer in (await ben.get(ALL), await ben.post(f"{ALL}/cleo/stop", json={}), await ben.post(f"{ALL}/ben/stop")):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    stranger = await hub.team.stranger()
    assert (await stranger.get(ALL)).status_code == 401
    assert (await stranger.post(f"{ALL}/cleo/stop", json={})).status_code == 401
    assert [one["state"] for one in await listed(hub)] == ["ready", "ready"]
    assert (await ben.post(f"{HERE}/stop", json={})).json()["state"] == "absent"  # one's own, as ever


async def test_the_command_line_of_the_hubs_machine_does_too(hub: HostedHub) -> None:
    await hub.ready("ben")
    client = await hub.page(None)
    for name in ("Origin", "X-Forwarded-For"):
        client.headers.pop(name, None)
    here = {"Host": f"127.0.0.1:{PORT}", "Authorization": f"Bearer {CONTROL}"}
    wrong = await client.post("/api/v1/control/runtimes", json={}, headers={**here, "Authorization": "Bearer x"})
    assert wrong.status_code == 401
    seen = await client.post("/api/v1/control/runtimes", json={}, headers=here)
    assert [one["user_name"] for one in seen.json()["runtimes"]] == ["ben"], seen.text
    stopped = await client.post("/api/v1/control/runtimes/ben/stop", json={}, headers=here)
    assert stopped.json() == {"was_running": True}
    entry = (await hub.team.people["ada"].get("/api/v1/admin/log")).json()["entries"][0]
    assert (entry["person_id"], entry["object_id"]) == (None, hub.team.ids["ben"])
