"""Who may do what. The only place that knows.

A role includes every weaker one: owner ⊃ editor ⊃ commenter ⊃ viewer. Whoever has no role on a notebook may not even
learn that it exists, so callers answer *not found* where `role_of` gives None.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from runhere_hub.core.ids import NotebookId, PersonId

Role = Literal["viewer", "commenter", "editor", "owner"]

_STRENGTH: dict[Role, int] = {"viewer": 1, "commenter": 2, "editor": 3, "owner": 4}


class Verb(Enum):
    """What can be done with a notebook or folder."""

    READ = "read"
    COMMENT = "comment"
    EDIT = "edit"
    RUN = "run"  # recording runs changes what everybody sees
    NAME_REVISION = "name_revision"
    MOVE = "move"
    TRASH = "trash"
    SHARE = "share"
    SHOW_OUTPUTS = "show_outputs"  # switching "omit outputs" off


_WEAKEST: dict[Verb, Role] = {
    Verb.READ: "viewer",
    Verb.COMMENT: "commenter",
    Verb.EDIT: "editor",
    Verb.RUN: "editor",
    Verb.NAME_REVISION: "editor",
    Verb.MOVE: "owner",
    Verb.TRASH: "owner",
    Verb.SHARE: "owner",
    Verb.SHOW_OUTPUTS: "owner",
}


@dataclass(frozen=True)
class Owned:
    """As much of a notebook or folder as access needs."""

    id: str
    owner_id: PersonId


@dataclass(frozen=True)
class Grant:
    """One person's role on one notebook."""

    notebook_id: NotebookId
    person_id: PersonId
    role: Role


def role_of(actor: PersonId, thing: Owned, grants: Iterable[Grant]) -> Role | None:
    """The strongest role of a person on a notebook; None: they may not know of it."""
    if thing.owner_id == actor:
        return "owner"
    held = [g.role for g in grants if g.person_id == actor and g.notebook_id == thing.id]
    return max(held, key=_STRENGTH.__getitem__, default=None)


def can(actor: PersonId, verb: Verb, thing: Owned, grants: Iterable[Grant]) -> bool:
    """True when the person may do it. One-person mode: the owner owns everything and may all."""
    role = role_of(actor, thing, grants)
    return role is not None and _STRENGTH[role] >= _STRENGTH[_WEAKEST[verb]]
