"""HDF5 files by the path of their nodes, read with care."""
