"""What happened at a home: went dark, returned, frozen high."""
