"""Every error of the hub, one tree. `web/errors.py` maps each class to a status and a close code.

RunhereError
├── NotFound
├── Forbidden
├── Conflict
├── Invalid
└── Unavailable            the world failed: disk, database, folder
"""

from collections.abc import Mapping
from typing import ClassVar


class RunhereError(Exception):
    """Base of all our errors.

    Attributes:
        code: Stable, snake_case; part of the API.
        message: One or two sentences that a person can act on.
        details: JSON facts for programs.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, object] = details


class NotFound(RunhereError):
    """No such thing, or none that this person may know of."""

    code = "not_found"


class Forbidden(RunhereError):
    """The person is known and may not do this."""

    code = "forbidden"


class Conflict(RunhereError):
    """The state of things does not allow this now."""

    code = "conflict"


class Invalid(RunhereError):
    """What was sent cannot be understood."""

    code = "invalid"


class Unavailable(RunhereError):
    """Disk, database or folder failed; nothing was changed."""

    code = "unavailable"
