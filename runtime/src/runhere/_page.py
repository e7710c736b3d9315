"""Asks the page that runs this cell, and waits for its answer. Everything else of this package stands on `ask`.

The wire is the one that Colab's notebooks know: a `colab_request` on iopub, answered by an `input_reply` on stdin. So
it works
with any page that knows it, and with plain ipykernel.

    kernel -> page   iopub  colab_request  metadata {colab_request_type, colab_msg_id}, content {request}
    page -> kernel   stdin  input_reply    content {value: {type: "colab_reply", colab_msg_id, data | error}}
"""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from typing import Any

_POLL_MS = 25
_numbers = itertools.count(secrets.randbelow(2**30) * 2**20)
_turn = threading.Lock()


class PageError(RuntimeError):
    """The page could not do what was asked: it refused, does not know it, or nobody answered. Nothing was changed."""


class PageSilent(PageError, TimeoutError):
    """No page answered in time: none is open, or it is not the one that ran this cell."""


def ask(kind: str, request: object, *, timeout_s: float | None = 5.0) -> Any:
    """The page's answer.

    Args:
        kind: What is asked, such as `get_ipynb`.
        timeout_s: How long to wait; None waits until there is an answer or the cell is interrupted.

    Raises:
        PageSilent: Nobody answered.
        PageError: The page refused or failed, in its own words; or this is no cell of a notebook.
    """
    kernel = _kernel()
    with _turn:
        number = next(_numbers)
        _tell(kernel, kind, request, number)
        return _wait(kernel, kind, number, timeout_s)


def tell(kind: str, request: object) -> None:
    """The same without an answer.

    Raises:
        PageError: This is no cell of a notebook.
    """
    _tell(_kernel(), kind, request, None)


def _kernel() -> Any:
    from IPython import get_ipython  # here: this package is importable where there is no IPython

    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        raise PageError("This works in a cell of a notebook only: there is no page to ask.")
    return kernel


def _tell(kernel: Any, kind: str, request: object, number: int | None) -> None:
    metadata: dict[str, object] = {"colab_request_type": kind}
    if number is not None:
        metadata["colab_msg_id"] = number
    parent = kernel.get_parent("shell")
    kernel.session.send(kernel.iopub_socket, "colab_request", {"request": request}, parent=parent, metadata=metadata)


def _wait(kernel: Any, kind: str, number: int, timeout_s: float | None) -> Any:
    limit = None if timeout_s is None else time.monotonic() + timeout_s
    while limit is None or time.monotonic() < limit:
        if not kernel.stdin_socket.poll(_POLL_MS):
            continue
        _, message = kernel.session.recv(kernel.stdin_socket)
        value = (message or {}).get("content", {}).get("value")
        if not isinstance(value, dict) or value.get("type") != "colab_reply" or value.get("colab_msg_id") != number:
            continue  # an answer that came too late for an earlier question
        if value.get("error") is not None:
            raise PageError(str(value["error"]))
        return value.get("data")
    raise PageSilent(
        f"No page answered {kind!r} within {timeout_s:g} s. Open this notebook in Runhere, and run the cell there."
    )
