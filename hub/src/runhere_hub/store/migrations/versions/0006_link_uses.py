"""Share links that work for so many people only."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; links from before work for everybody, as they did."""
    op.add_column("share_links", sa.Column("max_uses", sa.Integer(), nullable=True))
