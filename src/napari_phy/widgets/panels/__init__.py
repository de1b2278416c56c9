"""Bases of the docks: they follow a session, compute in the background, and show their state."""
