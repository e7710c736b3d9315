"""Revisions say who edited, and which earlier one was restored."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add both columns; of older revisions nobody knows."""
    op.add_column("revisions", sa.Column("editors", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("revisions", sa.Column("restored_from", sa.String(length=32), nullable=True))
