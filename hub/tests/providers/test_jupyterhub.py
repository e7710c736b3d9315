"""The contract on a real JupyterHub 6 with configurable-http-proxy, and a whole hub whose people run code there.

`scripts/setup.py` (`make test`) puts both into an environment of their own in the cache folder.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from runhere_hub.providers.jupyterhub import JupyterHubOptions, JupyterHubProvider
from runhere_hub.services import runtime_ends
from runhere_hub.settings import Hosted
from runhere_hub.testing import jupyterhub
from runhere_hub.testing.contracts.provider import ADA, BEN, ProviderContract, answer, ready
from runhere_hub.testing.hosted import HERE, MINE, listening
from runhere_hub.testing.team import PROXY, PUBLIC, TeamHub, client_of, team_hub, team_settings

WITHIN_S = 100

pytestmark = [
    pytest.mark.skipif(
        not jupyterhub.is_installed(), reason="JupyterHub is not installed: python scripts/setup.py browsers"
    ),
    pytest.mark.timeout(180),
]


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterHubOptions]:
    """A JupyterHub that runs. It ends with the tests, and its servers with it."""
    with jupyterhub.running(
        tmp_path_factory.mktemp("jupyterhub"), Path(__file__).with_name("jupyterhub_config.py")
    ) as options:
        yield options


class TestJupyterHub(ProviderContract):
    @pytest.fixture
    async def provider(self, options: JupyterHubOptions) -> AsyncIterator[JupyterHubProvider]:
        provider = JupyterHubProvider(options)
        yield provider
        await asyncio.gather(*(provider.stop(owner) for owner in (ADA, BEN)))
        await provider.close()

    async def test_progress_is_told_and_the_token_is_good_for_one_server(
        self, provider: JupyterHubProvider, options: JupyterHubOptions
    ) -> None:
        told = await ready(provider, ADA)
        assert any(status.percent is not None for status in told[:-1])
        upstream = await provider.upstream(ADA)
        assert await answer(upstream) == 200
        headers = {"Authorization": f"token {upstream.token}"}
        async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=60) as client:
            assert (await client.get(f"{options.url}hub/api/users")).status_code == 403

    async def test_after_a_user_was_deleted_there_a_start_brings_a_token_that_is_good(
        self, provider: JupyterHubProvider, options: JupyterHubOptions
    ) -> None:
        await ready(provider, ADA)
        before = await provider.upstream(ADA)
        there = JupyterHubProvider(options)  # somebody else at that JupyterHub
        await there.stop(ADA)
        await there.close()
        admin = {"Authorization": f"token {options.token}"}
        async with httpx.AsyncClient(trust_env=False, headers=admin, timeout=60) as client:
            gone = await client.delete(f"{options.url}hub/api/users/runhere-{ADA.person_id}")
            assert gone.status_code == 204, gone.text
        assert await answer(before) != 200
        await ready(provider, ADA)
        after = await provider.upstream(ADA)
        assert await answer(after, token=before.token) in (401, 403)
        assert await answer(after) == 200

    async def test_a_token_that_is_refused_is_replaced_but_not_at_every_refusal(
        self, options: JupyterHubOptions
    ) -> None:
        now = time.time()
        provider = JupyterHubProvider(options, now_s=lambda: now)
        await ready(provider, ADA)
        first = await provider.upstream(ADA)
        user = f"{options.url}hub/api/users/runhere-{ADA.person_id}/tokens"
        mine = {"Authorization": f"token {options.token}"}
        async with httpx.AsyncClient(trust_env=False, headers=mine, timeout=60) as client:
            for one in (await client.get(user)).json()["api_tokens"]:
                if one["note"] == "Runhere hub":
                    assert (await client.delete(f"{user}/{one['id']}")).status_code == 204
        await provider.doubt(ADA)
        assert (await provider.upstream(ADA)).token == first.token
        now += 61
        await provider.doubt(ADA)
        second = await provider.upstream(ADA)
        assert second.token != first.token
        assert await answer(second) == 200
        await provider.stop(ADA)
        await provider.close()


# --- a whole hub ------------------------------------------------------------------------------------------------------


@dataclass
class Started:
    """Ada's runtime, as her page reaches it."""

    team: TeamHub
    port: int
    runtime_id: str
    token: str
    page: httpx.AsyncClient

    def at(self, path: str) -> str:
        return f"/rt/{self.runtime_id}/{path}"

    async def run(self, code: str) -> str:
        """What a cell prints in a new kernel."""
        made = await self.page.post(self.at("api/kernels"), json={"name": "python3"})
        assert made.status_code == 201, made.text
        return await self.run_on(made.json()["id"], code)

    async def run_on(self, kernel_id: str, code: str) -> str:
        """The same in this one, over its channels."""
        channels = self.at(f"api/kernels/{kernel_id}/channels")
        offered = [Subprotocol("runhere.hosted.v1"), Subprotocol(f"runhere.token.{self.token}")]
        place: dict[str, Any] = {"host": "127.0.0.1", "port": self.port}
        async with connect(
            f"ws://hub.test{channels}", origin=Origin(PUBLIC), subprotocols=offered, proxy=None, **place
        ) as line:
            await line.send(json.dumps(execute_request(code)))
            async with asyncio.timeout(WITHIN_S):
                while True:
                    message = json.loads(await line.recv())
                    if message["msg_type"] == "stream":
                        return str(message["content"]["text"])


