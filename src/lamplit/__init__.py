"""lamplit: from meter readings to the doors worth knocking on."""

__version__ = "0.1.0"
