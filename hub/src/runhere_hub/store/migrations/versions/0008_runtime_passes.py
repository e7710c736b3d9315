"""Tickets and passes to hosted runtimes, for every hub process."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table; what one process's memory held is gone with it, and pages ask for another pass by themselves."""
    op.create_table(
        "runtime_passes",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(32), nullable=False),
        sa.Column("runtime_id", sa.String(32), nullable=False),
        sa.Column("session_sha256", sa.String(64), nullable=False),
        sa.Column("is_ticket", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_runtime_passes_person_id_people")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_runtime_passes")),
    )
    op.create_index(op.f("ix_runtime_passes_person_id"), "runtime_passes", ["person_id"], unique=False)
