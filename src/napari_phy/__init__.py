"""Sort spikes by hand in napari."""
