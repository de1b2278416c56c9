"""Makes the sample data set: simulate each shank, detect, sort with mistakes, write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import Recording
from napari_phy.core.event_times import EventTimes
from napari_phy.files.install import install
from napari_phy.formats.kwik.create import KwikGroup, create_kwik
from napari_phy.sample_data.action_potentials import N_BEFORE, compute_template
from napari_phy.sample_data.components import compute_features, principal_components
from napari_phy.sample_data.detection import detect, extract_waveforms, filter_traces
from napari_phy.sample_data.install import SUFFIXES
from napari_phy.sample_data.recipe import (
    DURATION_S,
    GROUP_NAMES,
    MICROVOLTS_PER_UNIT,
    N_SHANKS,
    N_SITES,
    SAMPLE_RATE,
    SEED,
    SHANK_DISTANCE_UM,
    STORIES,
    UNITS,
    Story,
    build_probe,
)
from napari_phy.sample_data.truth import Truth, truth_path, write_truth
from napari_phy.sample_data.voltage import Recorded, record_shank, site_positions

Progress = Callable[[float], None]  # called with the share that is done, 0…1


@dataclass(frozen=True, slots=True, eq=False)
class _Shank:
    recorded: Recorded
    group: KwikGroup
    spike_units: npt.NDArray[np.int64]


def make_sample(
    folder: Path, name: str = "sample", progress: Progress | None = None, *, duration_s: float = DURATION_S
) -> Path:
    """Write `<name>.kwik`, `.kwx`, `.dat` and `.truth.npz` into a folder; return the path of the `.kwik`.

    The same bytes each time on one machine with one set of versions. The `.kwik` appears last: where it is, all is.

    Raises
    ------
    SaveError
        One of the files is there already.
    """

    def write(staging: Path) -> None:
        write_sample(staging / f"{name}.kwik", duration_s, progress or (lambda done: None))

    return install(Path(folder), name, write, SUFFIXES)


def write_sample(
    path: Path, duration_s: float, progress: Progress, events: Mapping[str, EventTimes] = MappingProxyType({})
) -> None:
    """Write a `.kwik` with such events, and the files beside it."""
    n_samples = round(duration_s * SAMPLE_RATE)
    raw = np.empty((n_samples, N_SHANKS * N_SITES), dtype="<i2")
    shanks = []
    for shank in range(N_SHANKS):
        made = _simulate(shank, duration_s, partial(_report, progress, shank))
        raw[:, shank * N_SITES : (shank + 1) * N_SITES] = made.recorded.traces.T
        shanks.append(made)
    raw.tofile(path.with_suffix(".dat"))
    create_kwik(
        path,
        sample_rate=SAMPLE_RATE,
        recordings=[Recording(0, "recording 0", 0, n_samples)],
        dat_path=path.with_suffix(".dat").name,
        dtype=np.int16,
        n_channels_total=N_SHANKS * N_SITES,
        microvolts_per_unit=MICROVOLTS_PER_UNIT,
        groups={shank: made.group for shank, made in enumerate(shanks)},
        events=events,
    )
    write_truth(truth_path(path), _collect_truth(shanks))
    progress(1.0)


def _report(progress: Progress, shank: int, share: float) -> None:
    progress(0.95 * (shank + share) / N_SHANKS)


def _simulate(shank: int, duration_s: float, progress: Progress) -> _Shank:
    probe, story = build_probe(shank), STORIES[shank]
    recorded = record_shank(shank, probe, duration_s)
    progress(0.6)
    filtered = filter_traces(recorded.traces)
    progress(0.9)
    detected = detect(filtered, probe, recorded.event_samples, recorded.event_channels, recorded.event_sizes)
    waveforms = extract_waveforms(filtered, detected.samples)
    features = compute_features(waveforms, principal_components(waveforms, detected.masks))
    sources = recorded.event_sources[detected.events]
    group = KwikGroup(
        probe=probe,
        spike_samples=np.floor(detected.samples).astype(np.int64),
        spike_clusters=_assign_clusters(sources, story, shank),
        features=features,
        masks=detected.masks,
        cluster_groups={cluster.cluster_id: cluster.group for cluster in story.clusters},
        group_names=GROUP_NAMES,
    )
    progress(1.0)
    return _Shank(recorded, group, sources)


def _collect_truth(shanks: list[_Shank]) -> Truth:
    samples = np.concatenate([shank.recorded.event_samples for shank in shanks])
    units = np.concatenate([shank.recorded.event_sources for shank in shanks])
    order = np.argsort(samples, kind="stable")
    templates = []
    for unit in UNITS:
        shape = compute_template(unit, site_positions(build_probe(unit.shank), unit.shank))
        template = np.zeros((len(shape), N_SHANKS * N_SITES), dtype=np.float32)
        template[:, unit.shank * N_SITES : (unit.shank + 1) * N_SITES] = shape
        templates.append(template)
    cluster_ids = {shank: np.unique(made.group.spike_clusters).astype(np.int64) for shank, made in enumerate(shanks)}
    holds = {
        shank: np.array(
            [
                np.isin(np.arange(len(UNITS)), made.spike_units[made.group.spike_clusters == cluster])
                for cluster in cluster_ids[shank]
            ]
        )
        for shank, made in enumerate(shanks)
    }
    return Truth(
        event_samples=samples[order],
        event_units=units[order],
        templates=np.array(templates),
        trough_sample=N_BEFORE,
        unit_positions=np.array([(u.x_um + u.shank * SHANK_DISTANCE_UM, u.y_um, u.z_um) for u in UNITS]),
        unit_groups=np.array([u.shank for u in UNITS], dtype=np.int64),
        spike_units={shank: made.spike_units for shank, made in enumerate(shanks)},
        cluster_ids=cluster_ids,
        cluster_units=holds,
    )


def _assign_clusters(sources: npt.NDArray[np.int64], story: Story, shank: int) -> npt.NDArray[np.int32]:
    """Return (n_spikes,) the clusters that a sorter left: mostly right, with the mistakes of the story."""
    rng = np.random.default_rng((SEED, shank, 6))
    clusters = np.full(len(sources), -1, dtype=np.int32)
    draws = rng.random(len(sources))
    for cluster in story.clusters:
        for unit in cluster.units:
            spikes = sources == unit
            if unit in story.shares:
                spikes &= (draws >= story.shares[unit]) == bool(cluster.part)
            clusters[spikes] = cluster.cluster_id
    if np.any(clusters < 0):
        raise AssertionError("the story leaves spikes without a cluster")
    return clusters
