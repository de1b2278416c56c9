"""npe2 entry points."""
