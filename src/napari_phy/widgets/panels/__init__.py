"""What the docks of views are made of: the panel, its frame, plots, lassos, the time axis."""
