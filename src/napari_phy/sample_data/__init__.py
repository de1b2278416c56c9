"""Sample data sets with known truth, made on this machine and kept in the user's cache."""

from napari_phy.sample_data.make import make_sample
from napari_phy.sample_data.places import fresh_copy, sample_path, working_copy
from napari_phy.sample_data.truth import Truth, read_truth, truth_path

__all__ = ["Truth", "fresh_copy", "make_sample", "read_truth", "sample_path", "truth_path", "working_copy"]
