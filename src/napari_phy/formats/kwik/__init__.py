"""Kwik data sets, in and out."""
