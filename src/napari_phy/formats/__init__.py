"""Data sets in the formats that can be opened, in and out."""
