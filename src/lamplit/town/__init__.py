"""A town with known truth: people first, then their appliances, then what meters make of it."""
