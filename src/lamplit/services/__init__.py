"""One function for each thing that a person means to do."""
