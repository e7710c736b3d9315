"""Every table of the hub. Nothing else knows column names.

Times are integer milliseconds since 1970 (UTC). Ids are 32 hex digits unless said otherwise. `seq` is the hub's order
within one notebook: it is assigned in the transaction that writes the row and never reused.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

people = Table(
    "people",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("color", String(7), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("omit_outputs", Boolean),  # of new notebooks; None: as the hub has it
)

login_codes = Table(
    "login_codes",
    metadata,
    Column("code_sha256", String(64), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    # The session at an identity provider with which it ends; None: begun here, or the provider gives it no name.
    Column("issuer", String(255)),
    Column("subject", String(255), index=True),
    Column("sid", Text, index=True),
)

folders = Table(
    "folders",
    metadata,
    Column("id", String(32), primary_key=True),
    # Absolute, as given, symlinks kept; or `hub:PERSON`, a person's own folder without a directory: store/folders.py
    Column("path", Text, nullable=False, unique=True),
    Column("owner_id", ForeignKey("people.id"), nullable=False),
    Column("bound_at", BigInteger, nullable=False),
)

notebooks = Table(
    "notebooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("owner_id", ForeignKey("people.id"), nullable=False),
    Column("folder_id", ForeignKey("folders.id")),
    Column("path", Text),  # relative to the folder, '/' between parts
    Column("seq", BigInteger, nullable=False, default=0),  # last sequence number given out for this notebook
    Column("omit_outputs", Boolean, nullable=False, default=False),
    Column("private_cells", Text, nullable=False, default="[]"),  # JSON list: cells whose outputs stay at home
    Column("created_at", BigInteger, nullable=False),
    Column("opened_at", BigInteger),
    Column("trashed_at", BigInteger),
    Column("trash_path", Text),  # where the trashed file lies, absolute; None: it has no file
    Column("changed_at", BigInteger),  # last commit of its room
    Index("ix_notebooks_folder_path", "folder_id", "path"),
)

# What was last read from or written to the notebook's file: the base of three-way merges.
file_bases = Table(
    "file_bases",
    metadata,
    Column("notebook_id", ForeignKey("notebooks.id"), primary_key=True),
    Column("text", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
)

# The document: updates in order, and snapshots that make older updates unnecessary.
updates = Table(
    "updates",
    metadata,
    Column("notebook_id", ForeignKey("notebooks.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("person_id", String(32)),  # None: the hub itself (import, outside change)
    Column("process", String(32), nullable=False),  # hub process that wrote it, for the bus
    Column("data", LargeBinary, nullable=False),  # one Yjs v1 update
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("notebook_id", ForeignKey("notebooks.id"), primary_key=True),
    Column("seq", BigInteger, nullable=False),  # holds every update up to and including this one
    Column("data", LargeBinary, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("notebook_id", ForeignKey("notebooks.id"), primary_key=True),
    Column("run_id", String(128), primary_key=True),
    Column("cell_id", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),  # of its latest change
    Column("record", Text, nullable=False),  # JSON of core.runs.Run without outputs
    Column("outputs", Text, nullable=False),  # JSON list
)

heads = Table(
    "heads",
    metadata,
    Column("notebook_id", ForeignKey("notebooks.id"), primary_key=True),
    Column("cell_id", String(64), primary_key=True),
    Column("run_id", String(128)),  # None: cleared
    Column("seq", BigInteger, nullable=False),
)

blobs = Table(
    "blobs",
    metadata,
    Column("notebook_id", ForeignKey("notebooks.id"), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Whose Yjs client id is whose: registered when a page joins, never handed on to somebody else.
clients = Table(
    "clients",
    metadata,
    Column("notebook_id", ForeignKey("notebooks.id"), primary_key=True),
    Column("client_id", BigInteger, primary_key=True),  # up to 53 bits
    Column("person_id", String(32), nullable=False),
)

# Who wrote what: the hub's own record, from the client ids registered at join. See ADR 9.
authorship = Table(
    "authorship",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("notebook_id", ForeignKey("notebooks.id"), nullable=False),
    Column("cell_id", String(64), nullable=False),
    Column("source_digest", String(64), nullable=False),
    Column("person_id", String(32)),  # None: unknown
    Column("seq", BigInteger, nullable=False),
    Column("since", BigInteger),  # when the text came into the notebook; None: at seq
    Index("ix_authorship_notebook_cell", "notebook_id", "cell_id"),
)

# What people let run on their own machines without a question (ADR 26). One row is one decision of one person.
trust = Table(
    "trust",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("kind", String(8), nullable=False),  # cell, notebook (unknown origin, one-person mode), author
    Column("notebook_id", ForeignKey("notebooks.id")),
    Column("cell_id", String(64)),
    Column("source_digest", String(64)),
    Column("source", Text),  # of a cell: to show what changed since
    Column("seq", BigInteger),  # what had been done up to this number is accepted
    Column("author_id", ForeignKey("people.id")),
    Column("decided_at", BigInteger, nullable=False),
    Index("ix_trust_person_notebook", "person_id", "notebook_id"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("notebook_id", ForeignKey("notebooks.id"), nullable=False, index=True),
    Column("seq", BigInteger, nullable=False),
    Column("kind", String(8), nullable=False),  # auto, named, restored
    Column("name", Text),
    Column("person_id", String(32)),  # who named or restored it
    Column("created_at", BigInteger, nullable=False),
    Column(
        "editors", Text, nullable=False, server_default="[]"
    ),  # JSON: ids of the people who edited since the last one
    Column("restored_from", String(32)),  # the revision whose content this is
    Column("document", LargeBinary, nullable=False),  # one Yjs v1 update that makes the whole document
    Column("heads", Text, nullable=False),  # JSON: cell id -> run id | null
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("person_id", String(32)),
    Column("action", String(64), nullable=False),
    Column("object_id", String(64)),
    Column("detail", Text),
    Column("ip", String(64)),
    Column("agent", Text),
    Column("chain", String(64)),  # SHA-256 over this row and the chain of the row before: see core/audit.py
)

# --- several people ---------------------------------------------------------------------------------------------------

accounts = Table(
    "accounts",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("user_name", String(64), nullable=False, unique=True),  # lower case
    Column("password_hash", Text),  # argon2id; None: signs in elsewhere, or not yet
    Column("is_admin", Boolean, nullable=False, default=False),
    Column("disabled_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)

identities = Table(
    "identities",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("code_sha256", String(64), primary_key=True),
    Column("person_id", ForeignKey("people.id")),  # whose password is set anew; None: somebody new
    Column("user_name", String(64)),  # offered, and taken as it is where it is set
    Column("is_admin", Boolean, nullable=False, default=False),
    Column("invited_by", String(32)),  # None: the command line
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("expires_at", BigInteger),
)

# Between "go to the provider" and "come back": one row for each sign-in under way.
oidc_starts = Table(
    "oidc_starts",
    metadata,
    Column("state_sha256", String(64), primary_key=True),
    Column("browser_sha256", String(64), nullable=False),  # of the cookie of the browser that began
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("next_path", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# What identity providers said about people who signed out over there: each word counts once.
logout_tokens = Table(
    "logout_tokens",
    metadata,
    Column("token_sha256", String(64), primary_key=True),  # of its issuer and its id
    Column("expires_at", BigInteger, nullable=False),
)

share_links = Table(
    "share_links",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("secret_sha256", String(64), nullable=False),
    Column("notebook_id", ForeignKey("notebooks.id"), index=True),
    Column("folder_id", ForeignKey("folders.id")),
    Column("path", Text),
    Column("role", String(9), nullable=False),
    Column("created_by", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("uses", Integer, nullable=False, default=0),  # people who came by it
    Column("max_uses", Integer),  # so many people may; None: everybody
    Column("last_used_at", BigInteger),
)

# A role on one notebook (notebook_id), or on a directory and everything below it (folder_id and path).
grants = Table(
    "grants",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("notebook_id", ForeignKey("notebooks.id"), index=True),
    Column("folder_id", ForeignKey("folders.id"), index=True),
    Column("path", Text),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("role", String(9), nullable=False),
    Column("link_id", String(32), index=True),  # came by this share link, and goes with it
    Column("created_by", String(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# The way to hosted runtimes. Without a foreign key to its session: whoever ends one would wait for whoever comes in.
runtime_passes = Table(
    "runtime_passes",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("runtime_id", String(32), nullable=False),
    Column("session_sha256", String(64), nullable=False),  # the session that asked for it
    Column("is_ticket", Boolean, nullable=False),  # good once, for a pass
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# Directories of folders that have none on disk.
directories = Table(
    "directories",
    metadata,
    Column("folder_id", ForeignKey("folders.id"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
)

# What people say about cells: records of the hub, in no document and no file (ADR 33).
comments = Table(
    "comments",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("notebook_id", ForeignKey("notebooks.id"), nullable=False, index=True),
    Column("cell_id", String(64), nullable=False),
    Column("reply_to", String(32)),  # the comment that begins the thread; None: this one does
    Column("person_id", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
    Column("resolved_by", String(32)),
    Column("marked_start", Text),  # Yjs relative positions of a piece of the source, base64
    Column("marked_end", Text),
    Column("edited_at", BigInteger),
    Column("deleted_at", BigInteger),  # its text is gone; it stands there for the replies
)
