from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
from psycopg.conninfo import make_conninfo

from app.migrate import migrate

INDEXES = """
SELECT indexrelid::regclass::text AS name, indisvalid FROM pg_index
 WHERE indrelid = 'posts'::regclass ORDER BY 1
"""


def test_two_at_once_make_one_schema(empty_database: str) -> None:
    # Two that wait for each other would wait for ever.
    url = make_conninfo(empty_database, options="-c statement_timeout=20s")
    with ThreadPoolExecutor() as threads:
        list(threads.map(migrate, [url, url]))

    with psycopg.connect(empty_database) as connection:
        versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert len(versions) == len(set(versions)) > 0


def test_an_index_left_invalid_is_built_again(empty_database: str) -> None:
    migrate(empty_database)
    with psycopg.connect(empty_database) as connection:
        expected = connection.execute(INDEXES).fetchall()
        connection.execute("DELETE FROM alembic_version WHERE version_num = '0002'")
        connection.execute("DROP INDEX posts_author_feed_idx")
        connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'posts_feed_idx'::regclass"
        )

    migrate(empty_database)

    with psycopg.connect(empty_database) as connection:
        assert connection.execute(INDEXES).fetchall() == expected
    assert all(valid for _, valid in expected)
