"""People and their dated ties to places: check-in, roles, responsibility, and who covers what."""
