"""Sample data sets with known truth, made on this machine and kept in the user's cache."""

from napari_phy.sample_data.imaging import make_imaging_sample
from napari_phy.sample_data.imaging_truth import ImagingTruth, imaging_truth_path, read_imaging_truth
from napari_phy.sample_data.make import make_sample
from napari_phy.sample_data.places import EPHYS, IMAGING, SAMPLES, fresh_copy, sample_path, working_copy
from napari_phy.sample_data.truth import Truth, read_truth, truth_path

__all__ = [
    "EPHYS",
    "IMAGING",
    "SAMPLES",
    "ImagingTruth",
    "Truth",
    "fresh_copy",
    "imaging_truth_path",
    "make_imaging_sample",
    "make_sample",
    "read_imaging_truth",
    "read_truth",
    "sample_path",
    "truth_path",
    "working_copy",
]
