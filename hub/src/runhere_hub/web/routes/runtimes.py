"""A person's hosted runtime: how it is, start, stop, a ticket to it; and HTTP to it, through the hub.

`/rt/{runtime_id}/…` is Jupyter's API and the companion's, for the page that shows a pass. Nothing there is a document:
every answer is forced to be data.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from runhere_hub.core.errors import NotFound, SignedOut
from runhere_hub.core.identity import Person
from runhere_hub.core.runtimes import RuntimeSilent, Status
from runhere_hub.proxy import headers, paths
from runhere_hub.proxy.http import Answered, Asked
from runhere_hub.proxy.pace import RuntimeTrickles
from runhere_hub.services import runtimes
from runhere_hub.services.runtimes import Runtimes
from runhere_hub.web import auth, models
from runhere_hub.web.deps import CameDep, HostedDep, PersonDep, RuntimeIdPath, ServicesDep, entered
from runhere_hub.web.labels import MIB, Routes, Who

_log = logging.getLogger(__name__)

MOST_BODY_BYTES = 64 * MIB
STALLED_S = 120.0

routes = Routes(tag="runtimes")


@routes.add("GET", "/api/v1/runtimes/hosted", who=Who.PERSON, errors=(404, 503))
async def get_hosted_runtime(person: PersonDep, hosted: HostedDep) -> models.HostedRuntime:
    return _answer(hosted.runtimes, person, await runtimes.status(hosted.runtimes, person))


@routes.add("POST", "/api/v1/runtimes/hosted/start", who=Who.PERSON, errors=(404, 429, 503))
async def start_hosted_runtime(person: PersonDep, hosted: HostedDep, came: CameDep) -> models.HostedRuntime:
    return _answer(hosted.runtimes, person, await runtimes.start(hosted.runtimes, person, came))


@routes.add("POST", "/api/v1/runtimes/hosted/stop", who=Who.PERSON, errors=(404, 503))
async def stop_hosted_runtime(person: PersonDep, hosted: HostedDep, came: CameDep) -> models.HostedRuntime:
    return _answer(hosted.runtimes, person, await runtimes.stop(hosted.runtimes, person, came))


@routes.add("POST", "/api/v1/runtimes/hosted/keep", who=Who.PERSON, errors=(404, 503))
async def keep_hosted_runtime(person: PersonDep, hosted: HostedDep) -> models.HostedRuntime:
    return _answer(hosted.runtimes, person, await runtimes.keep(hosted.runtimes, person))


@routes.add("POST", "/api/v1/runtimes/{runtime_id}/tickets", who=Who.PERSON, status=201, errors=(404,))
async def new_runtime_ticket(
    runtime_id: RuntimeIdPath, request: Request, person: PersonDep, hosted: HostedDep, services: ServicesDep
) -> models.RuntimeTicket:
    runtimes.require_own(hosted.runtimes, person, runtime_id)
    # A program's token is no session: what hangs on a session needs one.
    session_token = auth.session_token(request.headers, services.cookie_name)
    if session_token is None:
        raise SignedOut("Only a signed-in page may ask for a ticket.")
    ticket = await runtimes.new_ticket(hosted.runtimes, person, session_token=session_token)
    return models.RuntimeTicket(ticket=ticket, runtime_id=runtime_id)


@routes.add("POST", "/rt/{runtime_id}/pass", who=Who.ANYONE, status=201, errors=(401, 403, 404, 422), in_schema=False)
async def use_runtime_ticket(
    runtime_id: RuntimeIdPath, body: models.UseTicket, hosted: HostedDep
) -> models.RuntimePass:
    return models.RuntimePass(token=await runtimes.use_ticket(hosted.runtimes, runtime_id, body.ticket))


def _answer(of: Runtimes, person: Person, status: Status) -> models.HostedRuntime:
    return models.HostedRuntime(
        id=runtimes.id_of(of, person),
        provider=of.provider.name,
        state=status.state,
        percent=status.percent,
        message=status.message,
        stops_at=status.stops_at,
    )


async def proxied(request: Request, hosted: HostedDep) -> Response:
    """One request to the runtime of the path."""
    who = entered(request)
    path = paths.http_path(below(request.scope))
    query = paths.query(request.scope["query_string"])
    if query is None:
        raise SignedOut("A secret does not belong into an address. Connect again.")
    if path is None:
        raise NotFound("Hosted runtimes offer Jupyter's API here, and nothing else.")
    upstream = await runtimes.upstream(hosted.runtimes, who)
    if request.method not in ("GET", "HEAD"):
        await hosted.runtimes.provider.keep(who.owner)
    asked = Asked(request.method, path, query, request.headers.items(), await request.body())
    stack = AsyncExitStack()
    try:
        answered = await stack.enter_async_context(hosted.http.ask(upstream, asked))
    except RuntimeSilent as error:
        raise await runtimes.told_of(hosted.runtimes, who, error) from error
    await runtimes.doubt(hosted.runtimes, who, answered.status)
    return Moving(
        _body(stack, answered),
        status_code=answered.status,
        headers=headers.to_page(answered.headers, is_file=paths.is_file(path)),
    )


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    routes.add(
        _method, "/rt/{runtime_id}/{path:path}", who=Who.RUNTIME_PASS, max_body_bytes=MOST_BODY_BYTES, in_schema=False
    )(proxied)


class Moving(StreamingResponse):
    """An answer that ends, and its connection with it, when the page takes nothing of it for long: it holds a place."""

    def __init__(self, body: AsyncGenerator[bytes], **options: Any) -> None:
        super().__init__(body, **options)
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def moving(message: Message) -> None:
            try:
                async with asyncio.timeout(STALLED_S):
                    await send(message)
            except TimeoutError:
                raise _Stalled from None  # no OSError, which would count as the page's own going

        try:
            await super().__call__(scope, receive, moving)
        except _Stalled:
            _log.info("an answer of a hosted runtime was given up: the page took nothing of it for %d s", STALLED_S)
        except RuntimeTrickles:  # the page has its beginning, and sees that the line breaks
            _log.info("an answer of a hosted runtime was given up: next to nothing came of it")
        finally:
            await self._body.aclose()


class _Stalled(Exception):  # never leaves this file
    """Nothing went to the page for too long."""


async def _body(stack: AsyncExitStack, answered: Answered) -> AsyncGenerator[bytes]:
    async with stack:
        async for piece in answered.body:
            yield piece


def below(scope: Scope) -> bytes:
    """The path below the runtime, as it came on the wire."""
    raw: bytes = scope["raw_path"]
    return raw.split(b"/", 3)[3]
