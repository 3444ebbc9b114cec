"""Files of places, organisations, people and ties: planned first, then applied."""
