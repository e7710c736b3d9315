"""Sessions that end when one signs out at the identity provider."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what names the session over there; sessions from before end as they did."""
    op.add_column("sessions", sa.Column("issuer", sa.String(255), nullable=True))
    op.add_column("sessions", sa.Column("subject", sa.String(255), nullable=True))
    op.add_column("sessions", sa.Column("sid", sa.Text(), nullable=True))
    op.create_index(op.f("ix_sessions_subject"), "sessions", ["subject"], unique=False)
    op.create_index(op.f("ix_sessions_sid"), "sessions", ["sid"], unique=False)
    op.create_table(
        "logout_tokens",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_logout_tokens")),
    )
