"""Hosted runtimes: the port that a provider implements, and what is said of a runtime. No address leaves the hub.

    absent ──start──▶ starting ──▶ ready ──stop, idle, end──▶ absent
                          └──────▶ failed (`message` says why) ──start──▶ starting

One person has at most one runtime at a provider. Whoever writes a provider runs `testing/contracts/provider.py`.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal, NewType, Protocol

from runhere_hub.core.errors import Conflict, Unavailable
from runhere_hub.core.ids import PersonId

RuntimeId = NewType("RuntimeId", str)
State = Literal["absent", "starting", "ready", "failed"]
Ending = Literal["idle", "died", "hub_stopped", "gone"]
"""Why a runtime ended that nobody had asked to: nothing ran in it, it ended by itself, the hub stops; or it was gone
when the hub looked, because its provider ended it or the hub itself was killed."""


NOT_RUNNING = "Your hosted runtime is not running. Start it, then connect again."


class RuntimeNotReady(Conflict):
    """There is no running runtime to reach; nothing was sent anywhere."""

    code = "runtime_not_ready"


class RuntimeStartFailed(Unavailable):
    """The provider could not start a runtime; the message says why, as far as it told."""

    code = "runtime_start_failed"


class RuntimeSilent(Unavailable):
    """A runtime, or who provides it, does not answer."""

    code = "runtime_silent"


@dataclass(frozen=True)
class Owner:
    """Whose runtime it is.

    Attributes:
        name: For people who administer the provider; identifies nobody.
    """

    person_id: PersonId
    name: str


@dataclass(frozen=True)
class Status:
    """How a runtime is.

    Attributes:
        percent: How far starting is, 0 to 100; None: the provider cannot tell.
        message: What it does now, or why it failed; one sentence, or "".
        stops_at: When it stops because nothing runs, ms since 1970; None: not soon.
    """

    state: State
    percent: int | None = None
    message: str = ""
    stops_at: int | None = None


ABSENT = Status("absent")


@dataclass(frozen=True)
class Activity:
    """What whoever administers the hub is told of a running runtime. None: not known.

    Attributes:
        is_busy: A cell runs.
        used_at: When something last happened in it, ms since 1970.
        memory_bytes: Of all of its processes.
    """

    is_busy: bool | None = None
    used_at: int | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Upstream:
    """Where the hub reaches a runtime. Never given to a browser, never logged.

    Attributes:
        base_url: Scheme, host, port and path, with a final slash.
        token: What the runtime lets the hub in with.
    """

    base_url: str
    token: str

    def __repr__(self) -> str:
        """Without what must not stand in a log."""
        return "Upstream(…)"


class RuntimeProvider(Protocol):
    """Starts and stops runtimes for people. Every method may be called at any time, for anybody, at once."""

    @property
    def name(self) -> str:
        """What people call these runtimes."""
        ...

    async def open(self) -> None:
        """The hub serves from now on."""
        ...

    async def start(self, owner: Owner) -> None:
        """See to it that a runtime starts. Returns at once; `status` follows it. Nothing happens while one runs.

        Raises:
            RuntimeSilent: The provider does not answer.
        """
        ...

    async def stop(self, owner: Owner) -> None:
        """End the runtime and every kernel in it; its files stay. Returns when it is gone. May be called again."""
        ...

    async def status(self, owner: Owner) -> Status:
        """How the runtime is now.

        Raises:
            RuntimeSilent: The provider does not answer.
        """
        ...

    async def upstream(self, owner: Owner) -> Upstream:
        """Where the runtime is.

        Raises:
            RuntimeNotReady: It does not run.
        """
        ...

    async def doubt(self, owner: Owner) -> None:
        """The runtime refused what `upstream` said: let it be found out anew. The refusal may have other reasons."""
        ...

    async def keep(self, owner: Owner) -> None:
        """Somebody uses the runtime: it is not idle from now on for the usual time."""
        ...

    async def activity(self, owner: Owner) -> Activity:
        """What is going on in the runtime. To ask is no use of it: it stays as idle as it was.

        Raises:
            RuntimeSilent: The provider does not answer.
        """
        ...

    async def close(self) -> None:
        """The hub stops. Runtimes that live in the hub's own processes end."""
        ...


def runtime_id(provider: str, person_id: PersonId) -> RuntimeId:
    """Name of a person's runtime in addresses: the same after every start, so that a page finds it again.

    It is no secret and no authority: who may reach the runtime is decided by who asks.
    """
    return RuntimeId(hashlib.sha256(f"runtime\0{provider}\0{person_id}".encode()).hexdigest()[:32])


@dataclass(frozen=True)
class KernelActivity:
    """One kernel as its server tells of it; ms since 1970."""

    is_busy: bool
    last_activity: int


@dataclass(frozen=True)
class IdleRule:
    """When a runtime stops by itself.

    Attributes:
        after_ms: Without a running cell, a cell run, or a person who uses it.
        warn_ms: So long before, people are told.
    """

    after_ms: int
    warn_ms: int

    def stops_at(self, kernels: tuple[KernelActivity, ...], *, used_at: int) -> int | None:
        """When it stops if nothing happens; None: never, while a cell runs."""
        if any(kernel.is_busy for kernel in kernels):
            return None
        return max([used_at, *(kernel.last_activity for kernel in kernels)]) + self.after_ms

    def is_warned(self, stops_at: int, *, now: int) -> bool:
        """True when people are to be told."""
        return now >= stops_at - self.warn_ms
