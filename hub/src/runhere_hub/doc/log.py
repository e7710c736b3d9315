"""The log of a document: how stored updates make a document, and how they become one update again."""

from collections.abc import Iterable
from typing import Any

from pycrdt import Doc, Map, merge_updates

from runhere_hub.core.yjs_bytes import EMPTY_UPDATE


def replay(updates: Iterable[bytes]) -> Doc[Any]:
    """The document that these Yjs v1 updates make, a snapshot first among them."""
    doc: Doc[Any] = Doc()
    # Roots that nobody named read as empty of no type, and their events carry no path.
    for root in ("cells", "metadata", "format"):
        doc.get(root, type=Map)
    with doc.transaction():
        for update in updates:
            doc.apply_update(update)
    return doc


def joined(updates: Iterable[bytes]) -> bytes:
    """One Yjs v1 update that says what all of them say, deleted text left out.

    Updates that wait for others which never came (a page's struct without its predecessor) are kept: the document
    itself would not give them back.
    """
    listed = list(updates)
    return merge_updates(replay(listed).get_update(), *listed) if listed else EMPTY_UPDATE
