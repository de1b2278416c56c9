"""The columns of clusters: each is declared once, here or by `metric`; lists, filters, colours and views read it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ClusteringError
from napari_phy.core.progress import OnProgress
from napari_phy.core.time_cursor import spans_of
from napari_phy.plugins import METRICS, Registry
from napari_phy.stats.refractory import refractory_fraction
from napari_phy.table.class_column import CLASS_COLUMN
from napari_phy.table.cluster_channels import channels_by
from napari_phy.table.column import OWN_UNIT, Column
from napari_phy.table.quality import QUALITY
from napari_phy.table.session_like import SessionLike
from napari_phy.table.stretches import first_spikes
from napari_phy.table.waveform_samples import waveform_samples

Float64 = npt.NDArray[np.float64]


def _ids(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    return clusters


def _n_spikes(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    return list(map(session.manager.n_spikes, clusters))


def _rates(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    return mean_rates(session, np.array(list(map(session.manager.n_spikes, clusters)), dtype=np.int64))


def mean_rates(session: SessionLike, n_spikes: npt.NDArray[np.int64]) -> Float64:
    """Return the mean rates in Hz of clusters with so many spikes in `session`.

    This is the only place where spikes are divided by a duration: that of the time whose spikes the session has.
    """
    used_s = sum(stop_s - start_s for start_s, stop_s in spans_of(session.range_s))
    rates: Float64 = n_spikes / max(used_s, 1 / session.model.sample_rate)
    return rates


def _channels(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    """Return the id of the first of each cluster's channels."""
    if session.sums is None:
        return np.full(len(clusters), np.nan)
    ids, found = session.model.probe.channel_ids, session.sums.get(clusters, on_progress)
    channels = [channels_by(found[cluster]) for cluster in clusters]
    return [ids[own[0]] if len(own) else np.nan for own in channels]


def _depths(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    """Return the centre of mass of |feature| × mask over y."""
    probe = session.model.probe
    if session.sums is None or not probe.knows_positions or not clusters:
        return np.full(len(clusters), np.nan)
    found = session.sums.get(clusters, on_progress)
    weights = np.stack([found[cluster].abs_sum for cluster in clusters])
    totals = weights.sum(axis=1)
    depths = np.full(len(totals), np.nan)
    np.divide(weights @ probe.positions[:, 1], totals, out=depths, where=totals > 0)
    return depths


def _refractory(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    return [100 * refractory_share(session, session.manager.spikes(cluster)) for cluster in clusters]


def refractory_share(session: SessionLike, spikes: npt.NDArray[np.int64]) -> float:
    """Return the share (0…1) of the intervals between ascending spikes that are below the refractory time."""
    samples, rate = session.model.spike_samples[spikes], session.model.sample_rate
    return refractory_fraction(samples, sample_rate=rate, firsts=first_spikes(session.manager, spikes))


def _amplitudes(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    """Return max − min of mean waveform × mean mask on the largest channel, over up to 100 evenly spaced waveforms."""
    samples = waveform_samples(session, clusters, on_progress=on_progress)
    return [samples[cluster].amplitudes.max() for cluster in clusters]


_OWN: tuple[Column, ...] = (
    Column(
        "id", "id", _ids, "Cluster id", "cluster id", is_quantity=False, is_whole=True,
        aliases=("cluster", "cluster_id"), width=58, small_width=44,
    ),
    Column(
        "channel", "ch", _channels, "Channel where the cluster is largest", "channel", kind="additive",
        needs=("features",), is_quantity=False, is_whole=True, width=32, small_width=30, keep=7,
    ),
    Column(
        "depth", "depth", _depths, "Depth (µm)", "depth", "µm", kind="additive",
        needs=("features", "positions"), width=48, small_width=46, keep=2, in_small=False, in_similar=False,
    ),
    Column(
        "spikes", "spikes", _n_spikes, "Number of spikes", "spikes", follows_time=True, is_whole=True,
        is_log=True, aliases=("n_spikes", "num_spikes", "size"), width=60, small_width=58, keep=8,
    ),
    Column(
        "rate", "rate", _rates, "Mean firing rate (Hz)", "rate", "Hz", 1, follows_time=True, is_log=True,
        aliases=("fr",), width=44, small_width=42, keep=5, in_similar=False,
    ),
    Column(
        "amplitude", "amp", _amplitudes,
        "Amplitude (µV)\nPeak to peak of the mean waveform × mask on the best channel; single spikes differ",
        "amplitude", OWN_UNIT, kind="lazy", needs=("waveforms",), in_background=True, is_log=True,
        width=44, small_width=40, keep=3,
    ),
    Column(
        "refractory", "refr.", _refractory, "Intervals within 2 ms (%)", "refractory", "%", 1, kind="lazy",
        axis="intervals within 2 ms", follows_time=True, width=46, small_width=44, keep=9, in_small=False,
        warns_from=1.0, is_lower_better=True,
    ),
)  # fmt: skip

BUILT_IN: tuple[Column, ...] = (*_OWN, *QUALITY, CLASS_COLUMN)


registry = Registry(BUILT_IN, METRICS, "column", ("group", "similar"))


def all_columns() -> tuple[Column, ...]:
    """Return every column, those of our own first, in the order of the lists."""
    return registry.all


def quantities() -> tuple[Column, ...]:
    """Return the columns that can stand for size and colour."""
    return tuple(column for column in all_columns() if column.is_quantity)


def measures() -> tuple[Column, ...]:
    """Return the columns that can be along an axis: quantities, then names such as channels and ids."""
    return (*quantities(), *(one for one in all_columns()[::-1] if not (one.is_quantity or one.categories)))


def known_keys(session: SessionLike, *, reads_features: bool = True) -> set[str]:
    """Return the keys of the columns that can be known of a data set."""
    return {
        column.key
        for column in all_columns()
        if column.is_in(session) and (reads_features or "features" not in column.needs)
    }


def column_named(name: str) -> Column | None:
    """Return the column that has a name, or None."""
    return next((column for column in all_columns() if name in column.names), None)


def column_key(name: str) -> str:
    """Return the key of the column that has a name; what is no name of a column as it is."""
    column = column_named(name)
    return name if column is None else column.key


def find_column(name: str) -> Column:
    """Return the column that has a name.

    Raises
    ------
    ClusteringError
        There is none; the sentence names the nearest.
    """
    column = column_named(name)
    if column is not None:
        return column
    names = [name for one in all_columns() for name in one.names]
    usual = ", ".join(one.word for one in all_columns() if one.is_usual)
    near = difflib.get_close_matches(name, names)
    hint = f"did you mean {near[0]}?" if near else f"there are {usual}."
    raise ClusteringError(f"There is no column {name}; {hint}")
