"""The checks, one module per group of clauses."""
