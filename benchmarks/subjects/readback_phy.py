"""Edit a folder here and read it with phylib and SpikeInterface; edit it with phy and read it here.

Each side checks itself: the process ends unless clusters, groups and labels are those that were saved.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from editing import edit
from harness import SEED, Row, Side, Size, Watch
from template_set import template_set

from napari_phy import open_session
from napari_phy.formats.phy.model import PhyModel

SIZE = Size(n_spikes=50_000, n_clusters=60, n_edits=60, n_repeats=3)
HAS_PEER = True
N_CHANNELS = 8
ROWS = (
    Row("clusters, groups and labels of a folder that we edited (theirs: phylib)", "ours"),
    Row("of one that phy edited (theirs: phylib)", "phy's"),
    Row("of one that SpikeInterface read and wrote anew", "exported"),
)
_FIELD, _QUALITY = "region", "quality"
_GROUPS = ("good", "mua", "noise")
Saved = tuple[np.ndarray, dict[int, str], dict[int, str]]  # cluster of each spike; group and region of each cluster


def measure(side: Side, size: Size, watch: Watch) -> None:
    read = _read_here if side == "ours" else _read_by_phylib
    with template_set(size, n_channels=N_CHANNELS, n_features=3) as params:
        saved = _edit_here(params, size)
        _keep(watch, "ours", read, params, saved, size)
        if side == "theirs":
            _check_export(watch, params, saved)
            edited = _edit_by_phy(params)
            _keep(watch, "phy's", _read_by_phylib, params, edited, size)
            _check("phy, read here", edited, _read_here(params), watch)


def _keep(watch: Watch, key: str, read: Callable[[Path], Saved], params: Path, saved: Saved, size: Size) -> None:
    found = saved
    for _ in range(size.n_repeats):
        found = watch.time(key, read, params)
    _check(f"{key}, {read.__name__.strip('_').replace('_', ' ')}", saved, found, watch)


def _edit_here(params: Path, size: Size) -> Saved:
    """Merge, split, undo, group and label; save; return what the session held then."""
    with open_session(params) as session:
        edit(session.manager, size.n_edits)
        session.undo()
        for place, cluster in enumerate(session.manager.cluster_ids.tolist()):
            group = (*_GROUPS, "unsorted")[place % 4]
            if session.manager.group(cluster) != group:
                session.move([cluster], group)
            if place % 3 == 0:
                session.label([cluster], _FIELD, f"CA{place % 5}")
        session.save()
        manager = session.manager
        ids = manager.cluster_ids.tolist()
        groups = {one: manager.group(one) for one in ids if manager.group(one) != "unsorted"}
        regions = {one: manager.labels(one)[_FIELD] for one in ids if _FIELD in manager.labels(one)}
        return np.array(manager.spike_clusters), groups, regions


def _read_here(params: Path, field: str = "") -> Saved:
    """Read the clusters; groups may be in a field of their own."""
    with closing(PhyModel(params)) as model:
        stored = model.cluster_labels.get(field, {}) if field else model.cluster_groups
        groups = {one: str(group) for one, group in stored.items() if group not in ("unsorted", "")}
        return np.array(model.spike_clusters), groups, dict(model.cluster_labels.get(_FIELD, {}))


def _read_by_phylib(params: Path) -> Saved:
    from phylib.io.model import load_model

    model = load_model(params)
    groups = {one: group for one, group in model.metadata.get("group", {}).items() if group != "unsorted"}
    return np.array(model.spike_clusters), groups, dict(model.metadata.get(_FIELD, {}))


def _edit_by_phy(params: Path) -> Saved:
    """Edit with phy's `Clustering` and save with phylib, as phy's template program does."""
    from phy.cluster.clustering import Clustering
    from phylib.io.model import load_model

    model = load_model(params)
    rng = np.random.default_rng(SEED)
    clustering = Clustering(model.spike_clusters.copy())
    for _ in range(10):
        clustering.merge(rng.choice(clustering.cluster_ids, 2, replace=False))
        clustering.split(np.sort(rng.choice(model.n_spikes, 50, replace=False)))
    clustering.undo()
    ids = clustering.cluster_ids.tolist()
    groups = {one: _GROUPS[one % 3] for one in ids if one % 4}
    regions = {one: f"CA{one % 5}" for one in ids if one % 3 == 0}
    model.save_spike_clusters(clustering.spike_clusters)
    model.save_metadata("group", groups)
    model.save_metadata(_FIELD, regions)
    return np.array(clustering.spike_clusters), groups, regions


def _check_export(watch: Watch, params: Path, saved: Saved) -> None:
    """Read it by SpikeInterface, write it anew, and read that here: ids are new, the rest is the same.

    SpikeInterface writes all clusters as unsorted; it reads groups as `quality`, which it can write beside them.
    """
    import spikeinterface.full as si

    si.set_global_job_kwargs(n_jobs=1, progress_bar=False)

    target = params.parent / "exported"
    sorting = si.read_phy(params.parent)
    recording = si.read_binary(params.parent / "recorded.dat", 20_000.0, "int16", N_CHANNELS)
    recording.set_dummy_probe_from_locations(np.load(params.parent / "channel_positions.npy"))
    analyzer = si.create_sorting_analyzer(sorting, recording, sparse=False)
    analyzer.compute(["random_spikes", "waveforms", "templates", "spike_amplitudes"])
    si.export_to_phy(
        analyzer,
        target,
        compute_pc_features=False,
        additional_properties=[_FIELD, _QUALITY],
        copy_binary=False,
        verbose=False,
    )
    found = watch.time("exported", _read_here, target / "params.py", _QUALITY)
    _check("SpikeInterface, read here", _by_partition(saved, params), _by_partition(found, target / "params.py"), watch)


def _by_partition(saved: Saved, params: Path) -> Any:
    """Return group and label of each cluster by its spike times, whatever its id is."""
    clusters, groups, regions = saved
    samples = np.load(params.parent / "spike_times.npy").ravel()
    return {
        np.sort(samples[clusters == one]).tobytes(): (groups.get(one, "unsorted"), regions.get(one, ""))
        for one in np.unique(clusters).tolist()
    }


def _check(what: str, saved: Any, found: Any, watch: Watch) -> None:
    if isinstance(saved, dict):
        is_same, n = saved == found, len(saved)
    else:
        is_same = np.array_equal(saved[0], found[0]) and saved[1:] == found[1:]
        n = len(np.unique(saved[0]))
    if not is_same:
        raise SystemExit(f"{what}: clusters, groups or labels differ from those that were saved.")
    watch.notes.append(f"{what}: {n} clusters, their groups and labels are identical.")
