"""Plans: who goes to which doors by when, kept as proposals until somebody applies one."""
