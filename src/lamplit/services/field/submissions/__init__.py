"""What people say they did: received durably, worked in once, or set aside and kept."""
