"""The output of the running cell."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from runhere._page import ask, tell

EVAL_WITHIN_S = 120.0
_ANSWER_TAKES_S = 5.0

_registered: dict[str, Callable[..., Any]] = {}


def clear(wait: bool = False) -> None:
    """Empty the output of this cell; `wait`: when the next output comes."""
    from IPython.display import clear_output  # here: this package is importable where there is no IPython

    clear_output(wait=wait)  # type: ignore[no-untyped-call]  # IPython's


def eval_js(script: str, ignore_result: bool = False, timeout_sec: float | None = None) -> Any:
    """Run JavaScript in the closed-off frame of this cell's output; a promise is waited for.

    What scripts of the cell's last active output defined is there. A cell without one gets a frame that nobody sees.

    Args:
        timeout_sec: How long to wait; two minutes unless said, ten at most.

    Returns:
        The result, as JSON can carry it. None with `ignore_result`, which does not wait.

    Raises:
        PageError: The script failed (with its words), took too long, or no page answered.
    """
    limit_s = EVAL_WITHIN_S if timeout_sec is None else timeout_sec
    request = {"script": script, "timeout_s": math.ceil(limit_s)}
    if ignore_result:
        tell("cell_javascript_eval", request)
        return None
    return ask("cell_javascript_eval", request, timeout_s=limit_s + _ANSWER_TAKES_S)


def register_callback(function_name: str, callback: Callable[..., Any]) -> None:
    """Let JavaScript in outputs of your runs call a function.

    In the output: `await google.colab.kernel.invokeFunction(name, [args], {kwargs})` gives `{data}`, a MIME bundle of
    what the function returned. It runs when the kernel is done with the cell that it works on.
    """
    _registered[function_name] = callback


def invoke_registered(call: str) -> Any:
    """Call a registered function, for the page. `call` is JSON: `{"name", "args", "kwargs"}`."""
    wish = json.loads(call)
    callback = _registered.get(wish["name"])
    if callback is None:
        raise LookupError(f"No function is registered as {wish['name']!r}. Register it by output.register_callback.")
    return callback(*wish["args"], **wish["kwargs"])
