"""The output of the running cell."""

from __future__ import annotations

from typing import Any

from runhere._page import ask, tell

EVAL_WITHIN_S = 30.0


def clear(wait: bool = False) -> None:
    """Empty the output of this cell; `wait`: when the next output comes."""
    from IPython.display import clear_output  # here: this package is importable where there is no IPython

    clear_output(wait=wait)  # type: ignore[no-untyped-call]  # IPython's


def eval_js(script: str, *, ignore_result: bool = False, timeout_s: float | None = EVAL_WITHIN_S) -> Any:
    """Run JavaScript in the closed-off frame of this cell's output; a promise is waited for.

    Returns:
        The result, as JSON can carry it. None with `ignore_result`, which does not wait.

    Raises:
        PageError: The script failed (with its words), or no page answered.
    """
    if ignore_result:
        tell("cell_javascript_eval", {"script": script})
        return None
    return ask("cell_javascript_eval", {"script": script}, timeout_s=timeout_s)
