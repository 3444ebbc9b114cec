"""Is somebody living behind this door? The rules, their thresholds and their words."""
