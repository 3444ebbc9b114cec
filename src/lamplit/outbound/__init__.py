"""What leaves the house: tables, files, pictures."""
