"""Whether a home is in good order: what `lamplit doctor` looks at."""
