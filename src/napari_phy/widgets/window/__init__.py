"""What ties one napari window to one data set: the workspace, the overview, and what watches them."""
