"""Edit and save, then read every spike train back: ours from the file again, theirs with SpikeInterface's read_klusta.

What is read must be what the session held when it saved, spike by spike, or the process ends with what differs.
SpikeInterface knows klusta's four groups, and takes the sample rate from a `.prm`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from data_set import RESULTS, data_set
from editing import edit
from harness import Row, Side, Size, Watch

from napari_phy import ClusterManager, KwikModel, open_session
from napari_phy.core.base_model import BaseModel

SIZE = Size(n_spikes=1_000_000, n_clusters=200, n_edits=120, n_repeats=3)
HAS_PEER = True
ROWS = (
    Row("every spike train of two channel groups written by us", "ours"),
    Row("every spike train of a data set of klusta's, where there is one", "klusta's"),
)
_N_UNDONE, _N_REDONE = 10, 5


class Unit(NamedTuple):
    """A cluster as it is read."""

    channel_group: int
    group: str
    train: np.ndarray


Units = dict[int, Unit]


def measure(side: Side, size: Size, watch: Watch) -> None:
    read = _read_by_us if side == "ours" else _read_by_spikeinterface
    hashed = hashlib.blake2b(digest_size=8)
    with data_set(size, n_groups=2) as written, _copy_of_klustas() as klustas:
        written.with_suffix(".prm").write_text("traces = dict(sample_rate=20000.0)\n")
        for key, path in (("ours", written), ("klusta's", klustas)):
            if path is None:
                continue
            saved = _edit_and_save(path, size)
            found: Units = {}
            for _ in range(size.n_repeats):
                found = watch.time(key, read, path)
            reader = "ours" if side == "ours" else "SpikeInterface"
            watch.notes.append(f"{path.name} read by {reader}: {_verdict(saved, found)}")
            for cluster in sorted(found):
                unit = found[cluster]
                hashed.update(f"{cluster} {unit.channel_group} {unit.group} ".encode())
                hashed.update(unit.train.astype(np.int64))
    watch.digest = hashed.hexdigest()


@contextmanager
def _copy_of_klustas() -> Iterator[Path | None]:
    """Give a copy of `klusta_synth32` of the folder that NAPARI_PHY_DATA names, None where there is none."""
    source = Path(os.environ.get("NAPARI_PHY_DATA", "")) / "klusta_synth32" / "synth32.kwik"
    if not source.exists():
        yield None
        return
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        for suffix in (".kwik", ".kwx", ".prm"):
            shutil.copyfile(source.with_suffix(suffix), Path(folder) / f"{source.stem}{suffix}")
        yield Path(folder) / source.name


def _edit_and_save(path: Path, size: Size) -> Units:
    """Sort every channel group by the same edits; return what the session held when it saved."""
    held: Units = {}
    with open_session(path) as session:
        for channel_group in session.model.channel_groups:
            session.switch(channel_group)
            edit(session.manager, size.n_edits)
            for _ in range(_N_UNDONE):
                session.undo()
            for _ in range(_N_REDONE):
                session.redo()
            session.save()
            held |= _units(session.model, session.manager)
    return held


def _read_by_us(path: Path) -> Units:
    with closing(KwikModel(path)) as model:
        channel_groups = model.channel_groups
    found: Units = {}
    for channel_group in channel_groups:
        with closing(KwikModel(path, channel_group=channel_group)) as model:
            found |= _units(model, ClusterManager(model.spike_clusters, model.cluster_groups))
    return found


def _read_by_spikeinterface(path: Path) -> Units:
    from spikeinterface.extractors import read_klusta

    sorting = read_klusta(path)
    groups = zip(sorting.get_property("group"), sorting.get_property("quality"), strict=True)
    return {
        int(cluster): Unit(int(channel_group), str(quality), sorting.get_unit_spike_train(cluster))
        for cluster, (channel_group, quality) in zip(sorting.unit_ids, groups, strict=True)
    }


def _units(model: BaseModel, manager: ClusterManager) -> Units:
    return {
        cluster: Unit(model.channel_group, manager.group(cluster), model.spike_samples[manager.spikes(cluster)])
        for cluster in manager.cluster_ids.tolist()
    }


def _verdict(saved: Units, found: Units) -> str:
    """Return how many are identical; end the process unless all are."""
    everyone = sorted(saved.keys() | found.keys())
    other = [cluster for cluster in everyone if not _are_identical(saved.get(cluster), found.get(cluster))]
    verdict = f"identical: {len(everyone) - len(other)} of {len(everyone)} units."
    if other:
        raise SystemExit(f"{verdict} Other than saved: {', '.join(map(str, other))}.")
    return verdict


def _are_identical(saved: Unit | None, found: Unit | None) -> bool:
    if saved is None or found is None:
        return False
    return saved[:2] == found[:2] and np.array_equal(saved.train, found.train)
