"""Hosted runtimes on a JupyterHub: its REST API starts a named server for each person, on whatever its spawner knows.

The people of this hub are users `runhere-<person id>` there: never the users whom that JupyterHub signs in itself.
What runs is known to JupyterHub alone, so that any number of hub processes may have this provider. Idle servers are
ended there too, by jupyterhub-idle-culler.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from runhere_hub.core.errors import RunhereError
from runhere_hub.core.ids import PersonId
from runhere_hub.core.runtimes import (
    ABSENT,
    NOT_RUNNING,
    Activity,
    Owner,
    RuntimeNotReady,
    RuntimeSilent,
    RuntimeStartFailed,
    Status,
    Upstream,
)

_ANSWERS_WITHIN_S = 20.0
_STOPS_WITHIN_S = 60.0
_TOKEN_LIFE_S = 12 * 3600
_TOKEN_RENEWED_BEFORE_S = 3600
_TOKEN_DOUBTED_AFTER_S = 60


@dataclass(frozen=True)
class JupyterHubOptions:
    """Settings of the provider.

    Attributes:
        url: Where this hub reaches JupyterHub's proxy, with a final slash.
        token: Of a service of JupyterHub whose role has `admin:users`, `admin:servers`, `access:servers`, `tokens`.
        server_name: Of the named server each person gets.
        user_options: What the spawner is told, a profile say.
    """

    url: str
    token: str = field(repr=False)
    server_name: str = "runhere"
    user_options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _ServerToken:
    token: str
    renew_at: float
    doubt_from: float


class JupyterHubProvider:
    """See the module."""

    name = "jupyterhub"

    def __init__(
        self,
        options: JupyterHubOptions,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._options = options
        self._now_s = now_s
        self._client = httpx.AsyncClient(
            base_url=f"{options.url}hub/api/",
            headers={"Authorization": f"token {options.token}"},
            timeout=_ANSWERS_WITHIN_S,
            trust_env=False,
            transport=transport,
        )
        self._tokens: dict[PersonId, _ServerToken] = {}
        self._progress: dict[PersonId, Status] = {}
        self._starting: dict[PersonId, asyncio.Task[None]] = {}
        self._following: dict[PersonId, asyncio.Task[None]] = {}

    async def open(self) -> None:
        """See `RuntimeProvider`. Each hub process asks JupyterHub for itself."""

    async def start(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        model = await self._model(owner)
        if model is not None and model.get("ready"):
            return
        # Of an earlier server, or of a user who was deleted and comes anew: it is good for nothing any more.
        self._tokens.pop(owner.person_id, None)
        await self._ask("POST", f"users/{_user(owner)}", fine=(201, 409))
        if owner.person_id in self._starting:
            return
        self._progress.pop(owner.person_id, None)
        # JupyterHub answers once the server runs, or after ten seconds: nobody waits for that.
        task = asyncio.create_task(self._begin(owner), name="jupyterhub-start")
        self._starting[owner.person_id] = task
        task.add_done_callback(lambda _: self._starting.pop(owner.person_id, None))

    async def _begin(self, owner: Owner) -> None:
        """Ask for the server; why there is none is kept for `status`."""
        try:
            answer = await self._ask("POST", self._server(owner), json=self._options.user_options, fine=(201, 202, 400))
            model = await self._model(owner) if answer.status_code == 400 else {"ready": True}
        except RunhereError as error:
            self._progress[owner.person_id] = Status("failed", message=error.message)
            return
        if model is None or not (model.get("ready") or model.get("pending")):
            why = f"JupyterHub did not start a server: {_reason(answer)}"
            self._progress[owner.person_id] = Status("failed", message=why)

    async def stop(self, owner: Owner) -> None:
        """See `RuntimeProvider`."""
        starting = self._starting.get(owner.person_id)
        if starting is not None:
            await asyncio.wait({starting})
        self._tokens.pop(owner.person_id, None)
        self._progress.pop(owner.person_id, None)
        until = self._now_s() + _STOPS_WITHIN_S
        while (await self._model(owner)) is not None:
            if self._now_s() > until:
                raise RuntimeSilent("JupyterHub has been asked to stop the server, and it still runs after a minute.")
            # 400: it is stopping, or still starting.
            await self._ask("DELETE", self._server(owner), json={"remove": True}, fine=(202, 204, 400, 404))
            await asyncio.sleep(0.2)

    async def status(self, owner: Owner) -> Status:
        """See `RuntimeProvider`."""
        model = await self._model(owner)
        told = self._progress.get(owner.person_id)
        if model is None or (not model.get("ready") and not model.get("pending")):
            if told is not None and told.state == "failed":
                return told
            return Status("starting") if owner.person_id in self._starting else ABSENT
        if model.get("pending") == "stop":
            return Status("starting", message="The old server stops.")
        if model.get("ready"):
            return Status("ready", percent=100)
        self._follow(owner)
        return told if told is not None and told.state == "starting" else Status("starting")

    async def upstream(self, owner: Owner) -> Upstream:
        """See `RuntimeProvider`."""
        known = self._tokens.get(owner.person_id)
        if known is None or self._now_s() >= known.renew_at:
            model = await self._model(owner)
            if model is None or not model.get("ready"):
                raise RuntimeNotReady(NOT_RUNNING)
            known = await self._new_token(owner)
        parts = urlsplit(self._options.url)
        path = f"{parts.path}user/{_user(owner)}/{self._options.server_name}/"
        return Upstream(base_url=f"{parts.scheme}://{parts.netloc}{path}", token=known.token)

    async def doubt(self, owner: Owner) -> None:
        """Another token with the next request. A runtime may refuse for its own reasons: not more than one a minute."""
        known = self._tokens.get(owner.person_id)
        if known is not None and self._now_s() >= known.doubt_from:
            del self._tokens[owner.person_id]

    async def keep(self, owner: Owner) -> None:
        """JupyterHub sees the traffic itself."""

    async def activity(self, owner: Owner) -> Activity:
        """See `RuntimeProvider`. JupyterHub's own word: to ask the server would count as use of it."""
        model = await self._model(owner)
        try:
            return Activity(used_at=int(datetime.fromisoformat(str((model or {})["last_activity"])).timestamp() * 1000))
        except (KeyError, ValueError):
            return Activity()

    async def close(self) -> None:
        """See `RuntimeProvider`. Servers go on: they are JupyterHub's."""
        following = [*self._starting.values(), *self._following.values()]
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await self._client.aclose()

    def _server(self, owner: Owner) -> str:
        return f"users/{_user(owner)}/servers/{self._options.server_name}"

    async def _model(self, owner: Owner) -> dict[str, Any] | None:
        answer = await self._ask("GET", f"users/{_user(owner)}", fine=(200, 404))
        if answer.status_code == 404:
            return None
        model: dict[str, Any] | None = answer.json().get("servers", {}).get(self._options.server_name)
        return model

    async def _new_token(self, owner: Owner) -> _ServerToken:
        wish = {
            "expires_in": _TOKEN_LIFE_S,
            "note": "Runhere hub",
            "scopes": [f"access:servers!server={_user(owner)}/{self._options.server_name}"],
        }
        answer = await self._ask("POST", f"users/{_user(owner)}/tokens", json=wish, fine=(200, 201))
        now = self._now_s()
        renew_at = now + _TOKEN_LIFE_S - _TOKEN_RENEWED_BEFORE_S
        made = _ServerToken(answer.json()["token"], renew_at, doubt_from=now + _TOKEN_DOUBTED_AFTER_S)
        self._tokens[owner.person_id] = made
        return made

    def _follow(self, owner: Owner) -> None:
        """Hear how far starting is, once for each start."""
        if owner.person_id in self._following:
            return
        task = asyncio.create_task(self._hear(owner), name="jupyterhub-progress")
        self._following[owner.person_id] = task
        task.add_done_callback(lambda _: self._following.pop(owner.person_id, None))

    async def _hear(self, owner: Owner) -> None:
        """The events of JupyterHub's progress; they end with the start. A broken line leaves what was told."""
        try:
            async with self._client.stream("GET", f"{self._server(owner)}/progress", timeout=None) as answer:
                async for line in answer.aiter_lines():
                    if line.startswith("data:"):
                        self._progress[owner.person_id] = _told(line[5:])
        except httpx.HTTPError:
            return

    async def _ask(
        self, method: str, path: str, *, json: object = None, fine: tuple[int, ...] = (200,)
    ) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, json=json)
        except httpx.HTTPError as error:
            raise RuntimeSilent("JupyterHub does not answer. Ask whoever runs this hub.") from error
        if answer.status_code in fine:
            return answer
        if answer.status_code in (401, 403):
            raise RuntimeStartFailed("JupyterHub refuses this hub's token. Ask whoever runs this hub.")
        raise RuntimeStartFailed(f"JupyterHub answered {answer.status_code}: {_reason(answer)}")


def _user(owner: Owner) -> str:
    return f"runhere-{owner.person_id}"


def _told(data: str) -> Status:
    """One event of a starting server."""
    try:
        event = json.loads(data)
    except ValueError:
        return Status("starting")
    message = str(event.get("message", ""))[:300]
    if event.get("failed"):
        return Status("failed", message=f"JupyterHub says: {message}")
    percent = event.get("progress")
    return Status("starting", percent=int(percent) if isinstance(percent, int) else None, message=message)


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("message", ""))[:300] or "no reason given"
    except (ValueError, AttributeError):
        return "no reason given"
