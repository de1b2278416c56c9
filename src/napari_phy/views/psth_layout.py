"""Where trials and rates around events are, and what is under the mouse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.frame import Frame
from napari_phy.views.pictures import bgr, blank
from napari_phy.views.psth import PsthData, PsthTile, Shown, response_words
from napari_phy.views.rectangles import AXIS_PX, TICK_PX, Rectangle, TypeSizes
from napari_phy.views.steps import listed
from napari_phy.views.ticks import Ticks, axis_ticks, left_margin

Float64 = npt.NDArray[np.float64]

NARROWEST_PX, LOWEST_PX = 150, 120  # of a tile, where there is room
GAP_PX, TITLE_PX, TICKS_PX, AXIS_TITLE_PX, RIGHT_PX = 12, 18, 17, 18, 14
TRIALS_SHARE = 0.55  # of the height of a tile
BETWEEN_PX = 5  # trials and rates
MARK_SHARE = 0.75  # of the height of a row
MOST_MARKS = 20_000  # that are drawn one by one
FAINTEST = 0.35  # opacity of a single spike where pixels hold many
HEADROOM = 1.06
TOO_NARROW_PX = 8


@dataclass(frozen=True, slots=True)
class TilePlace:
    """Where the parts of a tile are.

    Attributes
    ----------
    title : Rectangle
        Where its name stands.
    trials : Frame or None
        Of trials: ms along x; y is the number of rows, which grow downwards. None where they are not shown.
    rates : Frame or None
        Of rates: ms along x, Hz along y. None where they are not shown.
    is_first, is_last : bool
        Whether it is the first of its row, where the axis of rates is; whether no tile stands below it.
    """

    title: Rectangle
    trials: Frame | None
    rates: Frame | None
    is_first: bool
    is_last: bool

    @property
    def lowest(self) -> Frame:
        """The part below which the times stand."""
        lowest = self.rates or self.trials
        assert lowest is not None
        return lowest


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """The spikes of one cluster in a tile, those that share half a px once.

    Attributes
    ----------
    x : ndarray of float64, shape (n,)
        Px.
    top, bottom : ndarray of float64, shape (n,)
        Px.
    """

    x: Float64
    top: Float64
    bottom: Float64

    def __len__(self) -> int:
        return len(self.x)


def psth_layout(data: PsthData, shown: Shown, width: int, height: int, sizes: TypeSizes) -> tuple[TilePlace, ...]:
    """Return where the tiles are that fill a widget; all have the same axes."""
    n = len(data.tiles)
    if not n:
        return ()
    y_range = rate_range(data)
    gap, right, bottom = sizes.px(GAP_PX), sizes.px(RIGHT_PX), sizes.px(AXIS_TITLE_PX) + 4
    n_columns, n_rows = _shape(n, width - left_margin(y_range, height, sizes), height, sizes)
    tile_height = (height - bottom - gap * (n_rows - 1)) / n_rows
    left = left_margin(y_range, tile_height, sizes)
    tile_width = max(TOO_NARROW_PX, (width - left - right - gap * (n_columns - 1)) / n_columns)
    return tuple(
        _tile_place(
            data,
            place,
            shown,
            Rectangle(
                round(left + (place % n_columns) * (tile_width + gap)),
                round((place // n_columns) * (tile_height + gap)),
                round(tile_width),
                round(tile_height),
            ),
            y_range,
            is_first=place % n_columns == 0,
            is_last=place + n_columns >= n,
            sizes=sizes,
        )
        for place in range(n)
    )


def time_title_box(places: tuple[TilePlace, ...], sizes: TypeSizes) -> Rectangle:
    """Return where the title of the time axis stands, below all tiles."""
    left = min(place.title.left for place in places)
    right = max(place.title.right for place in places)
    lowest = max(place.lowest.area.bottom for place in places)
    return Rectangle(left, lowest + sizes.px(TICKS_PX), right - left, sizes.px(AXIS_TITLE_PX))


def rate_range(data: PsthData) -> tuple[float, float]:
    """Return the lowest and the highest rate of the axis, with 0 and some room."""
    values = np.concatenate([np.zeros(1), *(tile.rates[np.isfinite(tile.rates)] for tile in data.tiles)])
    low, high = float(values.min()), float(values.max())
    return low * HEADROOM, high * HEADROOM if high > 0 else (0.0 if low < 0 else 1.0)


def spike_marks(tile: PsthTile, place: int, frame: Frame, sample_rate: float) -> Marks:
    """Return the spikes of the cluster at a place, a row a trial, the clusters one below the other."""
    spikes = tile.spikes[place]
    rows = place * tile.n_trials + spikes.rows
    x = frame.to_px(np.column_stack([1000.0 * spikes.lags / sample_rate, rows]))[:, 0]
    row_px = -frame.scale[1]
    top = frame.top + rows * row_px
    x, top = np.floor(2 * x) / 2, np.floor(top) if row_px < 1 else top
    seen = np.unique(np.stack([top, x], axis=1), axis=0)
    return Marks(seen[:, 1], seen[:, 0], seen[:, 0] + max(1.0, MARK_SHARE * row_px))


def is_pictured(data: PsthData) -> bool:
    """Return whether there are too many spikes for a mark each, so that pixels are drawn."""
    return sum(len(spikes) for tile in data.tiles for spikes in tile.spikes) > MOST_MARKS


def trial_pixels(
    data: PsthData, tile: PsthTile, frame: Frame, colors: Sequence[str], background: str, scale: float = 1.0
) -> npt.NDArray[np.uint8]:
    """Return the trials of a tile as a picture; a pixel is the more opaque the more spikes it has.

    Parameters
    ----------
    colors : sequence of str
        '#rrggbb' of each cluster.
    background : str
        Colour of pixels without spikes.
    scale : float, default 1.0
        Pixels of the picture a logical one.

    Returns
    -------
    ndarray of uint8, shape (height, width, 4)
        Blue, green, red and nothing.
    """
    width, height = max(1, round(scale * frame.width)), max(1, round(scale * frame.height))
    image = blank(width, height, background)
    n_rows = max(1, tile.n_trials * len(colors))
    row_px = height / n_rows
    tall, wide = max(1, round(MARK_SHARE * row_px)), max(1, round(scale))
    per_sample = width / max(1, data.window[1] - data.window[0])
    for place, (spikes, color) in enumerate(zip(tile.spikes, colors, strict=True)):
        x = np.minimum(((spikes.lags - data.window[0]) * per_sample).astype(np.int64), width - 1)
        y = np.minimum(((place * tile.n_trials + spikes.rows) * row_px).astype(np.int64), height - 1)
        counts = np.bincount(y * width + x, minlength=width * height).reshape(height, width)
        filled = counts[counts > 0]
        if not len(filled):
            continue
        opaque = max(1.0, 2.0 * float(filled.mean()) - 1.0)
        once = np.where(counts > 0, FAINTEST + (1 - FAINTEST) * np.sqrt(np.minimum(1.0, counts / opaque)), 0.0)
        share = once.copy()
        for down in range(tall):
            for right in range(wide):
                part = share[down:, right:]
                np.maximum(part, once[: height - down, : width - right], out=part)
        seen = share > 0
        alpha = share[seen, None]
        image[seen, :3] = np.rint(alpha * bgr(color) + (1 - alpha) * image[seen, :3]).astype(np.uint8)
    return image


def response_marks(data: PsthData, tile: PsthTile, frame: Frame) -> list[tuple[int, Rectangle, float]]:
    """Return (place of the cluster, the time of its jitter, px of its latency) of each response in sight."""
    found = []
    for place, response in enumerate(tile.responses):
        if response is None or data.ms(response.latency) > frame.x_range[1]:
            continue
        jitter = 0.0 if math.isnan(response.jitter) else response.jitter
        ends = [data.ms(response.latency + sign * jitter) for sign in (-1, 0, 1)]
        left, middle, right = frame.to_px([[ms, 0] for ms in ends])[:, 0].clip(frame.left, frame.left + frame.width)
        found.append((place, Rectangle(left, frame.top, right - left, frame.height), float(middle)))
    return found


def psth_words(data: PsthData, places: tuple[TilePlace, ...], x_px: float, y_px: float) -> str:
    """Return what is under a pixel: `12.5 ms: 20: 34.1 Hz, 22: 3.0 Hz`, or which trial it is."""
    for tile, place in zip(data.tiles, places, strict=True):
        if place.rates is not None and place.rates.contains(x_px, y_px):
            return _rate_words(data, tile, float(place.rates.to_data([[x_px, y_px]])[0, 0]))
        row = _row_at(data, tile, place, x_px, y_px)
        if row is not None:
            cluster, trial = divmod(row, tile.n_trials)
            time_s = format_number(tile.events[trial] / data.sample_rate, 3)
            of = f"{data.cluster_ids[cluster]}: {response_words(data, tile, cluster)}"
            return f"{tile.name}, trial {trial + 1} of {tile.n_trials} at {time_s} s; {of}"
    return ""


def event_at(data: PsthData, places: tuple[TilePlace, ...], x_px: float, y_px: float) -> float | None:
    """Return the time in seconds of what is under a pixel of a trial, or None."""
    for tile, place in zip(data.tiles, places, strict=True):
        row = _row_at(data, tile, place, x_px, y_px)
        if row is not None and place.trials is not None:
            lag_s = float(place.trials.to_data([[x_px, y_px]])[0, 0]) / 1000
            return float(tile.events[row % tile.n_trials]) / data.sample_rate + lag_s
    return None


def tile_titles(data: PsthData, places: tuple[TilePlace, ...], sizes: TypeSizes) -> tuple[str, ...]:
    """Return `light · side left, 30 trials` for each tile, or of all of them less where one has no room for that."""
    values = [tile.value or tile.kind for tile in data.tiles]
    names = [tile.name for tile in data.tiles] if len({tile.kind for tile in data.tiles}) > 1 else values
    counts = [format_count(tile.n_trials, "trial") for tile in data.tiles]
    room = [place.title.width for place in places]
    for form in ([f"{name}, {n_trials}" for name, n_trials in zip(names, counts, strict=True)], names):
        if all(sizes.text_width(title, AXIS_PX) <= width for title, width in zip(form, room, strict=True)):
            return tuple(form)
    return tuple(values)


def time_ticks(places: tuple[TilePlace, ...], frame: Frame, sizes: TypeSizes) -> Ticks:
    """Return the ticks along time, those whose labels leave room to the tile beside."""
    ticks, _ = axis_ticks(frame, sizes)
    if len({place.title.left for place in places}) < 2:
        return ticks
    room = sizes.px(GAP_PX) / 2 - 2
    widths = [sizes.text_width(label, TICK_PX) / 2 for _, label in ticks]
    px = [float(frame.to_px([[value, 0]])[0, 0]) for value, _ in ticks]
    return [
        tick
        for tick, x, half in zip(ticks, px, widths, strict=True)
        if frame.left - room <= x - half and x + half <= frame.area.right + room
    ]


def _shape(n: int, width: float, height: float, sizes: TypeSizes) -> tuple[int, int]:
    """Return how many tiles stand in a row and in a column: more where they would be too narrow."""
    most_columns = max(1, int(width / sizes.px(NARROWEST_PX)))
    most_rows = max(1, int(height / sizes.px(LOWEST_PX)))
    n_rows = min(math.ceil(n / most_columns), most_rows)
    return math.ceil(n / n_rows), n_rows


def _tile_place(
    data: PsthData,
    place: int,
    shown: Shown,
    box: Rectangle,
    y_range: tuple[float, float],
    *,
    is_first: bool,
    is_last: bool,
    sizes: TypeSizes,
) -> TilePlace:
    tile = data.tiles[place]
    top = sizes.px(TITLE_PX)
    inner = max(2.0 * TOO_NARROW_PX, box.height - top - sizes.px(TICKS_PX))
    x_range = data.ms(data.window[0]), data.ms(data.window[1])
    n_rows = max(1, tile.n_trials * len(data.cluster_ids))
    between = sizes.px(BETWEEN_PX)
    share = {"both": TRIALS_SHARE, "trials": 1.0, "rates": 0.0}[shown]
    above = round((inner - between) * share) if shown == "both" else inner * share
    below = inner - above - (between if shown == "both" else 0)
    trials = Frame(box.left, box.top + top, box.width, above, x_range, (-n_rows, 0.0)) if above else None
    rates = Frame(box.left, box.top + top + inner - below, box.width, below, x_range, y_range) if below else None
    return TilePlace(box._replace(height=top), trials, rates, is_first, is_last)


def _row_at(data: PsthData, tile: PsthTile, place: TilePlace, x_px: float, y_px: float) -> int | None:
    if place.trials is None or not place.trials.contains(x_px, y_px) or not tile.n_trials:
        return None
    row = int(-place.trials.to_data([[x_px, y_px]])[0, 1])
    return min(row, tile.n_trials * len(data.cluster_ids) - 1) if len(data.cluster_ids) else None


def _rate_words(data: PsthData, tile: PsthTile, ms: float) -> str:
    bins = int(np.searchsorted(data.edges_ms, ms, side="right")) - 1
    if not 0 <= bins < len(data.edges_ms) - 1:
        return ""
    ids = data.cluster_ids.tolist()
    words = [f"{cluster}: {format_number(rate, 1)} Hz" for cluster, rate in zip(ids, tile.rates[:, bins], strict=True)]
    return f"{tile.name}, {format_number(ms, 1)} ms: {listed(words)}"
