"""Keep slow modules that we never use out of the start.

`jsonschema` imports `rfc3987_syntax` to check the format "iri", which builds a parser for 0.8 s and 16 MB; no schema
of Jupyter's uses that format. A stand-in takes its place while `jsonschema` is imported; whoever calls it gets the
real one.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_SLOW = "rfc3987_syntax"


def _check_for_real(rule: str, value: str) -> bool:
    return bool(importlib.import_module(_SLOW).is_valid_syntax(rule, value))


@contextmanager
def without_slow_imports() -> Iterator[None]:
    """Importing `jsonschema` inside this block is quick. Afterwards the real module can be imported as ever."""
    if _SLOW in sys.modules or "jsonschema" in sys.modules:
        yield
        return
    stand_in = ModuleType(_SLOW)
    stand_in.is_valid_syntax = _check_for_real  # type: ignore[attr-defined]  # a module made by hand
    sys.modules[_SLOW] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(_SLOW) is stand_in:
            del sys.modules[_SLOW]
