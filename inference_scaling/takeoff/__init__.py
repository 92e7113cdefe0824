"""Takeoff speed: what repeated sampling foretells of a larger model, what a first AGI costs to run, and how long few can afford it."""
