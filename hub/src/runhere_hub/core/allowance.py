"""How much of the hub's work one person may ask for: so much at once, and what comes back with time."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Allowance:
    """What somebody may still ask for, in milliseconds of work.

    Attributes:
        most_ms: So much after a rest.
        per_s_ms: So much comes back in each second.
        left_ms: What there was at `at`; below zero when the last work took longer than was left.
        at: Milliseconds of any clock that does not go back.
    """

    most_ms: float
    per_s_ms: float
    left_ms: float
    at: float

    def now(self, at: float) -> "Allowance":
        """The same at a later time."""
        back = max(0.0, at - self.at) / 1000 * self.per_s_ms
        return replace(self, left_ms=min(self.most_ms, self.left_ms + back), at=at)

    def spent(self, work_ms: float, at: float) -> "Allowance":
        """After some work."""
        present = self.now(at)
        return replace(present, left_ms=present.left_ms - work_ms)

    def wait_ms(self, work_ms: float, at: float) -> float:
        """How long until there is as much as this work takes at least; 0: it is there."""
        return max(0.0, (work_ms - self.now(at).left_ms) / self.per_s_ms * 1000)
