"""The hub's log on standard error."""

import logging
import sys

_TELL_TOO_MUCH = {
    "alembic.runtime.plugins": "six lines about its own insides",
    "httpcore": "headers, a runtime's token among them",
    "httpx": "addresses, queries included",
    "uvicorn.error": "a handshake's headers, the session's cookie among them; addresses of sockets, queries included",
    "websockets": "a handshake's headers, a runtime's token among them",
}
"""Other people's loggers that say what no log may hold, or nobody needs. The gate writes a line for each request."""


def begin(level: str) -> None:
    """Log from this level on; what others say of connections only where something is wrong."""
    logging.basicConfig(level=level.upper(), stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    for name in _TELL_TOO_MUCH:
        logging.getLogger(name).setLevel(logging.WARNING)
