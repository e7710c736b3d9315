"""Every error of the hub, one tree. `web/errors.py` maps each class to a status and a close code.

RunhereError
├── NotFound
├── Forbidden
├── Conflict
│   ├── NotebookNeedsUpgrade   nbformat 2 or 3
│   └── FileChangedOutside
├── SignedOut              nobody is signed in, or what was shown does not sign in
│   ├── CodeUsed, CodeExpired
│   ├── PasswordWrong          or there is no such account: nobody is told which
│   ├── AccountDisabled
│   └── SignInRefused          the identity provider's answer does not hold
├── TooMany                too often, too fast
│   └── TooCostly          one person asks for too much work; others go first
├── TooLarge
├── UploadTrickles         a request's body comes too slowly
├── LogoutRefused          an identity provider's word that somebody signed out does not hold
├── Invalid
│   ├── NotebookInvalid        the file is no notebook: where, and why
│   ├── OutputsInvalid         operations that SPEC 4.2 does not know
│   ├── OutputsOmitted         outputs of this notebook stay at home
│   ├── FrameInvalid           bytes or JSON of a room that cannot be understood
│   ├── BlobHashWrong          the bytes do not have the hash they are said to have
│   └── BackupBroken           not whole, or no backup at all; the message is a clause: why
└── Unavailable            the world failed: disk, database, folder
    ├── DatabaseDamaged        the file is no database any more; it was left as it is
    ├── DatabaseUnavailable    locked, not reachable, read-only, or of a newer version
    ├── BlobMissing            a part of an output is not in the store
    ├── DiskFull
    ├── FolderReadOnly
    ├── FileMissing
    └── FileUnreadable
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
    """The state of things does not allow this now; of this class itself: a name is taken in a folder."""

    code = "conflict"


class UserNameTaken(Conflict):
    """Somebody else has this user name."""

    code = "user_name_taken"


class LastAdministrator(Conflict):
    """Nobody would be left to administer the hub."""

    code = "last_administrator"


class OwnerAlready(Conflict):
    """The owner of something cannot be given a role on it."""

    code = "owner_already"


class TooManyLinks(Conflict):
    """A notebook or folder has as many sharing links as there may be."""

    code = "too_many_links"


class TooManyComments(Conflict):
    """A notebook has as many comments as there may be."""

    code = "too_many_comments"


class HoldsBoundFolder(Conflict):
    """A directory with somebody's bound folder in it keeps its place."""

    code = "holds_bound_folder"


class SignedOut(RunhereError):
    """Nobody is signed in on this connection."""

    code = "signed_out"


class CodeUsed(SignedOut):
    """A sign-in code that was used before, or never existed."""

    code = "code_used"


class CodeExpired(SignedOut):
    """A sign-in code older than ten minutes."""

    code = "code_expired"


class PasswordWrong(SignedOut):
    """User name and password do not go together; nobody learns whether the account exists."""

    code = "password_wrong"


class AccountDisabled(SignedOut):
    """The password is right, and an administrator lets this account in no more."""

    code = "account_disabled"


class SignInRefused(SignedOut):
    """An identity provider's answer that does not hold, or somebody whom this hub does not let in. No session."""

    code = "sign_in_refused"


class LogoutRefused(RunhereError):
    """What is said to come from an identity provider about somebody who signed out does not hold. Nothing was done."""

    code = "logout_refused"


class UploadTrickles(RunhereError):
    """So little of a request's body comes that it was given up. Nothing was kept of it."""

    code = "unavailable"  # what the page says of this in other languages is what it says of that

    def __init__(self) -> None:
        super().__init__("What this page sends comes so slowly that the hub has given up. Try again on a better line.")


class TooMany(RunhereError):
    """Too many tries; `retry_after_s` says when the next one counts."""

    code = "too_many"


class TooCostly(TooMany):
    """Somebody asks for more work than is theirs; nothing was begun."""

    code = "too_costly"


class TooLarge(RunhereError):
    """More bytes than are taken here; nothing was kept."""

    code = "too_large"


class CrossSite(Forbidden):
    """A request that another web page may have caused."""

    code = "cross_site"


class Invalid(RunhereError):
    """What was sent cannot be understood."""

    code = "invalid"


class Unavailable(RunhereError):
    """Disk, database or folder failed; nothing was changed."""

    code = "unavailable"


class NotebookNeedsUpgrade(Conflict):
    """The file is a notebook of nbformat 2 or 3.

    Attributes:
        nbformat: The file's major version.
    """

    code = "notebook_needs_upgrade"

    def __init__(self, nbformat: int) -> None:
        super().__init__(
            f"This notebook has the old format {nbformat}. Upgrade it to format 4 to open it here.", nbformat=nbformat
        )
        self.nbformat = nbformat


class NotebookInvalid(Invalid):
    """The text is no notebook of nbformat 4.

    Attributes:
        place: Where, for people: "line 3, column 7" or "cell 3 › outputs[0] › data". Cells count from 1.
        reason: Why, in words; no final stop.
        line: Line in the file, from 1; None when the place is not in the JSON text.
        column: Column in code points, from 1.
    """

    code = "notebook_invalid"

    def __init__(self, place: str, reason: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(
            f"This file is not a valid notebook: {place}: {reason}.",
            place=place,
            reason=reason,
            line=line,
            column=column,
        )
        self.place = place
        self.reason = reason
        self.line = line
        self.column = column


class OutputsInvalid(Invalid):
    """Output operations that cannot be folded; none of them was."""

    code = "bad_event"


class OutputsOmitted(Invalid):
    """Outputs of this notebook stay at home: nothing of what was sent was kept or logged."""

    code = "outputs_omitted"


class FileChangedOutside(Conflict):
    """The file is no longer what was last read or written; it was left alone.

    Attributes:
        sha256: What it is now; None when it is gone.
    """

    code = "file_changed_outside"

    def __init__(self, message: str, *, sha256: str | None) -> None:
        super().__init__(message, sha256=sha256)
        self.sha256 = sha256


class DiskFull(Unavailable):
    """No space, or over a quota or size limit; the old file is as it was."""

    code = "disk_full"


class FolderReadOnly(Unavailable):
    """The folder or file may not be written; the old file is as it was."""

    code = "read_only"


class FileMissing(Unavailable):
    """There is no file, or no folder, at this path."""

    code = "missing"


class FileUnreadable(Unavailable):
    """The file is there and cannot be read: permissions, not a regular file, not UTF-8, too large, a failing disk."""

    code = "unreadable"


class DatabaseDamaged(Unavailable):
    """The database file cannot be read as one. It was left as it is."""

    code = "database_damaged"


class DatabaseUnavailable(Unavailable):
    """The database is locked, read-only, not reachable, or made by a newer version. Nothing was written."""

    code = "database_unavailable"


class BlobMissing(Unavailable):
    """A blob that a run refers to is not in the store."""

    code = "blob_missing"


class FrameInvalid(Invalid):
    """A message of a room that cannot be understood; the socket is closed with 4400."""

    code = "frame_invalid"


class BlobHashWrong(Invalid):
    """The bytes do not have the SHA-256 that they are stored under. Nothing was kept."""

    code = "blob_hash_wrong"


class BackupBroken(Invalid):
    """A backup that cannot be restored. Its message says why, as a clause; whoever shows it says of which file."""

    code = "backup_broken"
