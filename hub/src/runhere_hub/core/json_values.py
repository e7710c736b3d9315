"""JSON values compared and written as notebooks need it."""

import json
import math
from collections.abc import Mapping

from runhere_hub.core.notebook import Json

_LONE_SURROGATES = {code: "�" for code in range(0xD800, 0xE000)}


def same(a: object, b: object) -> bool:
    """Whether two JSON values say the same: order of keys aside; 1, 1.0 and true differ; NaN and infinities are null.

    (A page cannot hold NaN, which Python writes into notebooks; what it makes of it, null, must not count as a change.)
    """
    if a is b:
        return True
    if type(a) is str and type(b) is str:
        return a == b
    a, b = _finite(a), _finite(b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(value, b[key]) for key, value in a.items())
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def to_text(value: Json) -> str:
    """Compact JSON that JavaScript reads too: NaN and infinities are null; ASCII, so that lone surrogates survive."""
    return json.dumps(_without_nan(value), separators=(",", ":"))


def _without_nan(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def without_surrogates(text: str) -> str:
    """The text with lone surrogates, which UTF-8 and Yjs cannot hold, replaced by U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()  # ten times faster than the translation, and almost always enough
    except UnicodeEncodeError:
        return text.translate(_LONE_SURROGATES)
    return text


def with_unix_lines(text: str) -> str:
    r"""The text with every `\r\n` and lone `\r` as `\n`."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
