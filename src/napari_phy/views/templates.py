"""The mean waveform of every cluster on its channels; only those in sight are read, and what was read is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.table.columns import column_key
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import required
from napari_phy.table.waveform_samples import WaveformSample, best_channels, waveform_samples
from napari_phy.views.cluster_colors import GREY, scheme_words, schemes
from napari_phy.views.cluster_order import Order, order_caption, order_choice, order_clusters
from napari_phy.views.rectangles import TICK_PX, Rectangle, TypeSizes
from napari_phy.views.settings import Choice, ViewSettings

N_BEST = 12  # most channels of a cluster
LEAST = 0.2  # of the largest channel's height: what is lower is left out
_AT_ONCE = 8

COLUMN_PX, GAP_PX = 42, 6
HEAD_PX, FOOT_PX, NUMBER_PX = 18, 18, 12
_BEYOND_PX = 8  # that words above and below a column may reach over it
_HEIGHT_PX = 28.0, 64.0  # of the tallest waveform of a column: at least and at most
_ROWS = 2.4  # that it takes between those

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Scaling = Literal["own", "same"]


@dataclass(frozen=True, slots=True)
class TemplatesSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    order : str
        Order of the columns; "list" is that of Clusters.
    scaling : str
        Each template to its "own" height, or all to the "same" scale.
    zoom : float
        Width of a column; 1 is the usual one.
    scheme : str
        Colours of the columns of clusters that are not selected.
    """

    view: ClassVar[str] = "Templates"

    order: Annotated[Order, order_choice("depth", "size", "id", "list")] = "depth"
    scaling: Annotated[
        Scaling,
        Choice(
            title="Height of waveforms",
            of=(("Each to its own height", "own"), ("One height for all", "same")),
            is_look=True,
        ),
    ] = "own"
    zoom: Annotated[
        float,
        Choice(title="Width of columns", of=(("Narrow columns", 0.7), ("Medium columns", 1.0), ("Wide columns", 2.0))),
    ] = 1.0
    scheme: Annotated[str, Choice(title="Colour", of=schemes, key_of=column_key, is_look=True)] = GREY


@dataclass(frozen=True, slots=True)
class TemplatesRequest:
    """What a template overview asks for.

    Attributes
    ----------
    clusters : tuple of int
        All that there are columns for, in the order of the list.
    order : Order
        Order of the columns.
    start, stop : int
        Which columns are in sight, by their place.
    reads_features : bool, default True
        Whether depths may be read that are not known yet.
    """

    clusters: tuple[int, ...]
    order: Order
    start: int
    stop: int
    reads_features: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """The mean of up to a hundred waveforms of a cluster, where it is largest.

    Attributes
    ----------
    channels : ndarray of int64, shape (k,)
        Ascending places of its channels; none where there is no waveform.
    mean : ndarray of float32, shape (n_samples, k)
        In the unit of the model.
    best : int
        Place in `channels` of the one in the list.
    amplitude : float
        The amplitude of the list, the largest max − min on any channel; nan where there is no waveform.
    n_read : int
        Spikes that the mean is made of.
    """

    channels: npt.NDArray[np.int64]
    mean: npt.NDArray[np.float32]
    best: int
    amplitude: float
    n_read: int


@dataclass(frozen=True, slots=True, eq=False)
class TemplatesData:
    """What a template overview draws.

    Attributes
    ----------
    request : TemplatesRequest
        What was asked for.
    cluster_ids : ndarray of int64, shape (n,)
        Cluster ids of all columns, in order.
    templates : mapping of int to Template
        {cluster: template} of those in sight.
    rows : ndarray of int64, shape (n_channels,)
        Row of each channel, the deepest at the bottom: 0 is the highest on the probe.
    channel_ids : ndarray of int64, shape (n_channels,)
        The numbers to print.
    duration_ms : float
        Time from the first sample of a waveform to the last.
    unit : str
        Unit of amplitudes.
    """

    request: TemplatesRequest
    cluster_ids: npt.NDArray[np.int64]
    templates: Mapping[int, Template]
    rows: npt.NDArray[np.int64]
    channel_ids: npt.NDArray[np.int64]
    duration_ms: float
    unit: str
    sorted_by: str = ""


_templates: SessionCache[int, Template] = SessionCache(lambda template: template.mean.nbytes + 200)


