"""Docks and their parts."""
