"""Comments: the piece of a cell they are about; when they were changed or deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns; nobody has written a comment with an earlier version."""
    op.add_column("comments", sa.Column("marked_start", sa.Text(), nullable=True))
    op.add_column("comments", sa.Column("marked_end", sa.Text(), nullable=True))
    op.add_column("comments", sa.Column("edited_at", sa.BigInteger(), nullable=True))
    op.add_column("comments", sa.Column("deleted_at", sa.BigInteger(), nullable=True))
