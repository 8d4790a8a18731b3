"""Statements: what is asked of PostgreSQL, by table. Whoever needs a row runs one through `db`."""
