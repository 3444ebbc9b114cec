"""The field half: one function for each thing a person means to do."""
