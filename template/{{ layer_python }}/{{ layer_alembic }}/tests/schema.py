"""How a test's database gets its tables."""

from app.migrate import migrate

__all__ = ["migrate"]
