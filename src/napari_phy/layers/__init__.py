"""napari layers of a session."""
