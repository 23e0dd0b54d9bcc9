"""checks and examples

Revision ID: 0014
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "check_finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pack", sa.String(length=60), nullable=False),
        sa.Column("question", sa.String(length=120), nullable=False),
        sa.Column("situation", sa.String(length=30), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("field", sa.String(length=30), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("found_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("check_finding_of_question", "check_finding", ["pack", "question"])
    op.create_index("check_finding_of_code", "check_finding", ["pack", "severity", "code"])
    op.create_table(
        "check_override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pack", sa.String(length=60), nullable=False),
        sa.Column("question", sa.String(length=120), nullable=False),
        sa.Column("situation", sa.String(length=30), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("person", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("check_override_of_question", "check_override", ["pack", "question"])
    op.create_table(
        "check_run",
        sa.Column("pack", sa.String(length=60), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("pack"),
    )
    # Test questions are listed and counted by question.
    op.create_index("held_back_of_question", "held_back", ["pack", "expected"])


def downgrade() -> None:
    op.drop_index("held_back_of_question", "held_back")
    op.drop_table("check_run")
    op.drop_table("check_override")
    op.drop_table("check_finding")
