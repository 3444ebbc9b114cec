"""The origin relived: robots with phones work through a real server, and every count is checked.

Start with `lamplit.replay.run.Replay`. The robots know the town's truth only as somebody does who
stands at a door; what they did is written down apart from the server (`ledger.py`), and at the end
the two are compared.
"""
