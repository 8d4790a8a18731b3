"""Roadbed: production backends that keep one contract."""
