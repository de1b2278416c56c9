"""The views as docks, each with its painter."""
