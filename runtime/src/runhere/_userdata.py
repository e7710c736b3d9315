"""Secrets of the person who runs the notebook: they stay in that person's browser and never travel with it."""

from __future__ import annotations

from runhere._page import PageError, ask

_ANSWER_WITHIN_S = 300.0


class SecretNotFound(PageError):
    """The person has no secret of this name, and gave none."""


class SecretRefused(PageError):
    """The person did not let this notebook have it."""


def get(key: str) -> str:
    """The secret of this name. The page asks the person the first time.

    Raises:
        SecretNotFound, SecretRefused: With what to do.
        PageSilent: Nobody answered within five minutes.
    """
    found = ask("GetSecret", {"key": key}, timeout_s=_ANSWER_WITHIN_S)
    if not found.get("exists"):
        raise SecretNotFound(f"There is no secret {key!r} in this browser. Run the cell again and enter it when asked.")
    if not found.get("access"):
        raise SecretRefused(
            f"This notebook may not have the secret {key!r}. Run the cell again and allow it when asked."
        )
    return str(found["payload"])
