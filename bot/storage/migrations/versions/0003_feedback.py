"""feedback on replies"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('feedback',
    sa.Column('reply_id', sa.Integer(), nullable=False),
    sa.Column('rating', sa.String(length=4), nullable=False),
    sa.Column('rated_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['reply_id'], ['outbound.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('reply_id')
    )


def downgrade() -> None:
    op.drop_table('feedback')
