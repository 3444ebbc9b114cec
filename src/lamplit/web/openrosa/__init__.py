"""OpenRosa, as ODK Collect speaks it: forms out, entity lists out, submissions in."""
