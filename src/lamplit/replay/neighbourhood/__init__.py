"""A neighbourhood in full swing: the demo's people, campaigns and residents, up to this minute.

`lamplit.replay.neighbourhood.play` tells it from the first check-in to now, on a virtual clock and
through the same services that the pages call; `cast` and `words` are its data.
"""
