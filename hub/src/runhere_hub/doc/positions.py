"""Fractional positions: where a cell stands among the others (SPEC 1.6).

A position is a base-62 fraction over `0-9A-Za-z` that does not end in `0`, so strings compare as the numbers do. The
TypeScript twin is `frontend/src/doc/positions.ts`; both are held to `protocol/examples/positions/`.
"""

import re
from random import Random

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE = len(DIGITS)
_STEP = 3  # digits of room for counting up at the end: 238,328 appends before positions grow
_RANDOM = 4  # random digits: 14 million places for two people who insert at once
_POSITION = re.compile(r"[0-9A-Za-z]*[1-9A-Za-z]\Z")


def is_position(value: object) -> bool:
    """Whether this may be a cell's position."""
    return isinstance(value, str) and _POSITION.match(value) is not None


def between(low: str | None, high: str | None, random: Random) -> str:
    """A position above `low` and below `high`; None: no limit there.

    Where `low` is not below `high` (two people took the same position), the answer is above `low`, as if there
    were no `high`, and whoever asked moves the cells behind.
    """
    return block(low, high, 1, random)[0]


def block(low: str | None, high: str | None, count: int, random: Random) -> list[str]:
    """Rising positions for `count` cells that stay together: one random prefix, then numbers."""
    prefix = (
        _room(low or "", high) + "".join(random.choice(DIGITS) for _ in range(_RANDOM - 1)) + random.choice(DIGITS[1:])
    )
    return [prefix] if count == 1 else [prefix + tail for tail in spread(count)]


def spread(count: int) -> list[str]:
    """`count` rising positions, evenly over the whole range: those of a new document."""
    width = 1
    while _BASE**width < 2 * (count + 1):
        width += 1
    step = _BASE**width // (count + 1)
    return [_digits((index + 1) * step, width).rstrip("0") for index in range(count)]


def _digits(number: int, width: int) -> str:
    found = ""
    for _ in range(width):
        number, digit = divmod(number, _BASE)
        found = DIGITS[digit] + found
    return found


def _value(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * _BASE + DIGITS.index(digit)
    return value


def _room(low: str, high: str | None) -> str:
    """Digits that may be followed by any others: the result lies above `low` and below `high`."""
    if high is None or low >= high:
        return _above(low)
    prefix = ""
    for index in range(len(low)):
        low_digit, high_digit = DIGITS.index(low[index]), DIGITS.index(high[index])
        if high_digit - low_digit > 1:
            return prefix + DIGITS[(low_digit + high_digit) // 2]
        prefix += DIGITS[low_digit]
        if high_digit > low_digit:
            return prefix + _above(low[index + 1 :])
    return prefix + _below(high[len(low) :])


def _above(low: str) -> str:
    """The next number of three digits: appending again and again keeps positions short."""
    if not low:
        return DIGITS[_BASE // 2]
    value = _value(low[:_STEP].ljust(_STEP, "0"))
    if value + 1 < _BASE**_STEP:
        return _digits(value + 1, _STEP)
    return low[:_STEP] + _above(low[_STEP:])


def _below(high: str) -> str:
    """The number of three digits before: the same for inserting at the top."""
    value = _value(high[:_STEP].ljust(_STEP, "0"))
    if value > 0:
        return _digits(value - 1, _STEP)
    return "0" * _STEP + _below(high[_STEP:])
