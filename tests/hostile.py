"""A data set with names that act on who shows them: terminals, Qt's HTML, spreadsheets."""

from pathlib import Path

import h5py
import numpy as np
from soak.small_kwik import make_kwik

PICTURE = "<img src='canary.png'>"
ESCAPES = "\x1b]0;owned\x07\x9b31m\u202egpj\x7f"
NAME = f"{PICTURE}{ESCAPES}"


def make_hostile(folder: Path) -> Path:
    """Write a data set whose groups, labels, clusterings, recordings and events have such names."""
    np.zeros((200_000, 4), dtype=np.int16).tofile(folder / "small.dat")
    path = make_kwik(folder)
    with h5py.File(path, "r+") as file:
        group = file["/channel_groups/0"]
        group.attrs["name"] = NAME
        group["cluster_groups/main"].create_group("4").attrs["name"] = NAME
        clusters = group["clusters/main"]
        clusters["0"].attrs["cluster_group"] = 4
        clusters["1"].attrs["cluster_group"] = f"{NAME} by name"
        own = clusters["2"].require_group("application_data/napari_phy")
        own.attrs[f"label.{NAME}"] = NAME
        own.attrs["label.formula"] = "=1+1"
        for parent in ("spikes/clusters", "clusters", "cluster_groups"):
            group[parent].copy("main", NAME.replace("/", "|"))
        file["/recordings/0"].attrs["name"] = NAME
        events = file.create_group(f"/event_types/{NAME}/events")
        events["time_samples"] = np.arange(5, dtype=np.uint64)
        events["recording"] = np.zeros(5, dtype=np.uint16)
        file["/application_data/spikedetekt"].attrs["prb_file"] = NAME
    return path
