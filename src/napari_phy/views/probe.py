"""How large each selected cluster is on every channel, on the picture of the probe."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.probe import UNKNOWN_POSITIONS
from napari_phy.core.probe_geometry import ProbeGeometry, probe_geometry
from napari_phy.core.probe_picture import ProbePicture, probe_picture
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.table.cluster_channels import channels_by
from napari_phy.table.numbers import format_number, format_shown
from napari_phy.table.session_like import SessionLike
from napari_phy.table.waveform_samples import waveform_samples
from napari_phy.views.rectangles import TICK_PX, Rectangle, TypeSizes

N_NAMED = 4
HOVER_PX = 9.0
ZOOMS = (1.0, 60.0)
FOOT_PX = 22  # of the scale bar, below the probe
LEAST_DISC = 4.5  # radius of the disc of a whole amplitude, where sites are small
DISC = 1.15  # the same, of the radius of a site
FAN = 0.9  # between two clusters' discs, of that radius

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """The clusters to show on the probe, in the order of selection; none shows the probe alone."""

    clusters: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ProbeData:
    """What a probe view draws.

    Attributes
    ----------
    request : ProbeRequest
        What was asked for.
    geometry : ProbeGeometry
        Where the channels are drawn.
    channel_ids : ndarray of int64, shape (n_channels,)
        The numbers to print.
    positions : ndarray of float64, shape (n_channels, 2)
        x and y in µm as the file has them.
    amplitudes : ndarray of float64, shape (n_clusters, n_channels)
        Amplitude on each channel in `unit`; nan where unknown.
    shares : ndarray of float64, shape (n_clusters, n_channels)
        Share of the cluster's largest amplitude; 0 on channels that are not its own.
    unit : str
        "µV" or "a.u."; "" where amplitudes are those of features.
    caption : str
        The words below the picture.
    """

    request: ProbeRequest
    geometry: ProbeGeometry
    channel_ids: npt.NDArray[np.int64]
    positions: npt.NDArray[np.float64]
    amplitudes: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]
    unit: str
    caption: str


def compute_probe(session: SessionLike, request: ProbeRequest, on_progress: OnProgress = no_progress) -> ProbeData:
    """Return what a probe view draws: amplitudes of mean waveforms, without raw data those of features.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    clusters = request.clusters
    n_spikes = sum(session.manager.n_spikes(cluster) for cluster in clusters)
    amplitudes = np.full((len(clusters), model.n_channels), np.nan)
    is_own = np.zeros(amplitudes.shape, dtype=bool)
    unit, caption = "", ""
    if clusters and model.waveforms is not None:
        samples = waveform_samples(session, clusters, on_progress=on_progress)
        amplitudes[:] = [samples[cluster].amplitudes for cluster in clusters]
        for place, cluster in enumerate(clusters):
            is_own[place, samples[cluster].channels] = True
        n_read = sum(len(sample.spike_ids) for sample in samples.values())
        unit, caption = model.unit, f"amplitude of the mean of {format_shown(n_read, n_spikes)}"
    elif clusters and session.sums is not None:
        sums = session.sums.get(clusters, on_progress)
        amplitudes[:] = [sums[cluster].abs_sum / max(sums[cluster].n_spikes, 1) for cluster in clusters]
        for place, cluster in enumerate(clusters):
            is_own[place, channels_by(sums[cluster])] = True
        caption = f"size of the features of {format_shown(n_spikes, n_spikes)}"
    elif clusters:
        caption = "without raw data and features, amplitudes are not known"
    if not model.probe.knows_positions:
        caption = f"{caption}. {UNKNOWN_POSITIONS}" if caption else UNKNOWN_POSITIONS
    return ProbeData(
        request=request,
        geometry=probe_geometry(model.probe.positions, model.probe.is_known, model.probe.shanks),
        channel_ids=model.probe.channel_ids,
        positions=model.probe.positions,
        amplitudes=read_only(amplitudes),
        shares=read_only(np.where(is_own, _shares(amplitudes), 0.0)),
        unit=unit,
        caption=caption,
    )


def probe_words(data: ProbeData, channel_index: int) -> str:
    """Return `channel 12, 0 µm, 240 µm; cluster 20: 85 µV`: the clusters shown there, else the best one."""
    x, y = data.positions[channel_index].tolist()
    words = f"channel {data.channel_ids[channel_index]}"
    if data.geometry.is_known[channel_index]:
        words += f", {_um(x)}, {_um(y)}"
    known = np.isfinite(data.amplitudes[:, channel_index])
    shown = np.flatnonzero(known & (data.shares[:, channel_index] > 0))
    named = shown[:N_NAMED] if len(shown) else np.flatnonzero(known)[:1]
    parts = [f"cluster {data.request.clusters[place]}: {_amplitude(data, place, channel_index)}" for place in named]
    return "; ".join([words, ", ".join(parts)]) if parts else words


def _amplitude(data: ProbeData, place: int, channel_index: int) -> str:
    value = float(data.amplitudes[place, channel_index])
    if data.unit:
        return f"{format_number(value)} {data.unit}"
    return f"{format_number(100 * value / max(float(np.nanmax(data.amplitudes[place])), 1e-300))} % of its largest"


