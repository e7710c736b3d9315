"""Failed tries counted by key (an account, an address), bounded in memory."""

from collections import OrderedDict

from runhere_hub.core.errors import TooMany
from runhere_hub.core.throttle import Throttle

_MOST_KEYS = 10_000


class Throttles:
    """One throttle for each key; the longest unused is forgotten first."""

    def __init__(self, *, most: int, window_ms: int) -> None:
        self._fresh = Throttle(most=most, window_ms=window_ms)
        self._by_key: OrderedDict[str, Throttle] = OrderedDict()

    def check(self, key: str, now: int) -> None:
        """Return when another try counts.

        Raises:
            TooMany: It would not.
        """
        wait_ms = self._by_key.get(key, self._fresh).wait_ms(now)
        if wait_ms > 0:
            wait_s = -(-wait_ms // 1000)
            raise TooMany(f"Too many tries. Wait {wait_s} s, then try again.", retry_after_s=wait_s)

    def forgive(self, key: str, at: int) -> None:
        """One that was counted at that time was no failure."""
        if key in self._by_key:
            self._by_key[key] = self._by_key[key].forgiven(at)

    def count(self, key: str, now: int) -> None:
        """Count one more."""
        self._by_key[key] = self._by_key.get(key, self._fresh).failed(now)
        self._by_key.move_to_end(key)
        if len(self._by_key) > _MOST_KEYS:
            self._by_key.popitem(last=False)
