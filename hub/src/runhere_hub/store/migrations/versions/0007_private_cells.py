"""Cells whose outputs stay at home, and what each person wants of new notebooks."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns."""
    op.add_column("notebooks", sa.Column("private_cells", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("people", sa.Column("omit_outputs", sa.Boolean(), nullable=True))