def _um(value: float) -> str:
    return f"{format_number(value, 0 if float(value).is_integer() else 1)} µm"


def _shares(amplitudes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    known = np.nan_to_num(amplitudes)
    largest = known.max(axis=1, initial=0, keepdims=True)
    shares: npt.NDArray[np.float64] = np.divide(known, largest, out=np.zeros_like(known), where=largest > 0)
    return shares


# --- layout ---


@dataclass(frozen=True, slots=True)
class ProbeSight:
    """What of a probe is in sight.

    Attributes
    ----------
    zoom : float
        How many times as large as what fits.
    center_um : tuple of float or None
        What is in the middle; None for the middle of the probe.
    """

    zoom: float = 1.0
    center_um: tuple[float, float] | None = None

    def zoomed(
        self, picture: ProbePicture, x_px: float, y_px: float, factor: float, middle: tuple[float, float]
    ) -> ProbeSight:
        """Return one that is larger by a factor, with the place under a pixel kept; `middle` is that of the picture."""
        zoom = min(max(self.zoom * factor, ZOOMS[0]), ZOOMS[1])
        if zoom == ZOOMS[0]:
            return ProbeSight()
        (x_um, y_um), px_per_um = picture.place_um(x_px, y_px), picture.px_per_um * zoom / self.zoom
        return ProbeSight(zoom, (x_um + (middle[0] - x_px) / px_per_um, y_um - (middle[1] - y_px) / px_per_um))

    def panned(self, picture: ProbePicture, dx_px: float, dy_px: float) -> ProbeSight:
        """Return one that was moved by some px; the whole probe stays where it is."""
        if self.center_um is None:
            return self
        x, y = self.center_um
        return replace(self, center_um=(x - dx_px / picture.px_per_um, y + dy_px / picture.px_per_um))


def probe_room(width: int, height: int, sizes: TypeSizes) -> Rectangle:
    """Return where the probe is in a widget; the scale bar has the foot for itself."""
    return Rectangle(0, 0, width, height - sizes.px(FOOT_PX))


def place_probe(data: ProbeData, sight: ProbeSight, width: int, height: int, sizes: TypeSizes) -> ProbePicture:
    """Return where everything is in a rectangle of some size."""
    room = probe_room(width, height, sizes)
    return probe_picture(
        data.geometry, data.channel_ids, room.width, room.height, text_px=sizes.px(TICK_PX),
        zoom=sight.zoom, center_um=sight.center_um, spread=_fan_spread(len(data.request.clusters)),
    )  # fmt: skip


def disc_radius(picture: ProbePicture, share: Float64 | float) -> Float64:
    """Return the radius of the disc of an amplitude, a share of the cluster's largest: areas are as the amplitudes."""
    return np.asarray(np.sqrt(share) * max(LEAST_DISC, DISC * picture.radius), dtype=np.float64)


def fan_offsets(picture: ProbePicture, n_clusters: int) -> Float64:
    """Return (n_clusters,) px by which discs of each cluster stand beside their site; many stand closer together."""
    return _fan(n_clusters) * float(disc_radius(picture, 1.0))


def _fan_spread(n_clusters: int) -> float:
    """Return how far the discs of clusters reach beyond their site, in radii of the site."""
    return float(DISC * (1 + _fan(n_clusters).max(initial=0)) - 1) if n_clusters else 0.0


def _fan(n_clusters: int) -> Float64:
    places = np.arange(n_clusters, dtype=np.float64) - (n_clusters - 1) / 2
    return places * (FAN * min(1.0, 3 / max(n_clusters, 1)))


def cluster_discs(data: ProbeData, picture: ProbePicture, place: int) -> Float64:
    """Return (k, 3) x, y and radius in px of the discs of the cluster at a place of the selection."""
    channels = np.flatnonzero(data.shares[place])
    centers = picture.centers[channels] + (fan_offsets(picture, len(data.request.clusters))[place], 0)
    return np.column_stack([centers, disc_radius(picture, data.shares[place, channels])])


def number_box(picture: ProbePicture, channel_index: int, sizes: TypeSizes) -> Rectangle:
    """Return where the number of a channel stands."""
    x, y = picture.number_centers[channel_index].tolist()
    width, height = sizes.px(60), sizes.px(14)
    return Rectangle(x - width / 2, y - height / 2, width, height)


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A horizontal line and the words behind it."""

    left: float
    right: float
    y: float
    label: str
    box: Rectangle


def scale_bar(picture: ProbePicture, height: float, sizes: TypeSizes) -> ScaleBar | None:
    """Return the scale bar in the foot of a widget of some height, None where there is none."""
    if picture.bar_um is None:
        return None
    y, left = height - sizes.px(FOOT_PX) / 2, sizes.px(12)
    right = left + picture.bar_um * picture.px_per_um
    box = Rectangle(right + sizes.px(5), y - sizes.px(8), sizes.px(200), sizes.px(16))
    return ScaleBar(left, right, y, f"{picture.bar_um:g} µm", box)
