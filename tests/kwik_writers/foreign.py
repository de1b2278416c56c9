"""Writes files that look like Kwik and are not."""

import json
from pathlib import Path

import h5py
import numpy as np
from kwik_writers.pytables import PyTablesFile


def write_kwik_1_json(path: Path) -> None:
    """Write a Kwik file of 2013: JSON text."""
    path.write_text(json.dumps({"VERSION": 1, "experiment_name": "old", "shanks": [{"shank": 0}]}, indent=1))


def write_kwik_1_tables(path: Path) -> None:
    """Write a file of the same format as PyTables wrote them."""
    with PyTablesFile(path) as file:
        file.group("/", VERSION=1)
        file.array("/channel_groups_/channel_group0/spiketrain/sample", np.arange(5))


def write_bxr(path: Path) -> None:
    """Write the skeleton of an analysis by BrainWave 3 (3Brain)."""
    with h5py.File(path, "w") as file:
        file.attrs["Description"] = "BXR-File Level3 - 3Brain"
        file.attrs["Version"] = 320
        file["3BRecInfo/3BRecVars/SamplingRate"] = np.array([17855.0])
        file["3BResults/3BChEvents/SpikeTimes"] = np.arange(5)


def write_nwb(path: Path) -> None:
    """Write the skeleton of a Neurodata Without Borders file."""
    with h5py.File(path, "w") as file:
        file.attrs["nwb_version"] = "2.7.0"
        file["session_start_time"] = "2020-01-01T00:00:00"
        file.create_group("units")
