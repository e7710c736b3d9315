"""What browsers of this machine meet at the forwarded port: whether anything comes through, and whose certificate."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

ANSWER_WITHIN_S = 5
NAMES = ("127.0.0.1", "localhost")
"""What a page may dial on its own machine, the one that is forwarded first."""


@dataclass(frozen=True)
class Door:
    """How to write the address of a port of this machine.

    Attributes:
        untrusted: What this machine says against the certificate under every name; None: nothing.
    """

    origin: str
    untrusted: str | None = None


def door_of(port: int) -> Door | None:
    """The name for which this machine trusts the certificate that is shown there; None: nobody speaks TLS there.

    Waits `ANSWER_WITHIN_S` at most for each answer.
    """
    against: str | None = None
    for name in NAMES:
        try:
            _shake_hands(port, name)
        except ssl.SSLCertVerificationError as error:
            against = against or error.verify_message.rstrip(".")
        except OSError:
            break
        else:
            return Door(f"https://{name}:{port}")
    return Door(f"https://{NAMES[0]}:{port}", against) if against is not None else None


def _shake_hands(port: int, name: str) -> None:
    with socket.create_connection(("127.0.0.1", port), ANSWER_WITHIN_S) as plain:
        ssl.create_default_context().wrap_socket(plain, server_hostname=name).close()


def is_let_through(port: int) -> bool:
    """Whether whoever dials the port is not turned away at once, as by an sshd that forbids forwarding."""
    try:
        dialled = socket.create_connection(("127.0.0.1", port), ANSWER_WITHIN_S)
    except OSError:
        return True  # nobody was asked: ssh is not there any more
    with dialled:
        try:
            dialled.sendall(f"GET /api HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            return dialled.recv(1) != b""
        except TimeoutError:
            return True
        except OSError:
            return False
