"""A person's notebooks on the hub, as values: bound folders, the files in them, the trash.

Times are milliseconds since 1970 (UTC). Paths inside a folder are relative, `/` between the parts; "" is the folder.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from runhere_hub.core.access import Place, Role
from runhere_hub.core.ids import FolderId, NotebookId, PersonId

FolderState = Literal["ok", "missing", "unreadable"]
FolderKind = Literal["bound", "own", "shared"]
EntryKind = Literal["folder", "notebook", "file"]
MatchKind = Literal["name", "source"]
Accept = Literal["as_is", "upgrade", "salvage"]


@dataclass(frozen=True)
class Folder:
    """A bound folder as the store keeps it. `path` is absolute, as the person gave it."""

    id: FolderId
    owner_id: PersonId
    path: str


@dataclass(frozen=True)
class HubFolder:
    """A person's own folder: its notebooks are kept by the hub and are no files."""

    id: FolderId
    owner_id: PersonId


AnyFolder: TypeAlias = Folder | HubFolder


@dataclass(frozen=True)
class FolderView:
    """A folder as the home page shows it.

    Attributes:
        path: Of a bound folder on the hub's machine; "" where the person has no business there.
        message: What to do when `state` is not ok.
        kind: `own`: the person's notebooks that the hub keeps. `shared`: somebody else's, or a part of it.
        root: Directory of the folder that this is; "" for all of it.
        owner: Whose it is, when it is not this person's.
    """

    id: FolderId
    name: str
    path: str
    state: FolderState
    message: str | None
    kind: FolderKind = "bound"
    root: str = ""
    role: Role = "owner"
    owner: str | None = None


@dataclass(frozen=True)
class NotebookRow:
    """A notebook as the store keeps it. `folder_id` and `path` are None for one that is not bound to a file."""

    id: NotebookId
    owner_id: PersonId
    folder_id: FolderId | None
    path: str | None
    omit_outputs: bool
    opened_at: int | None
    trashed_at: int | None
    trash_path: str | None
    changed_at: int | None = None
    private_cells: frozenset[str] = frozenset()

    @property
    def place(self) -> Place | None:
        """Where it lies, as access sees it."""
        return Place(self.folder_id, self.path or "") if self.folder_id is not None else None


@dataclass(frozen=True)
class NotebookView:
    """A notebook and its file as pages see it. `name` is the file's name without `.ipynb`.

    Attributes:
        folder_path: Absolute path of the file's directory; "" when there is none, or it is not this person's machine.
        role: What this person may do with it.
        owner: Whose it is, when it is not this person's.
    """

    id: NotebookId
    folder_id: FolderId
    path: str
    name: str
    folder_path: str
    size_bytes: int
    modified_at: int
    opened_at: int | None
    omit_outputs: bool
    role: Role = "owner"
    owner: str | None = None


@dataclass(frozen=True)
class Entry:
    """One thing in a folder, one level deep. `size_bytes` of a folder is 0."""

    name: str
    path: str
    kind: EntryKind
    size_bytes: int
    modified_at: int


@dataclass(frozen=True)
class TrashEntry:
    """A notebook in the trash. `path` is where it was."""

    id: NotebookId
    name: str
    folder_id: FolderId
    path: str
    trashed_at: int


@dataclass(frozen=True)
class Home:
    """What the home page begins with."""

    folders: tuple[FolderView, ...]
    recent: tuple[NotebookView, ...]
    shared: tuple[NotebookView, ...] = ()


@dataclass(frozen=True)
class Match:
    """One place where a search found its text. `cell_id` is None for names and for cells without an id."""

    cell_id: str | None
    kind: MatchKind
    snippet: str


@dataclass(frozen=True)
class Found:
    """A notebook that a search found. `notebook_id` is None when nobody has opened the file yet."""

    notebook_id: NotebookId | None
    folder_id: FolderId
    path: str
    name: str
    matches: tuple[Match, ...]


@dataclass(frozen=True)
class SearchAnswer:
    """What a search found.

    Attributes:
        is_complete: False when the time ran out or the limit was reached.
        unreadable: Files that could not be read.
    """

    results: tuple[Found, ...]
    is_complete: bool
    unreadable: int
