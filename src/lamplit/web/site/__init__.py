"""The pages: the files that `ui/` builds, and the address of every page of theirs."""
