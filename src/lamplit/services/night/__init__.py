"""The night: every home's state carried forward by the days that have come in."""
