"""Readings in: layouts, quality, the lake."""
