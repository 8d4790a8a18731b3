from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
from psycopg.conninfo import make_conninfo

from tests.project import manage
from tests.schema import migrate

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
        done = connection.execute("SELECT app, name FROM django_migrations").fetchall()
    assert len(done) == len(set(done)) > 0


def test_an_index_left_invalid_is_built_again(empty_database: str) -> None:
    migrate(empty_database, "posts", "0001")
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE INDEX posts_feed_idx ON posts (created_at DESC, id DESC)")
        connection.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'posts_feed_idx'::regclass"
        )

    migrate(empty_database)

    with psycopg.connect(empty_database) as connection:
        indexes: dict[str, bool] = dict(connection.execute(INDEXES).fetchall())
    assert indexes["posts_author_feed_idx"]
    assert all(indexes.values())


def test_a_database_that_is_away_is_one_line_and_exit_code_1() -> None:
    failed = manage("migrate")

    assert failed.returncode == 1
    assert '"migration_failed"' in failed.stdout.splitlines()[-1]
    assert "Traceback" not in failed.stdout + failed.stderr


def test_the_models_are_what_the_migrations_make(database_url: str) -> None:
    compared = manage("makemigrations", "--check", "--dry-run", database=database_url)

    assert compared.returncode == 0, compared.stdout
