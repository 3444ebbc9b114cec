"""The routine signal: a day on which somebody who lives alone does not stir as usual."""
