"""Recordings of the Open Ephys GUI."""
