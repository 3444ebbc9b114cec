"""One module per layout: a declarative profile, or a small reader."""
