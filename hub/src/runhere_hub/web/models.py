"""What the HTTP API takes and gives. The OpenAPI document, and with it the page's client, is generated from these."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from runhere_hub.core.access import Role
from runhere_hub.core.drive import Accept, EntryKind, FolderKind, FolderState, MatchKind


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


Mode = Literal["one_person", "team"]


class Session(Answer):
    """`user_name` is "" and `is_admin` false in one-person mode; `data_dir_label` is "" in a team.

    `hosted_url`: where hosted runtimes are, `*` for the id; null where there are none.
    """

    person: Person
    mode: Mode
    version: str
    origin: str
    data_dir_label: str
    user_name: str
    is_admin: bool
    hosted_provider: str | None
    hosted_url: str | None


class SignInWays(Answer):
    """How somebody may sign in. `provider` is the name of the place to sign in elsewhere."""

    mode: Mode
    password: bool
    sign_up: bool
    provider: str | None


class InvitationView(Answer):
    """`reset`: a new password for the account of this name; else a new account, with this name where it is given."""

    kind: Literal["new", "reset"]
    user_name: str | None
    is_admin: bool


class Elsewhere(Answer):
    url: str


class Arrived(Answer):
    session: Session
    next_path: str


class AccountView(Answer):
    person_id: str
    user_name: str
    name: str
    is_admin: bool
    is_disabled: bool
    has_password: bool


class AccountList(Answer):
    accounts: list[AccountView]


class OneTimeLink(Answer):
    """Shown once; the hub keeps only a hash of its code."""

    url: str


class ApiToken(Answer):
    id: str
    name: str
    created_at: int
    last_used_at: int | None
    expires_at: int | None


class ApiTokens(Answer):
    tokens: list[ApiToken]


class NewApiToken(Answer):
    """`text` is given once; the hub keeps only a hash."""

    token: ApiToken
    text: str


class AuditEntry(Answer):
    at: int
    person_id: str | None
    action: str
    object_id: str | None
    detail: str | None
    ip: str | None
    agent: str | None


class AuditLog(Answer):
    entries: list[AuditEntry]


class FoundPerson(Answer):
    user_name: str
    name: str


class FoundPeople(Answer):
    people: list[FoundPerson]


class Share(Answer):
    """`by_link`: the role came by a link. `inherited`: it comes from a folder above."""

    person: Person
    user_name: str | None
    role: Role
    by_link: bool
    inherited: bool


class ShareLink(Answer):
    """`uses`: people who came by it; so many may (`max_uses`), or everybody (null)."""

    id: str
    role: Role
    created_at: int
    expires_at: int
    uses: int
    max_uses: int | None
    last_used_at: int | None


class Shares(Answer):
    role: Role
    owner: Person
    people: list[Share]
    links: list[ShareLink]


class NewShareLink(Answer):
    """`url` holds the secret, behind `#`: given once."""

    link: ShareLink
    url: str


class Accepted(Answer):
    """What a link led to: a notebook, or a directory of a folder."""

    notebook_id: str | None
    folder_id: str | None
    path: str | None


class Folder(Answer):
    id: str
    name: str
    path: str
    state: FolderState
    message: str | None
    kind: FolderKind
    root: str
    role: Role
    owner: str | None


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
    role: Role
    owner: str | None


class StoredOutputs(Answer):
    """`may_store`: whether this person may let outputs be stored again. The rest is what the hub has of them now."""

    omit: bool
    may_store: bool
    runs: int
    revisions: int
    blobs: int
    blob_bytes: int


class NewNotebooks(Answer):
    """Whether outputs of new notebooks stay at home: as I have it (null: as the hub), and as the hub has it."""

    omit: bool | None
    hub_omits: bool


class Author(Answer):
    """Somebody who wrote in a cell; without an id nobody knows who."""

    id: str | None
    name: str | None


class JudgedCell(Answer):
    """`own`: only the caller wrote it. `trusted`: accepted. `review`: it must not run on their machine unasked.

    `strangers`: whose contributions no decision covers; none: what the caller types into the cell needs no new answer.
    """

    cell_id: str
    state: Literal["own", "trusted", "review"]
    strangers: list[Author]
    editors: list[Author]
    trusted_source: str | None


class Judgement(Answer):
    """Up to `seq`. `unknown_once`: unknown origin is accepted for the notebook as a whole (one-person mode)."""

    seq: int
    owner: Author
    unknown_once: bool
    cells: list[JudgedCell]


class TrustedAuthor(Answer):
    person_id: str
    name: str
    decided_at: int


class TrustedNotebook(Answer):
    notebook_id: str
    name: str
    cells: int
    decided_at: int


class Trusted(Answer):
    authors: list[TrustedAuthor]
    notebooks: list[TrustedNotebook]


class Home(Answer):
    folders: list[Folder]
    recent: list[Notebook]
    shared: list[Notebook]


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


class TrashedFolder(Answer):
    """How many notebooks of it are in the trash now."""

    notebooks: int


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


class ShownOutputs(Answer):
    """`outputs`: as in a run's record (SPEC 3.1), large values as references to blobs."""

    cell_id: str
    run_id: str
    outputs: list[dict[str, JsonValue]]


class RevisionOutputs(Answer):
    """Cells that showed nothing are left out, and those whose outputs the hub does not have."""

    cells: list[ShownOutputs]


class MarkedText(Answer):
    """A piece of a cell's source: two Yjs relative positions, base64."""

    start: str
    end: str


