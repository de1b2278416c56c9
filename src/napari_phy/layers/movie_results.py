"""Movies of a viewer as arrays on the clock, and what was computed of them as layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import LayerList
from napari.layers import Image, Labels, Layer, Points, Shapes, Tracks, Vectors
from napari.types import LayerDataTuple
from napari.utils.colormaps import Colormap

from napari_phy.core.errors import ImagingError
from napari_phy.core.sentences import on_one_line
from napari_phy.formats.imaging import ImagedCells
from napari_phy.layers.added_axes import FRAME
from napari_phy.layers.session_tag import RESULT, session_of
from napari_phy.layers.timed_layer import find_time_axis, is_placed, unlinked_data
from napari_phy.stats.movie import Movie
from napari_phy.stats.region_traces import regions_of_labels
from napari_phy.table.numbers import format_number
from napari_phy.timeline.time_base import TimeBase
from napari_phy.views.movie_regions import Regions
from napari_phy.views.movie_responses import CellPairs, MovieAverages, MovieCorrelations
from napari_phy.views.timed_movie import TimedMovie

CELLS = "napari-phy cells"  # of labels that were read: `ImagedCells`

_BELOW, _ZERO, _ABOVE = (0.18, 0.58, 0.98), (0.25, 0.25, 0.25), (0.98, 0.69, 0.06)
_CELLS = Colormap([(*color, 1) for color in (_BELOW, _ZERO, _ABOVE)], name="below and above, of cells")
# Only the alpha changes on each side of 0: what is below is tinted, and never darker than the tint.
_OVERLAY = Colormap(
    [
        *((*_BELOW, alpha) for alpha in (1.0, 0.56, 0.25, 0.06, 0.0)),
        *((*_ABOVE, alpha) for alpha in (0.0, 0.06, 0.25, 0.56, 1.0)),
    ],
    controls=[0, 0.125, 0.25, 0.375, 0.5, 0.5, 0.625, 0.75, 0.875, 1],
    name="below and above, over a picture",
)
LAG = "lag"  # the name of the axis of averages that is no axis of the movie
_ROUND = (1, 2, 2.5, 5, 10)
_LOUD = 99.9  # percentile of the changes that has the full colour
_MS = 1000.0


class CellsTag:
    """Holds the cells of a layer; napari copies metadata, so a copy of the tag is the tag itself."""

    __slots__ = ("cells",)

    def __init__(self, cells: ImagedCells) -> None:
        self.cells = cells

    def __deepcopy__(self, memo: dict[int, Any]) -> CellsTag:
        return self


def movies_in(layers: Iterable[Layer]) -> list[Image]:
    """Return the images that have an axis of time, the topmost first; not those that were computed here."""
    found = [
        layer
        for layer in layers
        if isinstance(layer, Image)
        and not layer.rgb
        and session_of(layer) is None
        and RESULT not in layer.metadata
        and layer.ndim > 2
        and find_time_axis(layer) is not None
    ]
    return found[::-1]


def cells_in(layers: Iterable[Layer]) -> list[Labels | Shapes]:
    """Return the labels and shapes that may be cells, the topmost first."""
    found = [
        layer
        for layer in layers
        if isinstance(layer, Labels | Shapes) and session_of(layer) is None and RESULT not in layer.metadata
    ]
    return found[::-1]


def clock_of(layer: Layer, clocks: Mapping[str, TimeBase]) -> TimeBase | None:
    """Return the clock of a layer: that of its name, else, where it was renamed, the one by which it is linked."""
    if layer.name in clocks:
        return clocks[layer.name]
    axis = find_time_axis(layer)
    if axis is None:
        return None
    return next((clock for clock in clocks.values() if is_placed(layer, axis, clock)), None)


def fits_frames(labels: Labels, movie: Image) -> bool:
    """Return whether labels are of one frame of a movie, pixel for pixel."""
    data, axis = unlinked_data(labels), find_time_axis(movie)
    shape = tuple((data[0] if labels.multiscale else data).shape)
    return axis is not None and shape == _frame_shape(movie, axis)


def timed_movie(layer: Image, clock: TimeBase, *, axis: int | None = None, has_row_times: bool = True) -> TimedMovie:
    """Return the frames of a layer on their clock; the finest level where it has several.

    Raises
    ------
    ImagingError
        The layer has no axis of time, is in colours, or the clock is not its own.
    """
    name = on_one_line(layer.name)
    if layer.rgb:
        raise ImagingError(f"{name} is in colours; make it grey first, for instance by its mean over the colours.")
    axis = find_time_axis(layer) if axis is None else axis
    if axis is None:
        raise ImagingError(f"{name} has no axis of time; it is one picture.")
    data = unlinked_data(layer)
    data = data[0] if layer.multiscale else data
    return TimedMovie(layer.name, Movie(data, axis), clock, has_row_times)


def regions_in(layer: Labels | Shapes, source: Image, movie: Movie) -> Regions:
    """Return labels, or shapes numbered from 1, as regions of a movie, with the traces that were read with them.

    Raises
    ------
    ImagingError
        The labels are of other frames, or the shapes are not on these.
    """
    labels = _labels_in(layer, source, movie)
    ids, pixels = regions_of_labels(labels)
    return Regions(ids, pixels, *_read_with(layer, ids))


def region_in(layer: Labels | Shapes, number: int, source: Image, movie: Movie) -> Regions:
    """Return one of the regions of `regions_in`, and the pixels of the others.

    Raises
    ------
    ImagingError
        There is no such region, or as `regions_in`.
    """
    flat = _labels_in(layer, source, movie).ravel()
    pixels = np.flatnonzero(flat == number)
    if not number or not len(pixels):
        raise ImagingError(f"{on_one_line(layer.name)} has no pixel of {number} in the movie.")
    ids = np.array([number], dtype=np.int64)
    others = np.flatnonzero((flat != 0) & (flat != number))
    return Regions(ids, [pixels], *_read_with(layer, ids), others=others)


def _labels_in(layer: Labels | Shapes, source: Image, movie: Movie) -> npt.NDArray[np.integer]:
    """Return the region in each pixel of a frame; 0 for none."""
    if isinstance(layer, Shapes):
        return _filled(layer, source, movie)
    labels = np.asarray(unlinked_data(layer)[0] if layer.multiscale else unlinked_data(layer))
    if labels.shape != movie.frame_shape:
        raise ImagingError(
            f"{on_one_line(layer.name)} has the shape {_times(labels.shape)} and frames of the movie "
            f"{_times(movie.frame_shape)}; cells need labels of one frame, pixel for pixel."
        )
    return labels


def _read_with(
    layer: Labels | Shapes, ids: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.floating] | None, npt.NDArray[np.floating] | None]:
    """Return brightness of regions and of what is around them, where these were read with the layer."""
    tag = layer.metadata.get(CELLS)
    if not isinstance(tag, CellsTag) or (len(ids) and ids.max() > len(tag.cells)):
        return None, None
    neuropil = tag.cells.neuropil
    return tag.cells.traces[ids - 1], None if neuropil is None else neuropil[ids - 1]


def region_at(layer: Labels | Shapes, position: tuple[float, ...]) -> int | None:
    """Return the number of the region at a place in the world, None where there is none."""
    found = layer.get_value(position, world=True)
    if isinstance(layer, Shapes):
        return None if found is None or found[0] is None else int(found[0]) + 1
    return int(found) if found else None


def _filled(layer: Shapes, source: Image, movie: Movie) -> npt.NDArray[np.integer]:
    """Return the number of the shape in each pixel of a frame."""
    axis = _axis(source)
    if len(movie.frame_shape) != 2 or not len(layer.data):
        raise ImagingError(f"{on_one_line(layer.name)} has no shapes that can be regions of this movie.")
    frame_axes = [one for one in range(source.ndim) if one != axis][-2:]
    scale, translate = (np.asarray(getattr(source, name))[frame_axes] for name in ("scale", "translate"))
    labels = np.zeros(movie.frame_shape, dtype=np.int32)
    for number, (corners, kind) in enumerate(zip(layer.data, layer.shape_type, strict=True), start=1):
        edge = _outline(np.asarray(corners)) if kind == "ellipse" else np.asarray(corners)
        world = np.array([layer.data_to_world(tuple(point))[-2:] for point in edge])
        labels[_inside((world - translate) / scale, movie.frame_shape)] = number
    return labels


def _outline(box: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return points around the ellipse in a box of four corners."""
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)[:, None]
    along, across = (box[1] - box[0]) / 2, (box[3] - box[0]) / 2
    return np.asarray(box.mean(axis=0) + np.cos(angles) * along + np.sin(angles) * across)


