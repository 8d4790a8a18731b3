"""Roadbed: production backends that keep one contract."""

__version__ = "0.1.0"
