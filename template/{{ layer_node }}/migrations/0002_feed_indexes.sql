-- outside a transaction
--
-- The feed's indexes, built while the service keeps writing. CREATE INDEX CONCURRENTLY cannot run
-- in a transaction and, when it is interrupted, leaves an invalid index behind. So: a migration of
-- its own, whose statements run one by one, and which clears up before it begins again.

DROP INDEX CONCURRENTLY IF EXISTS posts_feed_idx;
CREATE INDEX CONCURRENTLY posts_feed_idx ON posts (created_at DESC, id DESC);

DROP INDEX CONCURRENTLY IF EXISTS posts_author_feed_idx;
CREATE INDEX CONCURRENTLY posts_author_feed_idx ON posts (author_id, created_at DESC, id DESC);
