"""Who goes to which door, in which order, by when, and how surely.

Pure computation over `Request`: no clock, no store, no randomness but the seed's. Start with
`lamplit.planning.planner.make_plan` and `lamplit.planning.replan.replan`.
"""
