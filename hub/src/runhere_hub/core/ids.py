"""Ids of things the hub keeps: 32 lower-case hex digits, 128 random bits. The digits come from outside (`new_id`)."""

import re
from typing import NewType

PersonId = NewType("PersonId", str)
NotebookId = NewType("NotebookId", str)
FolderId = NewType("FolderId", str)
RevisionId = NewType("RevisionId", str)

_ID = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_id(text: str) -> bool:
    """True for the text of an id of ours."""
    return _ID.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    """True for a SHA-256 in lower-case hex."""
    return _SHA256.fullmatch(text) is not None