def execute_request(code: str) -> dict[str, Any]:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "s", "username": "", "date": ""}
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    return {
        "header": header | {"version": "5.3"},
        "parent_header": {},
        "metadata": {},
        "channel": "shell",
        "buffers": [],
        "content": content | {"stop_on_error": True},
    }


async def started(team: TeamHub, port: int) -> Started:
    """Ada starts her runtime and is let in."""
    ada = team.people["ada"]
    assert (await ada.post(f"{HERE}/start", json={})).status_code == 200
    async with asyncio.timeout(WITHIN_S):
        while (state := (await ada.get(HERE)).json())["state"] != "ready":
            assert state["state"] == "starting", state
            await asyncio.sleep(0.1)
    ticket = (await ada.post(f"/api/v1/runtimes/{state['id']}/tickets", json={})).json()["ticket"]
    stranger = await team.stack.enter_async_context(client_of(team.app, MINE))
    traded = await stranger.post(f"/rt/{state['id']}/pass", json={"ticket": ticket})
    assert traded.status_code == 201, traded.text
    token = str(traded.json()["token"])
    page = await team.stack.enter_async_context(client_of(team.app, {**MINE, "Authorization": f"token {token}"}))
    return Started(team, port, str(state["id"]), token, page)


async def entries(team: TeamHub) -> list[tuple[str, str]]:
    """What the audit log says of Ada's runtime, newest first: (action, why)."""
    log = (await team.people["ada"].get("/api/v1/account/log")).json()["entries"]
    return [
        (one["action"], json.loads(one["detail"]).get("why", "")) for one in log if one["action"].startswith("runtime_")
    ]


async def test_a_page_runs_code_there_and_a_server_that_ends_unasked_is_in_the_audit_log(
    options: JupyterHubOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime_ends, "LOOK_EVERY_S", 0.1)
    data = tmp_path / "data"
    data.mkdir()
    hosted = Hosted("jupyterhub", url=options.url, token=options.token)
    settings = team_settings(data, tmp_path, hosted=hosted, trusted_proxies=(f"{PROXY}/32", "127.0.0.1/32"))
    async with team_hub(settings) as team, listening(team) as port:
        await team.join("ada")
        ada = team.people["ada"]
        runtime = await started(team, port)
        assert await runtime.run("print(6 * 7)") == "42\n"
        assert await entries(team) == [("runtime_start", "")]  # it runs, however often one looks

        # Whoever runs JupyterHub ends it there, as its idle culler would.
        server = f"{options.url}hub/api/users/runhere-{team.ids['ada']}/servers/{options.server_name}"
        async with httpx.AsyncClient(headers={"Authorization": f"token {options.token}"}, trust_env=False) as admin:
            assert (await admin.request("DELETE", server, timeout=30)).status_code in (202, 204)
        async with asyncio.timeout(WITHIN_S):
            while len(told := await entries(team)) == 1:  # noqa: ASYNC110  # a row gives no event
                await asyncio.sleep(0.1)
        assert told == [("runtime_stop", "gone"), ("runtime_start", "")]
        assert (await ada.get(HERE)).json()["state"] == "absent"
        refused = await runtime.page.get(runtime.at("api/kernels"))
        assert (refused.status_code, refused.json()["code"]) == (409, "runtime_not_ready")
        with pytest.raises(InvalidStatus) as no:
            await runtime.run_on("0a", "print(6 * 7)")
        assert no.value.response.status_code == 409

        assert options.token not in (await ada.get("/api/v1/account/log")).text
