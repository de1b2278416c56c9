"""One module or a few for each view; its picture is computed in `napari_phy.views`, painted in `canvas`."""
