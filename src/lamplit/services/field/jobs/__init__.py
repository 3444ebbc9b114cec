"""Work that goes on behind the pages: asked for, watched, cancelled, done one at a time."""
