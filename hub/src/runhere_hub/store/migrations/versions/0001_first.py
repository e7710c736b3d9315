"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("color", sa.String(length=7), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_table(
        "folders",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("bound_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_folders_owner_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folders")),
        sa.UniqueConstraint("path", name=op.f("uq_folders_path")),
    )
    op.create_table(
        "login_codes",
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_login_codes_person_id_people")),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_login_codes")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sessions_person_id_people")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sessions")),
    )
    op.create_table(
        "notebooks",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("owner_id", sa.String(length=32), nullable=False),
        sa.Column("folder_id", sa.String(length=32), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("omit_outputs", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("trashed_at", sa.BigInteger(), nullable=True),
        sa.Column("trash_path", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["folder_id"], ["folders.id"], name=op.f("fk_notebooks_folder_id_folders")),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name=op.f("fk_notebooks_owner_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notebooks")),
    )
    op.create_index("ix_notebooks_folder_path", "notebooks", ["folder_id", "path"], unique=False)
    op.create_table(
        "authorship",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("notebook_id", sa.String(length=32), nullable=False),
        sa.Column("cell_id", sa.String(length=64), nullable=False),
        sa.Column("source_digest", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["notebook_id"], ["notebooks.id"], name=op.f("fk_authorship_notebook_id_notebooks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorship")),
    )
    op.create_index("ix_authorship_notebook_cell", "authorship", ["notebook_id", "cell_id"], unique=False)
    op.create_table(
        "blobs",
        sa.Column("notebook_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["notebook_id"], ["notebooks.id"], name=op.f("fk_blobs_notebook_id_notebooks")),
        sa.PrimaryKeyConstraint("notebook_id", "sha256", name=op.f("pk_blobs")),
    )
    op.create_table(
        "clients",
        sa.Column("notebook_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["notebook_id"], ["notebooks.id"], name=op.f("fk_clients_notebook_id_notebooks")),
        sa.PrimaryKeyConstraint("notebook_id", "client_id", name=op.f("pk_clients")),
    )
    op.create_table(
        "file_bases",
        sa.Column("notebook_id", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["notebook_id"], ["notebooks.id"], name=op.f("fk_file_bases_notebook_id_notebooks")),
        sa.PrimaryKeyConstraint("notebook_id", name=op.f("pk_file_bases")),
    )
    op.create_table(
        "heads",
        sa.Column("notebook_id", sa.String(length=32), nullable=False),
        sa.Column("cell_id", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=128), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["notebook_id"], ["notebooks.id"], name=op.f("fk_heads_notebook_id_notebooks")),
        sa.PrimaryKeyConstraint("notebook_id", "cell_id", name=op.f("pk_heads")),
    )
    op.create_table(
        "revisions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("notebook_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["notebook_id"], ["notebooks.id"], name=op.f("fk_revisions_notebook_id_notebooks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
    )
    op.create_index(op.f("ix_revisions_notebook_id"), "revisions", ["notebook_id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("notebook_id", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=128), nullable=False),
        sa.Column("cell_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("outputs", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["notebook_id"], ["notebooks.id"], name=op.f("fk_runs_notebook_id_notebooks")),
        sa.PrimaryKeyConstraint("notebook_id", "run_id", name=op.f("pk_runs")),
    )
    op.create_table(
        "snapshots",
        sa.Column("notebook_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["notebook_id"], ["notebooks.id"], name=op.f("fk_snapshots_notebook_id_notebooks")),
        sa.PrimaryKeyConstraint("notebook_id", name=op.f("pk_snapshots")),
    )
    op.create_table(
        "updates",
        sa.Column("notebook_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("process", sa.String(length=32), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["notebook_id"], ["notebooks.id"], name=op.f("fk_updates_notebook_id_notebooks")),
        sa.PrimaryKeyConstraint("notebook_id", "seq", name=op.f("pk_updates")),
    )
