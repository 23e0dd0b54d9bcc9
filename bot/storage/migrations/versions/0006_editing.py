"""editing"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pack', sa.String(length=60), nullable=False),
    sa.Column('question', sa.String(length=120), nullable=False),
    sa.Column('situation', sa.String(length=30), nullable=False),
    sa.Column('language', sa.String(length=3), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('conflicts', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('base', sa.Integer(), nullable=True),
    sa.Column('writers', sa.JSON(), nullable=False),
    sa.Column('author', sa.Integer(), nullable=True),
    sa.Column('author_name', sa.String(length=200), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(), nullable=True),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('pack', 'question', 'situation', 'language')
    )
    with op.batch_alter_table('draft', schema=None) as batch_op:
        batch_op.create_index('draft_by_state', ['pack', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_draft_author'), ['author'], unique=False)

    op.create_table('draft_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('draft_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=16), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('author_name', sa.String(length=200), nullable=False),
    sa.Column('saved_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('draft_version', schema=None) as batch_op:
        batch_op.create_index('draft_version_by_digest', ['draft_id', 'digest'], unique=False)

    op.create_table('new_question',
    sa.Column('pack', sa.String(length=60), nullable=False),
    sa.Column('question', sa.String(length=120), nullable=False),
    sa.Column('title', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('created_by_name', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('pack', 'question')
    )
    op.create_table('note',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pack', sa.String(length=60), nullable=False),
    sa.Column('question', sa.String(length=120), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('author', sa.Integer(), nullable=False),
    sa.Column('author_name', sa.String(length=200), nullable=False),
    sa.Column('written_at', sa.DateTime(), nullable=False),
    sa.Column('done_by_name', sa.String(length=200), nullable=False),
    sa.Column('done_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('note', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_note_done_at'), ['done_at'], unique=False)
        batch_op.create_index('note_of_question', ['pack', 'question'], unique=False)

    op.create_table('outdated',
    sa.Column('pack', sa.String(length=60), nullable=False),
    sa.Column('question', sa.String(length=120), nullable=False),
    sa.Column('situation', sa.String(length=30), nullable=False),
    sa.Column('language', sa.String(length=3), nullable=False),
    sa.Column('since', sa.DateTime(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('pack', 'question', 'situation', 'language')
    )
    op.create_table('presence',
    sa.Column('pack', sa.String(length=60), nullable=False),
    sa.Column('question', sa.String(length=120), nullable=False),
    sa.Column('situation', sa.String(length=30), nullable=False),
    sa.Column('language', sa.String(length=3), nullable=False),
    sa.Column('person', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('seen_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('pack', 'question', 'situation', 'language', 'person')
    )
    with op.batch_alter_table('presence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_presence_seen_at'), ['seen_at'], unique=False)

    op.create_table('revision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pack', sa.String(length=60), nullable=False),
    sa.Column('question', sa.String(length=120), nullable=False),
    sa.Column('situation', sa.String(length=30), nullable=False),
    sa.Column('language', sa.String(length=3), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('digest', sa.String(length=16), nullable=False),
    sa.Column('small_edit', sa.Boolean(), nullable=False),
    sa.Column('removed', sa.Boolean(), nullable=False),
    sa.Column('author_name', sa.String(length=200), nullable=False),
    sa.Column('approved_by', sa.Integer(), nullable=True),
    sa.Column('approved_by_name', sa.String(length=200), nullable=False),
    sa.Column('approved_at', sa.DateTime(), nullable=False),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('revision', schema=None) as batch_op:
        batch_op.create_index('revision_of_text', ['pack', 'question', 'situation', 'language'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('revision', schema=None) as batch_op:
        batch_op.drop_index('revision_of_text')

    op.drop_table('revision')
    with op.batch_alter_table('presence', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_presence_seen_at'))

    op.drop_table('presence')
    op.drop_table('outdated')
    with op.batch_alter_table('note', schema=None) as batch_op:
        batch_op.drop_index('note_of_question')
        batch_op.drop_index(batch_op.f('ix_note_done_at'))

    op.drop_table('note')
    op.drop_table('new_question')
    with op.batch_alter_table('draft_version', schema=None) as batch_op:
        batch_op.drop_index('draft_version_by_digest')

    op.drop_table('draft_version')
    with op.batch_alter_table('draft', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_draft_author'))
        batch_op.drop_index('draft_by_state')

    op.drop_table('draft')
