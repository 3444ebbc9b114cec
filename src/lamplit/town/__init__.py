"""A simulated town whose truth is known."""
