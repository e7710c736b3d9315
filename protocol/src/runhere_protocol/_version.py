"""Versions and limits of the room wire (SPEC sections 2 and 5)."""

__version__ = "0.1.0"

ROOM_PROTOCOL = 1
"""The version that `join` and `hello` carry."""

ROOM_SUBPROTOCOL = "runhere.room.v1"
"""The WebSocket subprotocol of a room."""

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""A longer message closes the socket with 4413."""

MAX_AWARENESS_BYTES = 4 * 1024
"""A longer awareness state is dropped (SPEC 2.8)."""

MAX_INLINE_BYTES = 64 * 1024
"""A value whose JSON text is longer stands as a blob (SPEC 4.5)."""

BEAT_S = 15
"""The hub sends a beat this often (SPEC 2.6)."""
