"""Phones: what each carries, and how it is set up."""
