"""How often something may fail before further tries have to wait."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Throttle:
    """Failures of the last while.

    Attributes:
        most: So many failures within the window are borne.
        window_ms: Length of the window.
        failures: Times of failures, milliseconds, the oldest first.
    """

    most: int
    window_ms: int
    failures: tuple[int, ...] = ()

    def wait_ms(self, now: int) -> int:
        """How long until the next try counts; 0: at once."""
        recent = self._recent(now)
        return 0 if len(recent) < self.most else recent[-self.most] + self.window_ms - now

    def failed(self, now: int) -> "Throttle":
        """The state after one more failure."""
        return Throttle(self.most, self.window_ms, (*self._recent(now), now)[-self.most :])

    def forgiven(self, at: int) -> "Throttle":
        """The state without one failure of that time: it was none."""
        index = self.failures.index(at) if at in self.failures else len(self.failures)
        return Throttle(self.most, self.window_ms, self.failures[:index] + self.failures[index + 1 :])

    def _recent(self, now: int) -> tuple[int, ...]:
        # One from the future: the clock was set back, and nobody is to wait for that.
        return tuple(at for at in self.failures if 0 <= now - at < self.window_ms)
