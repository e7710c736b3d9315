"""What the far program says, as a value. Pure.

The other machine may be anybody's by now: what does not have the shape of remote.py's lines is noise like any other
line there, a text stays on one line, and a code is nothing that could change the link which is opened with it.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

MARK = "RUNHERE "
"""Begins every line of the far program: a shell's start-up files may print lines of their own before."""

_CODE = re.compile(r"[A-Za-z0-9_-]{1,128}")
_BASE = re.compile(r"/(?:[A-Za-z0-9._~%!$&'()*+,;=:@-]+/)*")


def read_event(line: bytes) -> dict[str, Any] | None:
    """The event of a line, with just the fields that `remote.py` lists for it; None: the line is none of ours."""
    if not line.startswith(MARK.encode()):
        return None
    try:
        told = json.loads(line[len(MARK) :])
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not isinstance(told.get("event"), str):
        return None
    shape = _SHAPES.get(told["event"])
    if shape is None or not all(name in told and is_such(told[name]) for name, is_such in shape.items()):
        return None
    return {"event": told["event"], **{name: _on_one_line(told[name]) for name in shape}}


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


def _are(is_such: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(is_such, value))


def _is_pair(value: object) -> bool:
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in ("hub", "code")):
        return False
    return _CODE.fullmatch(value["code"]) is not None


def _is_base(value: object) -> bool:
    return isinstance(value, str) and _BASE.fullmatch(value) is not None


def _is_address(value: object) -> bool:
    """One that can be dialled as it stands; what names an interface beside it cannot be handed to ssh."""
    try:
        return isinstance(value, str) and "%" not in value and not ipaddress.ip_address(value).is_unspecified
    except ValueError:
        return False


def _is_listing(value: object) -> bool:
    return value is None or _are(_is_text)(value)


_SHAPES: Mapping[str, Mapping[str, Callable[[object], bool]]] = {
    "hello": {"python": _is_text, "executable": _is_text, "host": _is_text},
    "progress": {"text": _is_text},
    "missing": {"home": _is_text, "will_install": _are(_is_text)},
    "ready": {
        "kind": _is_text,
        "started": _is_truth,
        "tls": _is_truth,
        "base": _is_base,
        "token": _is_text,
        "pairs": _are(_is_pair),
        "root": _is_text,
        "listed": _is_listing,
    },
    "elsewhere": {"address": _is_address},
    "nothing": {"others": _are(_is_number), "taken": _is_truth},
    "no_python": {},
    "gone": {},
    "stopped": {"count": _is_number},
    "failed": {"code": _is_text, "message": _is_text},
}


def _on_one_line(value: Any) -> Any:  # of any shape that passed
    if isinstance(value, list):
        return [_on_one_line(one) for one in value]
    return re.sub(r"\s", " ", value) if isinstance(value, str) else value
