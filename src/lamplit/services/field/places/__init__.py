"""Places as people ask for them, and the registry's places brought into the store."""
