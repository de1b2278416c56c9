"""Where each channel and each moment is in the Traces dock."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.views.trace_source import TraceSource

ROW_PX = 14  # the least height of a channel, unless the user wants all of them in sight
SMALLEST_ROW_PX = 1.5
NUMBER_ROOM = 0.7  # of its height, between two numbers of channels
SLIVER = 1e-6  # of a row: no part of it that could be seen


@dataclass(frozen=True, slots=True, eq=False)
class TraceLayout:
    """Maps channels and seconds to logical pixels.

    Attributes
    ----------
    left, top, width, height : float
        The rectangle of the traces.
    start_s, stop_s : float
        The time that it shows.
    order : ndarray of int64, shape (n_channels,)
        Indices of channels, from the top.
    row_px : float
        Height of a channel.
    scroll_px : float
        How far the channels are moved up.
    """

    left: float
    top: float
    width: float
    height: float
    start_s: float
    stop_s: float
    order: npt.NDArray[np.int64]
    row_px: float
    scroll_px: float

    @property
    def px_per_s(self) -> float:
        """Pixels a second."""
        return self.width / max(self.stop_s - self.start_s, 1e-12)

    def x_of(self, time_s: float) -> float:
        """Return the pixel of a moment."""
        return self.left + (time_s - self.start_s) * self.px_per_s

    def time_at(self, x_px: float) -> float:
        """Return the moment under a pixel."""
        return self.start_s + (x_px - self.left) / self.px_per_s

    def zero_of(self, row: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the pixel row of 0 µV of rows, counted from the top."""
        return self.top + (np.asarray(row, dtype=np.float64) + 0.5) * self.row_px - self.scroll_px

    def row_at(self, y_px: float) -> int | None:
        """Return the row under a pixel, or None beside the channels."""
        row = int((y_px - self.top + self.scroll_px) // self.row_px)
        inside = self.top <= y_px < self.top + self.height
        return row if inside and 0 <= row < len(self.order) else None

    def contains(self, x_px: float, y_px: float) -> bool:
        """Return whether a pixel lies in the rectangle."""
        return self.left <= x_px < self.left + self.width and self.top <= y_px < self.top + self.height

    @property
    def rows(self) -> range:
        """Rows of which at least a part is in sight."""
        first = int(max(0, self.scroll_px / self.row_px + SLIVER))
        last = int(np.ceil((self.scroll_px + self.height) / self.row_px - SLIVER))
        return range(min(first, len(self.order)), min(last, len(self.order)))


def row_height(n_channels: int, height: float, zoom: float, least: float) -> float:
    """Return the height of a channel: all of them fill the dock, or as many of `least` px as it holds.

    That is times what the user sets, down to all of them in sight.
    """
    fitting = height / max(1, n_channels)
    usual = max(fitting, height / max(1, height // least))
    return max(SMALLEST_ROW_PX, fitting, usual * zoom) if zoom < 1 else usual * zoom


def clamped_scroll(scroll_px: float, n_channels: int, row_px: float, height: float) -> float:
    """Return a scroll that leaves no empty room below the last channel."""
    return float(min(max(0.0, scroll_px), max(0.0, n_channels * row_px - height)))


def number_places(layout: TraceLayout, height: float) -> list[tuple[int, float]]:
    """Return (row, y of the middle) of the channel numbers that have room, `height` px each.

    That of a row at the edge, whose zero line is still in sight, is moved inside.
    """
    every = max(1, int(np.ceil(height / layout.row_px)))
    top, bottom = layout.top + height / 2 - 1, layout.top + layout.height - height / 2 + 1
    places: list[tuple[int, float]] = []
    for row in layout.rows:
        zero = float(layout.zero_of(row))
        y = min(max(zero, top), bottom)
        has_room = not places or y - places[-1][1] >= NUMBER_ROOM * height
        if row % every == 0 and abs(y - zero) <= height / 2 and has_room:
            places.append((row, y))
    return places


def channel_order(source: TraceSource, order: str, best: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the channels from the top: the `best` ones, by depth, or by their numbers where that is not known."""
    if order == "best" and len(best):
        return best
    if order == "depth" and source.depths is not None:
        return np.argsort(-source.depths, kind="stable")
    return np.argsort(source.channel_ids, kind="stable")


def scroll_to_row(layout: TraceLayout, row: int, scroll_px: float) -> float:
    """Return a scroll of whole rows: the same where the row is in sight, else one that has it in the middle."""
    middle = (row + 0.5) * layout.row_px
    if not layout.scroll_px + layout.row_px <= middle <= layout.scroll_px + layout.height - layout.row_px:
        scroll_px = middle - layout.height / 2
    return round(scroll_px / layout.row_px) * layout.row_px
