"""Rules as data, and the plans that they compile to."""
