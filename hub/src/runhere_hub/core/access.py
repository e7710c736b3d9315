"""Who may do what. The only place that knows.

A role includes every weaker one: owner ⊃ editor ⊃ commenter ⊃ viewer. Whoever has no role on a notebook may not even
learn that it exists, so callers answer *not found* where `role_of` gives None. A role on a folder holds for everything
below it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from runhere_hub.core.ids import FolderId, NotebookId, PersonId

Role = Literal["viewer", "commenter", "editor", "owner"]
ROLES: tuple[Role, ...] = ("viewer", "commenter", "editor", "owner")

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


class HubVerb(Enum):
    """What can be done with the hub itself."""

    ADMINISTER = "administer"  # people, invitations, the whole audit log


@dataclass(frozen=True)
class Place:
    """A directory of a folder, or a notebook's place in it: `path` is relative, '/' between parts, "" the folder."""

    folder_id: FolderId
    path: str = ""

    def holds(self, other: "Place") -> bool:
        """True for this place itself and everything below it."""
        if self.folder_id != other.folder_id:
            return False
        return self.path in ("", other.path) or other.path.startswith(f"{self.path}/")


@dataclass(frozen=True)
class Owned:
    """As much of a notebook or folder as access needs. `place` None: a notebook that lies in no folder."""

    id: str
    owner_id: PersonId
    place: Place | None = None


@dataclass(frozen=True)
class Grant:
    """One person's role on one notebook, or on a directory and everything below it, given to them or come by a link."""

    on: NotebookId | Place
    person_id: PersonId
    role: Role
    by_link: bool = False


def covers(grant: Grant, thing: Owned) -> bool:
    """True when a grant says something about a thing."""
    if isinstance(grant.on, Place):
        return thing.place is not None and grant.on.holds(thing.place)
    return grant.on == thing.id


def role_of(actor: PersonId, thing: Owned, grants: Iterable[Grant]) -> Role | None:
    """The strongest role of a person on a notebook or folder; None: they may not know of it.

    Of those on one and the same thing, the role that was given to the person counts in place of what came by links:
    else nobody who knows a link could be given less.
    """
    if thing.owner_id == actor:
        return "owner"
    mine = [grant for grant in grants if grant.person_id == actor and covers(grant, thing)]
    return max((grant.role for grant in counting(mine)), key=_STRENGTH.__getitem__, default=None)


def counting(grants: Sequence[Grant]) -> list[Grant]:
    """Those of some grants that count: of each person on each thing the one by name, or else those by links."""
    by_name = {(grant.person_id, grant.on) for grant in grants if not grant.by_link}
    return [grant for grant in grants if not grant.by_link or (grant.person_id, grant.on) not in by_name]


def allows(role: Role | None, verb: Verb) -> bool:
    """True when a role is enough."""
    return role is not None and _STRENGTH[role] >= _STRENGTH[_WEAKEST[verb]]


def can(actor: PersonId, verb: Verb, thing: Owned, grants: Iterable[Grant]) -> bool:
    """True when the person may do it. One-person mode: the owner owns everything and may all."""
    return allows(role_of(actor, thing, grants), verb)


def may_delete_comment(actor: PersonId, role: Role | None, *, author: str) -> bool:
    """True for one's own comment while one may comment, and for every comment of a notebook that one owns."""
    return allows(role, Verb.COMMENT) and (author == actor or role == "owner")


FRAMES: Mapping[str, Verb] = {
    "sync": Verb.READ,
    "awareness": Verb.READ,
    "update": Verb.EDIT,
    "run": Verb.RUN,
    "take_over": Verb.RUN,
    "release": Verb.RUN,
    "head": Verb.RUN,
}
"""What a page does in a room by sending a message of this kind (SPEC 2, 3). Comments are written by HTTP."""

TOLD: Mapping[str, Verb] = {
    "hello": Verb.READ,
    "runs": Verb.READ,
    "run": Verb.READ,
    "run_ack": Verb.RUN,
    "run_refused": Verb.RUN,
    "leased": Verb.RUN,
    "writer": Verb.READ,
    "head": Verb.READ,
    "saved": Verb.EDIT,
    "not_saved": Verb.READ,
    "file": Verb.READ,
    "role": Verb.READ,
    "omit_outputs": Verb.READ,
    "comments": Verb.READ,
    "refused": Verb.READ,
    "beat": Verb.READ,
}
"""Every JSON message that a page may be told in a room, and what it must be allowed to do to be told."""


def may_send(role: Role, kind: str) -> bool:
    """True when a page of this role may send such a message; one that is not listed, nobody may."""
    verb = FRAMES.get(kind)
    return verb is not None and allows(role, verb)


def may_give(giver: Role | None, role: Role) -> bool:
    """True when somebody of the first role may give the second: nobody gives more than they have."""
    return allows(giver, Verb.SHARE) and giver is not None and _STRENGTH[role] <= _STRENGTH[giver]


@dataclass(frozen=True)
class Standing:
    """Somebody's standing on the hub as a whole."""

    is_admin: bool
    is_disabled: bool


def may(standing: Standing | None, verb: HubVerb) -> bool:
    """True when somebody may do a thing with the hub itself. Administrators get no role on anybody's notebook by it."""
    match verb:
        case HubVerb.ADMINISTER:
            return standing is not None and standing.is_admin and not standing.is_disabled
