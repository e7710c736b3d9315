"""The one gate of the hub: everything passes here before any other code of ours sees it.

    Host ─▶ label of (method, path) ─▶ origin and form rules ─▶ who is calling ─▶ body limit ─▶ the app
     421            404, 405                    403                  401             413

Deny by default: what has no label does not exist, for anybody. The gate also puts the security headers on every answer,
refusals included. Sockets pass the same way and are refused before the upgrade. A request to a runtime's own host
(web/runtime_hosts.py) is one below that runtime from here on.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runhere_hub.core.audit import From
from runhere_hub.core.errors import CrossSite, Forbidden, NotFound, RunhereError, SignedOut
from runhere_hub.core.identity import Person
from runhere_hub.web import auth, csrf, errors, headers, limits, runtime_hosts
from runhere_hub.web.address import Address
from runhere_hub.web.deps import CAME_KEY, ENTERED_KEY, ORIGIN_KEY, PERSON_KEY
from runhere_hub.web.labels import Route, Table, Who
from runhere_hub.web.runtime_hosts import RUNTIME_KEY, RuntimeHosts

log = logging.getLogger("runhere.access")

SIGNED_OUT = "You are signed out. Run `runhere login` in a terminal and open the link that it prints."
SIGNED_OUT_OF_TEAM = "You are signed out. Sign in again."
_CROSS_SITE = "This request did not come from the hub's own page."


@dataclass(frozen=True)
class Guard:
    """What the gate decides with.

    Attributes:
        person_of: Person of a session token, or None.
        cookie_name: Of the session cookie.
        control_token: The command line's; kept in the data folder, mode 0600.
        address: How the hub is reached.
        person_of_api_token: Person of a program's token, or None.
        is_admin: Whether somebody may administer the hub.
        entered: Who comes to a hosted runtime with a pass; raises SignedOut.
        signed_out: What is told to whoever is not signed in.
        output_network: Whether frames of outputs may load from https addresses.
        runtime_hosts: Where hosted runtimes have origins of their own; None: they are below the hub's.
    """

    table: Table
    person_of: auth.PersonOf
    cookie_name: str
    control_token: str
    address: Address = Address()  # noqa: RUF009  # frozen
    person_of_api_token: auth.PersonOf = auth.nobody
    is_admin: Callable[[Person], Awaitable[bool]] = auth.not_at_all
    entered: Callable[[str, str], Awaitable[object]] = auth.never_entered
    signed_out: str = SIGNED_OUT
    output_network: bool = False
    runtime_hosts: RuntimeHosts | None = None


class Gate:
    """ASGI application around the application."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope)
        scope = self._below_a_runtime(scope, given)
        found = self._find(scope)
        address = self._guard.address
        is_own_machine = found is not None and (found.who is Who.COMMAND_LINE or found.path == "/healthz")
        origin = address.origin_of(scope, given, is_own_machine=is_own_machine, is_runtime=RUNTIME_KEY in scope)
        if origin is None:
            await _refuse(scope, receive, send, Response(status_code=421))
            return
        scope[ORIGIN_KEY] = origin
        scope[CAME_KEY] = From(address.came_from(scope, given), given.get("user-agent"))
        guarded = _with_headers(scope, send, self._headers(scope, given, origin))
        if RUNTIME_KEY in scope and scope.get("method") == "OPTIONS":
            await _refuse(scope, receive, guarded, _preflight(given, origin))
            return
        try:
            route = self._labelled(found)
            await self._check(route, scope, given, origin)
        except RunhereError as error:
            await _refuse(scope, receive, guarded, errors.answer(error))
            return
        if scope["type"] == "http":
            receive = limits.bounded(limits.paced(receive, limits.SLOWEST), route.max_body_bytes)
        if scope.get("method") == "HEAD":
            scope, guarded = {**scope, "method": "GET"}, _without_body(guarded)
        await self._app(scope, receive, guarded)

    def _below_a_runtime(self, scope: Scope, given: Headers) -> Scope:
        hosts = self._guard.runtime_hosts
        runtime = None if hosts is None else hosts.runtime_of(given.getlist("host"))
        return scope if runtime is None else runtime_hosts.below(scope, runtime)

    def _headers(self, scope: Scope, given: Headers, origin: str) -> Mapping[str, str]:
        if RUNTIME_KEY in scope:
            return headers.at_runtime(scope["path"], origin, asked_by=given.get("origin"))
        hosts = self._guard.runtime_hosts
        return headers.for_path(
            scope["path"],
            origin,
            output_network=self._guard.output_network,
            runtimes=None if hosts is None else hosts.any_origin,
        )

    def _find(self, scope: Scope) -> Route | None:
        if self._guard.runtime_hosts is not None and RUNTIME_KEY not in scope and scope["path"].startswith("/rt/"):
            return None
        return self._guard.table.find(scope.get("method", "WEBSOCKET"), scope["path"])

    def _labelled(self, route: Route | None) -> Route:
        if route is None:
            raise NotFound("There is nothing at this address.")
        return route

    async def _check(self, route: Route, scope: Scope, given: Headers, origin: str) -> None:
        """Return when the caller may call this route, and note who it is.

        Raises:
            CrossSite, SignedOut, TooLarge: The app was not called.
        """
        if route.who is Who.COMMAND_LINE:
            self._check_command_line(given)
        elif route.who is Who.IDENTITY_PROVIDER:
            if csrf.is_from_a_page(given):
                raise CrossSite("Only an identity provider may say this.")
        elif route.who is Who.RUNTIME_PASS:
            await self._check_pass(route, scope, given, origin)
        elif not _is_own(scope, given, origin) and not self._is_program(scope, given):
            raise CrossSite(_CROSS_SITE)
        if route.who in (Who.PERSON, Who.ADMIN):
            await self._check_person(scope, given)
        if route.who is Who.ADMIN and not await self._guard.is_admin(scope[PERSON_KEY]):
            raise Forbidden("Only administrators of this hub may do this.")
        length = limits.announced_bytes(given.get("content-length"))
        if length is not None and not 0 <= length <= route.max_body_bytes:
            raise limits.too_large(route.max_body_bytes)

    def _check_command_line(self, given: Headers) -> None:
        if csrf.is_from_a_browser(given):
            raise CrossSite("Only the command line may ask this.")
        if not auth.is_command_line(given, self._guard.control_token):
            raise SignedOut("The token of the command line is wrong. Is this the data folder of the running hub?")

    async def _check_pass(self, route: Route, scope: Scope, given: Headers, origin: str) -> None:
        """Of a hosted runtime: the hub's page alone, with the pass of this very runtime."""
        if RUNTIME_KEY in scope or scope["type"] == "websocket":
            is_own = _is_own(scope, given, origin)
        else:
            is_own = csrf.is_own_proxied(given, own_origin=origin, method=scope["method"])
        if not is_own:
            raise CrossSite(_CROSS_SITE)
        found = route.pattern.match(scope["path"])
        token = auth.runtime_pass(given)
        if found is None or token is None:
            raise SignedOut("A pass to this runtime is needed. Connect again.")
        scope[ENTERED_KEY] = await self._guard.entered(found["runtime_id"], token)

    def _is_program(self, scope: Scope, given: Headers) -> bool:
        """True for a request that no page can have caused: it bears a token, and nothing that browsers add."""
        return scope["type"] == "http" and auth.api_token(given) is not None and not csrf.is_from_a_browser(given)

    async def _check_person(self, scope: Scope, given: Headers) -> None:
        guard = self._guard
        if self._is_program(scope, given):
            # A program is nobody's browser: a cookie beside the token counts for nothing.
            person = await guard.person_of_api_token(auth.api_token(given) or "")
        else:
            token = auth.session_token(given, guard.cookie_name)
            person = await guard.person_of(token) if token else None
        if person is None:
            raise SignedOut(guard.signed_out)
        scope[PERSON_KEY] = person


