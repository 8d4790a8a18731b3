"""Accounts at a provider, each tied to a user."""

from alembic import op

revision = "0004"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE oauth_identities (
      provider   text NOT NULL,
      subject    text NOT NULL,
      user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      PRIMARY KEY (provider, subject)
    );
    CREATE INDEX oauth_identities_user_idx ON oauth_identities (user_id);
    """)
