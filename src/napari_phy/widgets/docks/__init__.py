"""Which docks there are, and where they are in a window."""