def _preflight(given: Headers, origin: str) -> Response:
    is_asked = given.get("origin") == origin and "access-control-request-method" in given
    return Response(status_code=204, headers=headers.PREFLIGHT) if is_asked else Response(status_code=403)


def _is_own(scope: Scope, given: Headers, origin: str) -> bool:
    if RUNTIME_KEY in scope:
        return csrf.is_own_page(given, own_origin=origin)
    if scope["type"] == "websocket":
        return csrf.is_own_socket(given, own_origin=origin)
    if scope["method"] not in csrf.SAFE:
        return csrf.is_own_write(given, own_origin=origin)
    # The page and its assets may be opened from anywhere (a link in a mail); data may not.
    return not scope["path"].startswith("/api/") or csrf.is_own_read(given, own_origin=origin)


def _with_headers(scope: Scope, send: Send, extra: Mapping[str, str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            answered = MutableHeaders(scope=message)
            for name, value in extra.items():
                answered.setdefault(name, value)
            # Never the query: names of files stand there; and below a runtime they stand in the path.
            path = "/rt/…" if scope["path"].startswith("/rt/") else scope["path"]
            log.info("%s %s %s", scope.get("method", "WEBSOCKET"), path, message["status"])
        await send(message)

    return sending


def _without_body(send: Send) -> Send:
    """HEAD is GET without the body; the framework's routes would each have to say so."""

    async def sending(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return sending


async def _refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 4400})
        return
    await response(scope, receive, send)
