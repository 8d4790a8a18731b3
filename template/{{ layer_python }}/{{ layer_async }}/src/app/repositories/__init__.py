"""Queries: each takes a connection, runs one statement, and returns rows; none commits."""
