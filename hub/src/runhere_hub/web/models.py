"""What the HTTP API takes and gives. The OpenAPI document, and with it the page's client, is generated from these."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from runhere_hub.core.drive import Accept, EntryKind, FolderState, MatchKind


class Answer(BaseModel):
    """Base of everything the hub answers."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Request(BaseModel):
    """Base of everything the hub is asked; unknown members are refused so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorBody(Answer):
    """Every refusal and failure."""

    code: str
    message: str
    details: dict[str, JsonValue] = {}


class Health(Answer):
    status: Literal["ok"]
    version: str


class Person(Answer):
    id: str
    name: str
    color: str


class Session(Answer):
    person: Person
    mode: Literal["one_person"]
    version: str
    origin: str
    data_dir_label: str


class Folder(Answer):
    id: str
    name: str
    path: str
    state: FolderState
    message: str | None


class Notebook(Answer):
    id: str
    folder_id: str
    path: str
    name: str
    folder_path: str
    size_bytes: int
    modified_at: int
    opened_at: int | None
    omit_outputs: bool


class Home(Answer):
    folders: list[Folder]
    recent: list[Notebook]


class Entry(Answer):
    name: str
    path: str
    kind: EntryKind
    size_bytes: int
    modified_at: int


class Entries(Answer):
    entries: list[Entry]


class TrashEntry(Answer):
    id: str
    name: str
    folder_id: str
    path: str
    trashed_at: int


class Trash(Answer):
    entries: list[TrashEntry]


class FoundNotebook(Answer):
    id: str | None
    folder_id: str
    path: str
    name: str


class Match(Answer):
    cell_id: str | None
    kind: MatchKind
    snippet: str


class SearchResult(Answer):
    notebook: FoundNotebook
    matches: list[Match]


class SearchResults(Answer):
    results: list[SearchResult]
    is_complete: bool
    unreadable: int


class Revision(Answer):
    """`person` named or restored it; `editors` edited since the one before; `restored_from`: another one, by its id."""

    id: str
    seq: int
    kind: Literal["auto", "named", "restored"]
    name: str | None
    created_at: int
    person: Person | None
    editors: list[Person]
    restored_from: str | None


class Restored(Answer):
    """`before` holds what was there: restoring it takes the restore back."""

    before: Revision
    after: Revision


class Revisions(Answer):
    revisions: list[Revision]


class RevisionCell(Answer):
    cell_id: str
    type: Literal["code", "markdown", "raw"]
    source: str


class RevisionContent(Answer):
    cells: list[RevisionCell]


class LoginLink(Answer):
    url: str


class BoundFolder(Answer):
    """`notebook` is there when the path was a file."""

    url: str
    folder: Folder
    notebook: Notebook | None


Code = Field(min_length=1, max_length=128)
Path = Field(max_length=4096)
Name = Field(min_length=1, max_length=255)
AnId = Field(pattern="^[0-9a-f]{32}$")


class SignIn(Request):
    code: str = Code


class NewFolder(Request):
    path: str = Path


class NewNotebook(Request):
    folder_id: str = AnId
    path: str = Path
    name: str | None = Field(default=None, max_length=255)


class OpenNotebook(Request):
    folder_id: str = AnId
    path: str = Path
    accept: Accept = "as_is"


class IdentifyNotebook(Request):
    folder_id: str = AnId
    path: str = Path


class ChangeNotebook(Request):
    """`path` is the directory that the file moves to; members left out stay as they are."""

    name: str | None = Field(default=None, min_length=1, max_length=255)
    folder_id: str | None = Field(default=None, pattern="^[0-9a-f]{32}$")
    path: str | None = Field(default=None, max_length=4096)


class NameRevision(Request):
    name: str = Name


class BindPath(Request):
    path: str = Path
