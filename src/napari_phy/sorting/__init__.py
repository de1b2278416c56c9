"""Detect and cluster spikes: algorithms by name, run as jobs."""

from napari_phy.sorting import cluster, sort, spikedetect
from napari_phy.sorting.algorithms import Estimator, register
from napari_phy.sorting.cluster import ClusteredSpikes
from napari_phy.sorting.detection import DetectedSpikes, Detection
from napari_phy.sorting.job import Job
from napari_phy.sorting.traces import RawTraces

__all__ = [
    "ClusteredSpikes",
    "DetectedSpikes",
    "Detection",
    "Estimator",
    "Job",
    "RawTraces",
    "cluster",
    "register",
    "sort",
    "spikedetect",
]
