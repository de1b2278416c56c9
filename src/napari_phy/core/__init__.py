"""The clustering and its edits; arrays only."""
