"""What a person typed, read; and what another machine said, made fit for a terminal. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Callable

LAST_PORT = 65_535


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """A type for argparse, which also reads defaults from the environment with it."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or int(text) < least or (most is not None and int(text) > most):
            wanted = f"from {least} to {most}" if most is not None else f"of at least {least}"
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number {wanted}")
        return int(text)

    return read


def plain(text: str) -> str:
    """The text without anything that a terminal would obey or hide: other servers and machines write in it.

    Line ends stay, other white space becomes a blank, the rest of what cannot be printed a mark of its own.
    """
    return "".join(one if one.isprintable() or one == "\n" else " " if one.isspace() else "\ufffd" for one in text)
