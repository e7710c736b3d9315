"""Tells the person at the terminal which pages were turned away, so that theirs can be let in.

A line, not a question: any page of the web can make a browser knock here, and whoever is asked often enough says yes.
Each page is told once, and only so many of them.
"""

from __future__ import annotations

from collections.abc import Callable

from runhere_runtime.gate.rules import Facts, Policy, Refuse, Verdict, normalise_origin

MOST = 8
NOBODYS = ".invalid"
"""No site can have a name that ends so (RFC 2606): it is the doctor's, who tries whether strangers get in."""


class RefusedPages:
    """What was told already."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._told: set[str] = set()

    def note(self, facts: Facts, policy: Policy, verdict: Verdict) -> None:
        """Tell of a page that was refused because it is not listed."""
        if not isinstance(verdict, Refuse) or verdict.status != 403 or len(facts.origins) != 1:
            return
        origin = normalise_origin(facts.origins[0])
        if origin is None or origin in policy.origins or origin in self._told or len(self._told) >= MOST:
            return
        if origin.endswith(NOBODYS):
            return
        self._told.add(origin)
        self._say(
            f"A page at {origin} asked to connect and was refused. If it is yours: runhere-runtime allow {origin}"
        )
        if len(self._told) == MOST:
            self._say("Further pages will be refused without a word here.")
