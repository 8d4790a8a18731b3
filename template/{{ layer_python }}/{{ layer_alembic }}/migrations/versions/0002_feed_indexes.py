"""The feed's indexes, built while the service keeps writing.

CREATE INDEX CONCURRENTLY cannot run in a transaction and, when it is interrupted, leaves an
invalid index behind. So: a migration of its own, outside a transaction, safe to run again.
Nothing depends on it; later migrations follow 0001 or each other.
"""

from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEXES = {
    "posts_feed_idx": "posts (created_at DESC, id DESC)",
    "posts_author_feed_idx": "posts (author_id, created_at DESC, id DESC)",
}

IS_INVALID = text(
    "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid)"
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            if op.get_bind().scalar(IS_INVALID, {"name": name}):
                op.execute(f"DROP INDEX CONCURRENTLY {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {columns}")
