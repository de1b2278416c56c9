"""What a probe in an image shows: a value of each contact, and where the clusters are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.cluster_groups import DISCARDED
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.table.cluster_channels import channels_by
from napari_phy.table.session_like import SessionLike
from napari_phy.views.probe import ProbeRequest, compute_probe

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
ContactColor = Literal["amplitude", "rate", "depth"]


@dataclass(frozen=True, slots=True)
class ProbeInImageRequest:
    """What to show.

    Attributes
    ----------
    selected : tuple of int
        The selected clusters, in order; their amplitudes are asked for.
    clusters : tuple of int
        All that have a point.
    groups : tuple of str
        The group of each of these.
    color_by : {"amplitude", "rate", "depth"}
        What the contacts stand for.
    window_s : tuple of float or None
        Start and stop of the time whose spikes are counted; None: rates are not asked for.
    reads_features : bool
        Whether features may be read; without, clusters have no points.
    """

    selected: tuple[int, ...]
    clusters: tuple[int, ...]
    groups: tuple[str, ...]
    color_by: ContactColor
    window_s: tuple[float, float] | None
    reads_features: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class ProbeInImageData:
    """Values of contacts and places of clusters.

    Attributes
    ----------
    request : ProbeInImageRequest
        What was asked for.
    values : ndarray of float64, shape (n_channels,)
        In `unit`; nan where one is not known.
    shares : ndarray of float64, shape (n_channels,)
        The same from 0 to 1; of amplitudes, the share of the largest one of that cluster.
    of_selected : ndarray of int64, shape (n_channels,)
        Which of the selected clusters is largest on each contact, by its place; -1 where none is, or values are not
        amplitudes.
    unit : str
        "µV", "a.u.", "Hz" or "µm"; "" of features.
    clusters : ndarray of int64, shape (n,)
        The clusters whose place is known.
    groups : tuple of str
        Their groups.
    channels : ndarray of int64, shape (n,)
        The channel, by its number in the file, where each is largest.
    places_um : ndarray of float64, shape (n, 2)
        The centre of mass of |feature| × mask on the probe.
    """

    request: ProbeInImageRequest
    values: Float64
    shares: Float64
    of_selected: Int64
    unit: str
    clusters: Int64
    groups: tuple[str, ...]
    channels: Int64
    places_um: Float64


def probe_in_image_request(
    session: SessionLike,
    selected: tuple[int, ...],
    color_by: ContactColor,
    window_s: tuple[float, float],
    *,
    reads_features: bool = True,
) -> ProbeInImageRequest:
    """Return what to ask for now: `window_s` is that of Traces, of which only rates depend."""
    manager = session.manager
    alive = manager.cluster_ids.tolist()
    groups = zip(alive, manager.groups_of(alive), strict=True)
    shown = [(one, group) for one, group in groups if group != DISCARDED]
    return ProbeInImageRequest(
        tuple(one for one in selected if one in set(alive)) if color_by == "amplitude" else (),
        tuple(one for one, _ in shown),
        tuple(group for _, group in shown),
        color_by,
        window_s if color_by == "rate" else None,
        reads_features,
    )


def compute_probe_in_image(
    session: SessionLike, request: ProbeInImageRequest, on_progress: OnProgress = no_progress
) -> ProbeInImageData:
    """Return values of contacts and places of clusters.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    clusters, channels, places_um = _places(session, request, part_of(on_progress, 0, 0.5))
    of_selected = np.full(model.n_channels, -1, np.int64)
    if request.color_by == "amplitude":
        found = compute_probe(session, ProbeRequest(request.selected), part_of(on_progress, 0.5, 1))
        values, shares, unit = np.full(model.n_channels, np.nan), np.zeros(model.n_channels), found.unit
        if len(found.shares):
            largest, columns = found.shares.argmax(axis=0), np.arange(model.n_channels)
            values, shares = found.amplitudes[largest, columns], found.shares[largest, columns]
            of_selected = np.where(shares > 0, largest, -1)
    elif request.color_by == "rate":
        values, unit = _rates(session, request, clusters, channels), "Hz"
        shares = values / max(float(values.max(initial=0)), 1e-300)
    else:
        values, unit = np.where(model.probe.is_known, model.probe.positions[:, 1], np.nan), "µm"
        low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0.0, 0.0)
        shares = np.nan_to_num((values - low) / max(float(high - low), 1e-300))
    group_of = dict(zip(request.clusters, request.groups, strict=True))
    return ProbeInImageData(
        request=request,
        values=read_only(np.asarray(values, np.float64)),
        shares=read_only(np.asarray(shares, np.float64)),
        of_selected=read_only(of_selected),
        unit=unit,
        clusters=read_only(clusters),
        groups=tuple(group_of[cluster] for cluster in clusters.tolist()),
        channels=read_only(model.probe.channel_ids[channels]),
        places_um=read_only(places_um),
    )


def _places(
    session: SessionLike, request: ProbeInImageRequest, on_progress: OnProgress
) -> tuple[Int64, Int64, Float64]:
    """Return the clusters whose place is known, the index of the largest channel of each, and the places."""
    nothing = np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 2))
    probe = session.model.probe
    if session.sums is None or not request.reads_features or not probe.knows_positions or not request.clusters:
        return nothing
    sums = session.sums.get(request.clusters, on_progress)
    own = {cluster: channels_by(one) for cluster, one in sums.items()}
    clusters = np.array([cluster for cluster in request.clusters if len(own[cluster])], np.int64)
    if not len(clusters):
        return nothing
    weights = np.stack([sums[cluster].abs_sum for cluster in clusters.tolist()]) * probe.is_known
    totals = weights.sum(axis=1)
    is_placed = totals > 0
    clusters, weights, totals = clusters[is_placed], weights[is_placed], totals[is_placed]
    places_um = weights @ np.nan_to_num(probe.positions) / totals[:, None]
    return clusters, np.array([own[cluster][0] for cluster in clusters.tolist()], np.int64), places_um


def _rates(session: SessionLike, request: ProbeInImageRequest, clusters: Int64, channels: Int64) -> Float64:
    """Return the spikes per second, in the window, of all clusters that are largest on each contact."""
    assert request.window_s is not None
    model, (start_s, stop_s) = session.model, request.window_s
    ends = np.rint(np.array([start_s, stop_s]) * model.sample_rate)
    first, last = np.searchsorted(model.spike_samples, ends).tolist()
    manager = session.manager
    found, counts = np.unique(manager.slot_clusters[manager.spike_slots[first:last]], return_counts=True)
    channel_of = dict(zip(clusters.tolist(), channels.tolist(), strict=True))
    rates = np.zeros(model.n_channels)
    for cluster, count in zip(found.tolist(), counts.tolist(), strict=True):
        if cluster in channel_of:
            rates[channel_of[cluster]] += count
    return rates / max(stop_s - start_s, 1 / model.sample_rate)
