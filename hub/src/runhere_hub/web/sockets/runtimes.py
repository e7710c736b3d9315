"""WebSockets to hosted runtimes through the hub: kernels' channels and terminals, for the page that shows a pass."""

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect

from runhere_hub.core.errors import NotFound, RunhereError, SignedOut
from runhere_hub.core.runtimes import RuntimeSilent
from runhere_hub.proxy import headers, paths
from runhere_hub.proxy.websocket import End, Message, SocketRefused, carry, opened
from runhere_hub.services import runtimes
from runhere_hub.web import auth, errors
from runhere_hub.web.deps import HostedServices, entered, hosted, require_own_origin
from runhere_hub.web.routes.runtimes import below

_LONGEST_REASON_BYTES = 120


async def runtime_endpoint(websocket: WebSocket) -> None:
    """`/rt/{runtime_id}/…`: the gate has looked at origin and pass."""
    try:
        require_own_origin(websocket)
        services = hosted(websocket)
        path = paths.socket_path(below(websocket.scope))
        query = paths.query(websocket.scope["query_string"])
        if query is None:
            raise SignedOut("A secret does not belong into an address. Connect again.")
        if path is None:
            raise NotFound("Hosted runtimes offer sockets of kernels and terminals, and nothing else.")
        who = entered(websocket)
        upstream = await runtimes.upstream(services.runtimes, who)
    except RunhereError as error:
        await websocket.send_denial_response(errors.answer(error))
        return
    offered = headers.subprotocols(websocket.scope["subprotocols"], pass_prefix=auth.PASS_SUBPROTOCOL)
    try:
        async with opened(upstream, path, query, offered) as runtime:
            chosen = runtime.subprotocol
            if chosen is None and headers.HUB_SUBPROTOCOL in websocket.scope["subprotocols"]:
                await websocket.accept(subprotocol=headers.HUB_SUBPROTOCOL)
            else:
                await websocket.accept(subprotocol=chosen)
            end = await carry(_Page(websocket), runtime, may_stay=_MayStay(services, websocket))
    except RuntimeSilent as error:
        told = await runtimes.told_of(services.runtimes, who, error)
        refusal = errors.answer(told)
        if isinstance(told, SocketRefused):  # as the runtime would have refused the page itself
            status = told.details["status"]
            refusal.status_code = status if isinstance(status, int) and 400 <= status < 600 else 502
            await runtimes.doubt(services.runtimes, who, refusal.status_code)
        await websocket.send_denial_response(refusal)
        return
    except (WebSocketDisconnect, RuntimeError):
        return  # the page went while something was on its way to it
    if end.code is not None:
        await _close(websocket, end)


async def _close(websocket: WebSocket, end: End) -> None:
    reason = end.reason.encode()[:_LONGEST_REASON_BYTES].decode(errors="ignore")
    try:
        await asyncio.wait_for(websocket.close(end.code or 1000, reason), 5)
    except (WebSocketDisconnect, RuntimeError, TimeoutError):
        return


class _MayStay:
    """Whether the pass still lets its page in."""

    def __init__(self, services: HostedServices, websocket: WebSocket) -> None:
        self._runtimes = services.runtimes
        self._entered = entered(websocket)
        self._token = auth.runtime_pass(websocket.headers) or ""

    async def __call__(self) -> End | None:
        try:
            await runtimes.enter(self._runtimes, self._entered.runtime_id, self._token)
        except SignedOut as error:
            return End(errors.close_code_of(error), error.message)
        except RunhereError:
            return None  # the database is busy: nobody is cut for that, and it is asked again
        return None


class _Page:
    """The page's end of the line."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def receive(self) -> Message | None:
        """See `PageSocket`."""
        event = await self._websocket.receive()
        if event["type"] == "websocket.disconnect":
            return None
        data: bytes | None = event.get("bytes")
        text: str | None = event.get("text")
        return data if data is not None else text

    async def send(self, message: Message) -> None:
        """See `PageSocket`."""
        if isinstance(message, bytes):
            await self._websocket.send_bytes(message)
        else:
            await self._websocket.send_text(message)