def compute_templates(
    session: SessionLike, request: TemplatesRequest, on_progress: OnProgress = no_progress
) -> TemplatesData:
    """Put the clusters in order and read the templates in sight that are not computed yet.

    Raises
    ------
    MissingDataError
        There is no raw data.
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    rows = required(model.waveforms, model, "waveforms")
    ids = order_clusters(session, request.clusters, request.order, reads_features=request.reads_features)
    visible = ids[request.start : request.stop].tolist()
    x, y = model.probe.positions.T
    return TemplatesData(
        request=request,
        cluster_ids=ids,
        templates=MappingProxyType(read_templates(session, visible, on_progress)),
        rows=read_only(np.argsort(np.lexsort((x, -y)))),
        channel_ids=model.probe.channel_ids,
        duration_ms=1000 * (rows.shape[1] - 1) / model.sample_rate,
        unit=model.unit,
        sorted_by=order_caption(session, request.order, reads_features=request.reads_features),
    )


def read_templates(
    session: SessionLike, clusters: list[int], on_progress: OnProgress = no_progress
) -> dict[int, Template]:
    """Return the template of each cluster; those not in memory are read, a few at a time."""
    templates: dict[int, Template] = {}
    for start in range(0, len(clusters), _AT_ONCE):
        some = clusters[start : start + _AT_ONCE]
        of_some = part_of(on_progress, start / len(clusters), (start + len(some)) / len(clusters))

        def make(wanted: list[int], on_progress: OnProgress = of_some) -> dict[int, Template]:
            samples = waveform_samples(session, wanted, on_progress=on_progress)
            best = best_channels(session, samples)
            return {cluster: _template(sample, best.get(cluster, 0)) for cluster, sample in samples.items()}

        templates |= _templates.get(session, some, make)
    return templates


def unread_templates(session: SessionLike, clusters: list[int]) -> list[int]:
    """Return those of the clusters whose template is not computed yet."""
    known = _templates.known(session, clusters)
    return [cluster for cluster in clusters if cluster not in known]


def _template(sample: WaveformSample, best: int) -> Template:
    heights = np.nan_to_num(sample.amplitudes)
    n_read = len(sample.spike_ids)
    if not n_read:
        return Template(read_only(np.empty(0, np.int64)), read_only(sample.mean[:, :0].copy()), 0, np.nan, 0)
    order = np.argsort(-heights, kind="stable")[:N_BEST]
    chosen = order[heights[order] >= LEAST * heights[order[0]]]
    channels = np.union1d(chosen[: N_BEST - 1], [best]) if best not in chosen else np.sort(chosen)
    place = int(np.searchsorted(channels, best))
    return Template(read_only(channels), read_only(sample.mean[:, channels]), place, float(heights[order[0]]), n_read)


# --- layout ---


@dataclass(frozen=True, slots=True)
class TemplateLayout:
    """Where columns and rows are, in logical px.

    Attributes
    ----------
    left, top, width, height : float
        Of the waveforms.
    first : int
        Place of the first column in sight.
    column_px : float
        Width of a column.
    n_lines : int
        Columns in all.
    n_rows : int
        Channels.
    tall_px : float
        Height of the tallest waveform.
    above, below : float
        Shares of that which stay free above the zero line of the first row and below that of the last.
    """

    left: float
    top: float
    width: float
    height: float
    first: int
    column_px: float
    n_lines: int
    n_rows: int
    tall_px: float
    above: float
    below: float

    @property
    def n_whole(self) -> int:
        """Number of columns that have room."""
        return max(1, int(self.width / self.column_px))

    @property
    def in_sight(self) -> tuple[int, int]:
        """First column in sight and the one after the last, also of a part of one."""
        return self.first, min(self.n_lines, self.first + ceil(self.width / self.column_px))

    def column(self, place: int) -> Rectangle:
        """Return the rectangle of a column, from the top of its id to the end of its waveforms."""
        return Rectangle(self.left + (place - self.first) * self.column_px, 0, self.column_px, self.top + self.height)

    def line_of(self, place: int) -> int:
        """Return the column of the cluster at a place: the place itself."""
        return place

    def place_at(self, x_px: float, _y_px: float) -> int | None:
        """Return the place of the column under a pixel."""
        place = self.first + int((x_px - self.left) // self.column_px)
        return place if x_px >= self.left and place < self.n_lines else None

    def y(self, rows: Int64) -> Float64:
        """Return the zero lines of rows."""
        room = self.height - self.tall_px * (self.above + self.below)
        step = room / (self.n_rows - 1) if self.n_rows > 1 else 0.0
        return self.top + self.tall_px * self.above + rows.astype(np.float64) * step

    def lines(self, template: Template, rows: Int64, place: int, px_per_unit: float) -> Float64:
        """Return (k, n_samples, 2) px of the waveforms of a template in its column; `rows` are of all channels."""
        column = self.column(place)
        x = np.linspace(column.left + GAP_PX / 2, column.right - GAP_PX / 2, len(template.mean))
        y = (self.y(rows[template.channels]) - template.mean * px_per_unit).T
        return np.stack([np.broadcast_to(x, y.shape), y], axis=-1)

    def head(self, place: int) -> Rectangle:
        """Return where the id of a column stands."""
        return self.column(place)._replace(height=self.top).grown(_BEYOND_PX, 0)

    def foot(self, place: int, sizes: TypeSizes) -> Rectangle:
        """Return where the size of a column stands."""
        column = self.column(place)
        return column._replace(top=column.bottom, height=sizes.px(FOOT_PX)).grown(_BEYOND_PX, 0)

    def numbered_rows(self, rows: Int64, sizes: TypeSizes) -> list[tuple[int, float]]:
        """Return (channel, zero line) of the rows with a number, from below; there is room for each."""
        found, above, tops = [], np.inf, self.y(rows)
        for channel in np.argsort(-tops).tolist():
            y = float(tops[channel])
            if above - y >= sizes.px(NUMBER_PX):
                above = y
                found.append((channel, y))
        return found


def template_layout(
    width: int,
    height: int,
    n_lines: int,
    channel_ids: Int64,
    first: int,
    zoom: float,
    sizes: TypeSizes,
    reach: tuple[float, float] = (0.5, 0.5),
) -> TemplateLayout:
    """Fit columns and rows into a rectangle; `zoom` widens columns. The last column stays at the right."""
    numbers = max((sizes.text_width(str(one), TICK_PX) for one in channel_ids[[0, -1]].tolist()), default=0)
    left, top = round(numbers) + sizes.px(16), sizes.px(HEAD_PX)
    width, height = max(20, width - left - sizes.px(4)), max(20, height - top - sizes.px(FOOT_PX))
    column = sizes.px(COLUMN_PX) * zoom
    pitch = height / max(len(channel_ids), 1)
    tall = min(float(np.clip(_ROWS * pitch, *_HEIGHT_PX)), height / 2)
    first = max(0, min(first, n_lines - max(1, int(width / column))))
    return TemplateLayout(left, top, width, height, first, column, n_lines, len(channel_ids), tall, *reach)


def reach_of(data: TemplatesData) -> tuple[float, float]:
    """Return which part of its height any template rises above 0 and falls below, where each is largest."""
    best = [template.mean[:, template.best] for template in data.templates.values() if template.n_read]
    above = [max(float(mean.max()), 0.0) / max(float(np.ptp(mean)), 1e-12) for mean in best]
    return (min(max(above), 1.0), min(1 - min(above), 1.0)) if above else (0.5, 0.5)


def heights_drawn(data: TemplatesData, scaling: Scaling) -> dict[int, float]:
    """Return {cluster: amplitude that is drawn as high as the tallest waveform of a column}."""
    own = {
        cluster: float(np.ptp(template.mean, axis=0).max(initial=0)) or 1.0
        for cluster, template in data.templates.items()
    }
    return dict.fromkeys(own, max(own.values(), default=1.0)) if scaling == "same" else own


def templates_caption(data: TemplatesData, look: TemplatesSettings) -> str:
    """Return the words below the picture."""
    clusters = format_count(len(data.cluster_ids), "cluster")
    height = "each to its own height" if look.scaling == "own" else "all to one height"
    words = [clusters, f"{format_number(data.duration_ms, 1)} ms wide, {height}", f"below: {data.unit}"]
    return "; ".join(filter(None, (*words, data.sorted_by, scheme_words(look.scheme))))
