"""The words, units and time types. Standard library only."""
