"""Background jobs: rows of the table `jobs`, written by whoever causes them, run by a worker."""
