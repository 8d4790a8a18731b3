"""What can go wrong in a measurement."""

from __future__ import annotations


class BenchError(Exception):
    """The measurement would mean nothing: one line that names the fault."""