def _inside(edge: npt.NDArray[np.float64], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return the pixels whose centre is in a polygon, by how often its edge crosses the row left of them."""
    inside = np.zeros(shape, dtype=np.bool_)
    low = np.clip(np.floor(edge.min(axis=0)).astype(np.int64), 0, shape)
    high = np.clip(np.ceil(edge.max(axis=0)).astype(np.int64) + 1, 0, shape)
    box = inside[low[0] : high[0], low[1] : high[1]]
    y, x = np.mgrid[low[0] : high[0], low[1] : high[1]]
    for (y0, x0), (y1, x1) in zip(edge, np.roll(edge, -1, axis=0), strict=True):
        if y0 != y1:
            crosses = (np.minimum(y0, y1) <= y) & (y < np.maximum(y0, y1))
            box ^= crosses & (x0 + (y - y0) / (y1 - y0) * (x1 - x0) <= x)
    return inside


def cells_layer(cells: ImagedCells, movie: Image | None = None) -> LayerDataTuple:
    """Return cells that were read as labels, placed as the frames of a movie.

    Raises
    ------
    ImagingError
        Where the cells are is not known, or their traces or places are of another movie.
    """
    labels = cells.labels
    if labels is None:
        raise ImagingError(f"Cells of {cells.name} need their places. {' '.join(cells.problems)}".rstrip())
    axis = None if movie is None else find_time_axis(movie)
    if movie is not None and axis is not None:
        data = unlinked_data(movie)
        n_frames = int((data[0] if movie.multiscale else data).shape[axis])
        if n_frames != cells.n_frames:
            raise ImagingError(
                f"The traces of {cells.name} have {format_number(cells.n_frames)} frames, and "
                f"{on_one_line(movie.name)} {format_number(n_frames)}: they are of another movie. Nothing was opened."
            )
    data, options, kind = labels_layer(labels, f"cells of {cells.name}", movie)
    return data, options | {"metadata": {CELLS: CellsTag(cells)}}, kind


def labels_layer(labels: npt.NDArray[np.integer], name: str, movie: Image | None = None) -> LayerDataTuple:
    """Return labels, placed as the frames of a movie.

    Raises
    ------
    ImagingError
        They are of other frames.
    """
    options: dict[str, Any] = {"name": name}
    axis = None if movie is None else find_time_axis(movie)
    if movie is not None and axis is not None:
        frame_shape = _frame_shape(movie, axis)
        if labels.shape != frame_shape:
            raise ImagingError(
                f"{on_one_line(name)}: {_times(labels.shape)} pixels, and frames of {on_one_line(movie.name)} have "
                f"{_times(frame_shape)}. Cells need labels of one frame, pixel for pixel. Nothing was opened."
            )
        n = labels.ndim
        options |= {key: tuple(getattr(movie, key))[-n:] for key in ("scale", "translate", "units")}
    return labels, options, "labels"


def average_layers(averages: MovieAverages, source: Image, regions: Regions | None = None) -> list[LayerDataTuple]:
    """Return a layer for each cluster: its axes are the lag in ms, and those of the movie; it is there at all times.

    Averages of regions are painted into their pixels. Only the first layer is visible, since each hides the others.
    What is around 0 is clear, so that the movie is seen there.
    """
    axis = _axis(source)
    found = []
    for place, (cluster, values) in enumerate(zip(averages.clusters, averages.values, strict=True)):
        picture = values.astype(np.float32)
        if regions is not None:
            picture = _painted(picture, regions, _frame_shape(source, axis))
        options = _placed(source, axis, lag=averages)
        low, high = _limits(picture)
        whose = f"STA of {cluster}" if regions is None else f"STA of {cluster}, cells"
        name = f"{whose}: change of brightness" if averages.minus_mean else f"{whose}: brightness"
        options |= {
            "name": name,
            "visible": place == 0,
            "contrast_limits": (low, high),
            "colormap": "gray" if not low < 0 < high else _OVERLAY if regions is None else _CELLS,
            "blending": "translucent_no_depth",
            "metadata": {RESULT: name, FRAME: _frame_axes(source), "cluster": cluster, "lags": averages.lags},
        }
        of_one = tuple(range(1 + axis, 2 + axis + _n_added(source)))
        found.append((np.expand_dims(picture, of_one), options, "image"))
    return found


def correlation_layers(correlations: MovieCorrelations, source: Image) -> list[LayerDataTuple]:
    """Return a picture for each cluster, through which the movie is seen where nothing follows the cluster."""
    maps = zip(correlations.clusters, correlations.correlation, correlations.lag_s, strict=True)
    found = [
        _map(values, f"correlation with {cluster}", source, {"cluster": cluster, "lag_s": lag_s}, _OVERLAY)
        for cluster, values, lag_s in maps
    ]
    return _first_visible(found)


def cell_correlation_layers(pairs: CellPairs, regions: Regions, source: Image) -> list[LayerDataTuple]:
    """Return a picture for each cluster: every cell in the colour of its correlation."""
    frame_shape = _frame_shape(source, _axis(source))
    correlations = zip(pairs.clusters, pairs.test.correlation, strict=True)
    found = [
        _map(
            _painted(values, regions, frame_shape),
            f"correlation of cells with {cluster}",
            source,
            {"cluster": cluster},
            _CELLS,
        )
        for cluster, values in correlations
    ]
    return _first_visible(found)


def show_results(layers: LayerList, results: Sequence[Layer], source: Layer) -> list[str]:
    """Put results of one computation into a viewer, and hide those of before; one of the same name is replaced.

    They go above the movie and its cells, and below the points, tracks and vectors over it. Each has a scale of its
    colours, with its name as the title.

    Returns
    -------
    list of str
        The names of results that were seen and are hidden now.
    """
    names, hidden = {layer.metadata[RESULT] for layer in results}, list[str]()
    for before in [layer for layer in layers if RESULT in layer.metadata]:
        if before.metadata[RESULT] in names:
            layers.remove(before)
        elif before.visible:
            hidden.append(before.name)
            before.visible = False
    above = layers.index(source) + 1 if source in layers else 0
    marks = (number for number in range(above, len(layers)) if isinstance(layers[number], Points | Tracks | Vectors))
    place = next(marks, len(layers))
    for number, layer in enumerate(results):
        layer.colorbar.visible = True
        layer.name_overlay.position = layer.colorbar.position
        layers.insert(place + number, layer)
        layer.name_overlay.visible = True  # last, so that it is to the left of the scale
    return hidden


def _first_visible(layers: list[LayerDataTuple]) -> list[LayerDataTuple]:
    return [(data, {**options, "visible": place == 0}, kind) for place, (data, options, kind) in enumerate(layers)]


def _map(
    values: npt.NDArray[Any], name: str, source: Image, more: Mapping[str, Any], colormap: Colormap
) -> LayerDataTuple:
    axis = _axis(source)
    options = _placed(source, axis)
    limit = _rounded_up(float(np.nanmax(np.abs(values), initial=0.0)) or 1.0)
    options |= {
        "name": name,
        "colormap": colormap,
        "contrast_limits": (-limit, limit),
        "blending": "translucent_no_depth",
        "metadata": {RESULT: name, FRAME: _frame_axes(source), **more},
    }
    picture, n_added = values.astype(np.float32), _n_added(source)
    if axis > 0:
        return np.expand_dims(picture, tuple(range(axis, axis + 1 + n_added))), options, "image"
    for name in ("scale", "translate", "units", "axis_labels"):
        options[name] = options[name][1:]
    return np.expand_dims(picture, tuple(range(n_added))), options, "image"


def _placed(source: Image, axis: int, lag: MovieAverages | None = None) -> dict[str, Any]:
    """Return scale, translation, units and names of the axes: one frame that lasts as long as the movie."""
    n = source.data.shape[axis] if not source.multiscale else source.data[0].shape[axis]
    scale, translate = list(source.scale), list(source.translate)
    translate[axis] += scale[axis] * (n - 1) / 2
    scale[axis] *= n
    units, labels = list(map(str, source.units)), list(source.axis_labels)
    if lag is not None:
        step_ms = lag.interval_s * _MS
        scale, translate = [step_ms, *scale], [step_ms * int(lag.lags[0]), *translate]
        units, labels = ["millisecond", *units], [LAG, *labels]
    return {"scale": scale, "translate": translate, "units": units, "axis_labels": labels}


def _painted(values: npt.NDArray[Any], regions: Regions, frame_shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return values of regions, (..., n_regions), in their pixels; NaN elsewhere."""
    picture = np.full((*values.shape[:-1], int(np.prod(frame_shape))), np.nan, dtype=np.float32)
    for place, pixels in enumerate(regions.pixels):
        picture[..., pixels] = values[..., place, None]
    return picture.reshape(*values.shape[:-1], *frame_shape)


def _rounded_up(limit: float) -> float:
    """Return the next number that reads well at the end of a scale of colours."""
    power = 10.0 ** np.floor(np.log10(limit))
    return float(next(step for step in _ROUND if step * power >= limit * (1 - 1e-9)) * power)


def _limits(picture: npt.NDArray[Any]) -> tuple[float, float]:
    """Return limits of contrast: even around 0 where values are on both sides, else lowest and highest."""
    known = picture[np.isfinite(picture)]
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    if low < 0 < high:
        top = _rounded_up(float(np.percentile(np.abs(known), _LOUD)) or 1.0)
        return -top, top
    return low, high if high > low else low + 1.0


def _axis(source: Image) -> int:
    axis = find_time_axis(source)
    if axis is None:
        raise ImagingError(f"{on_one_line(source.name)} has no axis of time any more.")
    return axis


def _n_added(source: Image) -> int:
    """Return how many axes of one plane a movie is seen with, beside others that have planes."""
    data = unlinked_data(source)
    return int(source.ndim) - len((data[0] if source.multiscale else data).shape)


def _frame_axes(source: Image) -> tuple[int, int]:
    """Return how many axes come after time in a movie, and how many are seen before them that it does not have."""
    n_added = _n_added(source)
    return int(source.ndim) - 1 - _axis(source) - n_added, n_added


def _frame_shape(source: Image, axis: int) -> tuple[int, ...]:
    data = unlinked_data(source)
    shape = tuple(int(n) for n in (data[0] if source.multiscale else data).shape)
    return shape[:axis] + shape[axis + 1 :]


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))
