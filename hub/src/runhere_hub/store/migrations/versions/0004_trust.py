"""What people trust; since when a text is in its notebook."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a table and a column."""
    op.add_column("authorship", sa.Column("since", sa.BigInteger(), nullable=True))
    op.create_table(
        "trust",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("notebook_id", sa.String(length=32), nullable=True),
        sa.Column("cell_id", sa.String(length=64), nullable=True),
        sa.Column("source_digest", sa.String(length=64), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("author_id", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_trust_author_id_people")),
        sa.ForeignKeyConstraint(["notebook_id"], ["notebooks.id"], name=op.f("fk_trust_notebook_id_notebooks")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_trust_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust")),
    )
    op.create_index("ix_trust_person_notebook", "trust", ["person_id", "notebook_id"], unique=False)
