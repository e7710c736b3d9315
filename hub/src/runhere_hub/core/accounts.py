"""Names and passwords of accounts: what is taken, and in which form. Rules only."""

import re
import unicodedata

from runhere_hub.core.errors import Invalid

_USER_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD_BYTES = 1024
_LONGEST_NAME = 80
_COLORS = ("#1a73e8", "#188038", "#b06000", "#9334e6", "#c5221f", "#007b83", "#a142f4", "#5f6368")


class BadUserName(Invalid):
    """A user name that nobody can have."""

    code = "bad_user_name"


class BadPassword(Invalid):
    """A password that is not taken."""

    code = "bad_password"


def user_name(text: str) -> str:
    """The user name that somebody means: lower case, as it is kept.

    Raises:
        BadUserName: Says what a user name may hold.
    """
    name = unicodedata.normalize("NFKC", text).strip().lower()
    if not _USER_NAME.fullmatch(name):
        raise BadUserName(
            "A user name has up to 63 of the letters a–z, digits, dots, dashes and underscores, "
            "and begins with a letter or digit."
        )
    return name


def guessed_user_name(text: str) -> str:
    """A user name made from a name or address of elsewhere; never refused."""
    ascii_only = unicodedata.normalize("NFKD", text.partition("@")[0]).encode("ascii", "ignore").decode().lower()
    kept = re.sub(r"[^a-z0-9._-]+", "-", ascii_only).strip("._-")[:50]
    return kept or "person"


def display_name(text: str, otherwise: str) -> str:
    """The name that others see: printable, one line, at most 80 characters; `otherwise` when nothing is left."""
    plain = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in unicodedata.normalize("NFC", text))
    return " ".join(plain.split())[:_LONGEST_NAME] or otherwise


def checked_password(password: str, *, name: str) -> str:
    """The password as it is hashed.

    Raises:
        BadPassword: Too short, too long, or the user name.
    """
    normal = normal_password(password)
    if len(normal) < SHORTEST_PASSWORD:
        raise BadPassword(f"A password needs at least {SHORTEST_PASSWORD} characters.")
    if len(normal.encode(errors="replace")) > _LONGEST_PASSWORD_BYTES:
        raise BadPassword("This password is too long.")
    if normal.lower() == name:
        raise BadPassword("The password must not be the user name.")
    return normal


def normal_password(password: str) -> str:
    """One form for what looks the same, whatever keyboard it was typed on."""
    return unicodedata.normalize("NFKC", password)


def color_of(person_id: str) -> str:
    """The colour of somebody's cursor, the same every time."""
    return _COLORS[int(person_id[:8], 16) % len(_COLORS)]


def next_path(text: str | None) -> str:
    """Where to go after signing in: a path of this hub's page; "/" for anything that could lead elsewhere."""
    if text is None or not re.fullmatch(r"/(?![/\\])[A-Za-z0-9/_.\-]{0,200}", text) or "//" in text:
        return "/"
    return text
