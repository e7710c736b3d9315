"""What people cost: work that takes long is measured, and whoever asks for too much of it lets others go first.

By person and by hub process. What counts is the time that a request worked, not how many there were: a person who types
into the search field of a small hub is never stopped, somebody who has everything searched without end soon is.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from weakref import WeakValueDictionary

from runhere_hub.core.allowance import Allowance
from runhere_hub.core.errors import TooCostly
from runhere_hub.core.ids import PersonId

_MOST_PEOPLE = 10_000
PLACE_WITHIN_S = 10.0


@dataclass(frozen=True)
class CostRule:
    """What one person may ask for, in milliseconds of work.

    Attributes:
        at_once: Requests that may work at the same time; further ones wait a little.
        least_ms: What a request costs however short it was. Taken when it begins, so that many at once are seen.
    """

    most_ms: float = 30_000
    per_s_ms: float = 500
    at_once: int = 2
    least_ms: float = 50


STARTS = CostRule(most_ms=10_000, per_s_ms=25, at_once=1, least_ms=1_000)
"""Of hosted runtimes: ten, then one each 40 s. What a start costs is done elsewhere: each counts as a second."""


def _monotonic_ms() -> float:
    return time.monotonic() * 1000


class Costs:
    """The account of one kind of work.

    Args:
        rule: None: nobody is stopped, because there is nobody else.
    """

    def __init__(self, rule: CostRule | None = None, *, clock_ms: Callable[[], float] = _monotonic_ms) -> None:
        self._rule = rule
        self._clock_ms = clock_ms
        self._left: OrderedDict[PersonId, Allowance] = OrderedDict()
        self._places: WeakValueDictionary[PersonId, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def working(self, person_id: PersonId) -> AsyncIterator[None]:
        """Around the work of a request.

        Raises:
            TooCostly: The work is not to begin.
        """
        rule = self._rule
        if rule is None:
            yield
            return
        wait_ms = self._of(person_id, rule).wait_ms(rule.least_ms, self._clock_ms())
        if wait_ms > 0:
            raise _too_costly(math.ceil(wait_ms / 1000))
        self._spend(person_id, rule, rule.least_ms)
        places = self._places.setdefault(person_id, asyncio.Semaphore(rule.at_once))
        try:
            await asyncio.wait_for(places.acquire(), PLACE_WITHIN_S)
        except TimeoutError as error:
            raise _too_costly(math.ceil(PLACE_WITHIN_S)) from error
        began = self._clock_ms()
        try:
            yield
        finally:
            places.release()
            self._spend(person_id, rule, max(0.0, self._clock_ms() - began - rule.least_ms))

    def _of(self, person_id: PersonId, rule: CostRule) -> Allowance:
        full = Allowance(rule.most_ms, rule.per_s_ms, left_ms=rule.most_ms, at=self._clock_ms())
        return self._left.get(person_id, full)

    def _spend(self, person_id: PersonId, rule: CostRule, work_ms: float) -> None:
        self._left[person_id] = self._of(person_id, rule).spent(work_ms, self._clock_ms())
        self._left.move_to_end(person_id)
        if len(self._left) > _MOST_PEOPLE:
            self._left.popitem(last=False)


def _too_costly(wait_s: int) -> TooCostly:
    return TooCostly(
        f"You have asked the hub for so much work that others go first now. Wait {wait_s} s, then try again.",
        retry_after_s=wait_s,
    )
