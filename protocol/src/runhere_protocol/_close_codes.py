"""Close codes of the room socket (SPEC section 5)."""

from enum import IntEnum


class CloseCode(IntEnum):
    """Why the hub closed a room socket."""

    HUB_STOPS = 1001
    BAD_FRAME = 4400
    SIGNED_OUT = 4401
    NOT_ALLOWED = 4403
    NO_SUCH_NOTEBOOK = 4404
    OTHER_DOCUMENT_VERSION = 4409
    MESSAGE_TOO_LARGE = 4413
    PROTOCOL_NOT_SPOKEN = 4426
    TOO_MANY_MESSAGES = 4429
    ROOM_FAILED = 4500
