"""Share links: until when they work, and what their makers see of their use. On both databases."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from runhere_hub.store.session import Database
from runhere_hub.store.tables import share_links
from runhere_hub.testing.team import TeamHub, team_hub, team_settings

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
async def hub(tmp_path: Path, static: Path, team_database: str | None) -> AsyncIterator[TeamHub]:
    (tmp_path / "data").mkdir()
    async with team_hub(team_settings(tmp_path / "data", static, database=team_database)) as running:
        for name in ("olga", "vera", "wim"):
            await running.join(name)
        yield running


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def links(client: httpx.AsyncClient, notebook: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/api/v1/notebooks/{notebook}/shares")).json()["links"]
    return found


async def test_a_link_works_until_its_end_and_what_came_by_it_stays(hub: TeamHub) -> None:
    olga, vera, wim = (hub.people[name] for name in ("olga", "vera", "wim"))
    path = f"/api/v1/notebooks/{(await hub.notebook('olga'))['id']}"
    before = now_ms()
    made = (await olga.post(f"{path}/links", json={"role": "viewer", "life_ms": 7 * DAY_MS})).json()
    assert before <= made["link"]["expires_at"] - 7 * DAY_MS <= now_ms()
    usual = (await olga.post(f"{path}/links", json={"role": "viewer"})).json()["link"]
    assert before <= usual["expires_at"] - 30 * DAY_MS <= now_ms()
    accept, secret = f"/api/v1/links/{made['link']['id']}/accept", {"secret": made["url"].partition("#")[2]}
    assert (await vera.post(accept, json=secret)).status_code == 200
    db = Database.open(hub.database_url)
    this = share_links.c.id == made["link"]["id"]
    await db.write(lambda conn: conn.execute(update(share_links).where(this).values(expires_at=now_ms())))
    db.close()
    for client in (vera, wim):
        refused = await client.post(accept, json=secret)
        assert refused.status_code == 404
    assert [(await client.get(path)).status_code for client in (vera, wim)] == [200, 404]
    for nonsense in (0, -1, 367 * DAY_MS):
        assert (await olga.post(f"{path}/links", json={"role": "viewer", "life_ms": nonsense})).status_code == 422


async def test_its_makers_see_when_a_link_was_used_last_and_nobody_else_sees_links(hub: TeamHub) -> None:
    olga, vera, wim = (hub.people[name] for name in ("olga", "vera", "wim"))
    notebook = (await hub.notebook("olga"))["id"]
    made = (await olga.post(f"/api/v1/notebooks/{notebook}/links", json={"role": "viewer"})).json()
    [unused] = await links(olga, notebook)
    assert (unused["uses"], unused["last_used_at"]) == (0, None)
    accept, secret = f"/api/v1/links/{made['link']['id']}/accept", {"secret": made["url"].partition("#")[2]}
    assert (await wim.post(accept, json={"secret": "guess"})).status_code == 404
    assert await links(olga, notebook) == [unused]
    last = now_ms()
    for client, uses in ((vera, 1), (vera, 1), (wim, 2)):
        assert (await client.post(accept, json=secret)).status_code == 200
        [link] = await links(olga, notebook)
        assert link["uses"] == uses
        assert last <= link["last_used_at"] <= now_ms()
        last = link["last_used_at"]
    assert await links(vera, notebook) == []
