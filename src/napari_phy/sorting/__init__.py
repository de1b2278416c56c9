"""Detect and cluster spikes: algorithms by name, run as jobs."""

from napari_phy.sorting.algorithms import Estimator, register
from napari_phy.sorting.job import Job

__all__ = ["Estimator", "Job", "register"]