class Comment(Answer):
    """A comment on a cell, or a reply. `author` is null when nobody knows them any more, or the comment was deleted."""

    id: str
    cell_id: str
    reply_to: str | None
    author: Person | None
    body: str
    marked: MarkedText | None
    created_at: int
    edited_at: int | None
    is_deleted: bool
    resolved_at: int | None
    resolver: Person | None
    may_edit: bool
    may_delete: bool


class Comments(Answer):
    """The oldest first; a reply stands behind what it replies to."""

    comments: list[Comment]


class MadeComment(Answer):
    id: str


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


UserName = Field(min_length=1, max_length=64)
Password = Field(min_length=1, max_length=1024, repr=False)


class SignIn(Request):
    code: str = Code


class PasswordSignIn(Request):
    user_name: str = UserName
    password: str = Password


class InvitationCode(Request):
    code: str = Code


class AcceptInvitation(Request):
    code: str = Code
    user_name: str = Field(max_length=64)
    name: str = Field(max_length=200)
    password: str = Password


class SignUp(Request):
    user_name: str = UserName
    name: str = Field(max_length=200)
    password: str = Password


class GoElsewhere(Request):
    next_path: str | None = Field(default=None, max_length=512)


class ComeBack(Request):
    state: str = Field(min_length=1, max_length=512)
    code: str = Field(min_length=1, max_length=4096)


class Invite(Request):
    user_name: str | None = Field(default=None, max_length=64)
    is_admin: bool = False


class ChangePassword(Request):
    old: str = Password
    new: str = Password


class MakeApiToken(Request):
    name: str = Field(min_length=1, max_length=100)
    life_ms: int | None = Field(default=None, gt=0, le=366 * 24 * 3600 * 1000)


class GiveRole(Request):
    user_name: str = UserName
    role: Role


class MakeShareLink(Request):
    role: Literal["viewer", "commenter", "editor"]
    life_ms: int | None = Field(default=None, gt=0)
    max_uses: int | None = Field(default=None, ge=1, le=10_000)


class AcceptShareLink(Request):
    secret: str = Code


class NewFolder(Request):
    path: str = Path


class MoveFolder(Request):
    """`to` is its path from now on, its name included."""

    path: str = Path
    to: str = Path


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


class AskedCell(Request):
    cell_id: str = Field(pattern="^[a-zA-Z0-9_-]{1,64}$")
    digest: str = Field(pattern="^[0-9a-f]{64}$")


class AskTrust(Request):
    cells: list[AskedCell] = Field(max_length=20_000)


class AcceptedCell(Request):
    cell_id: str = Field(pattern="^[a-zA-Z0-9_-]{1,64}$")
    source: str


class TrustCells(Request):
    """`seq` is that of the judgement; `unknown`: also what is of unknown origin elsewhere in the notebook."""

    cells: list[AcceptedCell] = Field(max_length=20_000)
    seq: int = Field(ge=0)
    unknown: bool = False


class TrustAuthor(Request):
    person_id: str = AnId


class ForNewNotebooks(Request):
    """Whether outputs of my new notebooks stay at home; null: as the hub has it."""

    omit: bool | None


class OmitOutputs(Request):
    """`cell_id`: of this cell only."""

    omit: bool
    cell_id: str | None = Field(default=None, pattern="^[a-zA-Z0-9_-]{1,64}$")


CommentBody = Field(min_length=1, max_length=20_000)


class MarkText(Request):
    start: str = Field(pattern="^[A-Za-z0-9+/=]{1,400}$")
    end: str = Field(pattern="^[A-Za-z0-9+/=]{1,400}$")


class NewComment(Request):
    """With `reply_to` it stands in that comment's thread, and on its cell."""

    cell_id: str = Field(pattern="^[a-zA-Z0-9_-]{1,64}$")
    body: str = CommentBody
    reply_to: str | None = Field(default=None, pattern="^[0-9a-f]{32}$")
    marked: MarkText | None = None


class EditComment(Request):
    body: str = CommentBody


class ResolveComment(Request):
    resolved: bool


class NameRevision(Request):
    name: str = Name


class DistantFile(Request):
    """What a file on a disk that the hub does not reach says, and what it said when the page last had it in hand."""

    file: str
    base: str | None


class ExchangedFile(Answer):
    """What is to stand in that file; `conflicts`: cells that stand twice since a merge."""

    text: str
    conflicts: int
    metadata_kept: bool


class BindPath(Request):
    path: str = Path


class HostedRuntime(Answer):
    """A person's hosted runtime. `percent` and `stops_at` (ms since 1970) are null where nobody knows."""

    id: str
    provider: str
    state: Literal["absent", "starting", "ready", "failed"]
    percent: int | None
    message: str
    stops_at: int | None


class HeldRuntime(Answer):
    """Somebody's hosted runtime, as administrators see it. Null: nobody knows. Times are ms since 1970."""

    person_id: str
    user_name: str
    name: str
    state: Literal["starting", "ready", "failed"]
    since: int
    is_busy: bool | None
    used_at: int | None
    memory_bytes: int | None


class HeldRuntimes(Answer):
    provider: str
    runtimes: list[HeldRuntime]


class StoppedRuntime(Answer):
    """`was_running`: false when there was nothing to stop."""

    was_running: bool


class RuntimeTicket(Answer):
    """Good once, within a minute, for one runtime."""

    ticket: str
    runtime_id: str


class UseTicket(Request):
    ticket: str = Field(min_length=1, max_length=128)


class RuntimePass(Answer):
    """Lets the page that holds it into one runtime, as long as its session lasts."""

    token: str
