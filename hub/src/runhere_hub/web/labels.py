"""Who may call what: every route and socket carries a label, and what has none does not exist.

route module ── Routes.get(path, who=…) ──▶ Route ──▶ the gate (web/gate.py) lets through only what it finds here
└────▶ app.py hands the same Route to FastAPI, and refuses to start
when FastAPI holds a route that is not in this table
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from re import Pattern
from typing import TypeVar

from starlette.routing import compile_path

KIB = 1024
MIB = 1024 * KIB
JSON_LIMIT_BYTES = 256 * KIB
UPLOAD_LIMIT_BYTES = 50 * MIB

Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


class Who(Enum):
    """Who may call a route."""

    ANYONE = "anyone"
    PERSON = "person"
    ADMIN = "admin"
    COMMAND_LINE = "command_line"
    IDENTITY_PROVIDER = "identity_provider"
    """A server that shows its own word, signed; no browser, and no cookie counts."""
    RUNTIME_PASS = "runtime_pass"
    """Whoever shows a pass to the hosted runtime of the path, from the hub's own page; no cookie counts."""


@dataclass(frozen=True)
class Route:
    """One method on one path.

    Attributes:
        method: `WEBSOCKET` for a socket.
        name: Operation id in the OpenAPI document; None keeps the route out of it.
        max_body_bytes: A longer request body is refused with 413 before the endpoint sees its end.
        takes_bytes: The body is raw bytes, not JSON.
    """

    method: str
    path: str
    endpoint: Callable[..., object]
    who: Who
    name: str | None = None
    tag: str = ""
    status: int = 200
    max_body_bytes: int = JSON_LIMIT_BYTES
    takes_bytes: bool = False
    errors: tuple[int, ...] = ()
    pattern: Pattern[str] = field(init=False, repr=False, compare=False)

    @property
    def takes_input(self) -> bool:
        """True when a request may hold something that cannot be understood: a path or query parameter, or a body."""
        return bool(self.pattern.groups) or 422 in self.errors

    def __post_init__(self) -> None:
        pattern, _, _ = compile_path(self.path)
        object.__setattr__(self, "pattern", pattern)


class Routes:
    """The routes of one module, collected by decorating its functions."""

    def __init__(self, prefix: str = "", *, tag: str) -> None:
        self.prefix = prefix
        self.tag = tag
        self.all: list[Route] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        who: Who,
        status: int = 200,
        max_body_bytes: int = JSON_LIMIT_BYTES,
        takes_bytes: bool = False,
        errors: tuple[int, ...] = (),
        in_schema: bool = True,
    ) -> Callable[[Endpoint], Endpoint]:
        """Decorate an endpoint; `who` has no default on purpose."""

        def register(endpoint: Endpoint) -> Endpoint:
            name = str(getattr(endpoint, "__name__", "")) if in_schema else None
            self.all.append(
                Route(
                    method=method,
                    path=self.prefix + path,
                    endpoint=endpoint,
                    who=who,
                    name=name,
                    tag=self.tag,
                    status=status,
                    max_body_bytes=max_body_bytes,
                    takes_bytes=takes_bytes,
                    errors=errors,
                )
            )
            return endpoint

        return register


@dataclass(frozen=True)
class Table:
    """Every route of the app, in the order in which they are tried."""

    routes: tuple[Route, ...]

    def find(self, method: str, path: str) -> Route | None:
        """The route that answers, or None. HEAD is answered as GET."""
        wanted = "GET" if method == "HEAD" else method
        return next((r for r in self.routes if r.method == wanted and r.pattern.match(path)), None)

    def methods(self, path: str) -> frozenset[str]:
        """Methods that some route has on this path."""
        return frozenset(r.method for r in self.routes if r.pattern.match(path))

    def unlabelled(self, held: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those (method, path) of the framework's own table that carry no label here."""
        known = {(r.method, r.path) for r in self.routes}
        return [(m, p) for m, p in held if ("GET" if m == "HEAD" else m, p) not in known]
