"""Waveforms in a notebook."""

from __future__ import annotations

import numpy as np

from napari_phy.core.sentences import listed
from napari_phy.notebook.painted import PaintedView
from napari_phy.notebook.picture import TYPE, Picture, selection_ink
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.rectangles import TICK_PX, Rectangle
from napari_phy.views.ticks import nice_length
from napari_phy.views.waveform_boxes import Boxes, Scale, place_boxes, single_lines
from napari_phy.views.waveforms import WaveformRequest, compute_waveforms

N_SINGLES = 150  # of all clusters together
ZOOM_STEP = 1.2
_FOOT = 34


class WaveformView(PaintedView):
    """Waveforms of the selected clusters where their channels sit on the probe; the wheel makes them taller.

    Parameters
    ----------
    session : Session
        What is shown.
    """

    title = "Waveforms"
    subject = "its waveforms"
    settings_name = "waveforms"
    shown_settings = ("kind", "arrangement", "side_by_side")

    def __init__(self, session: object, **traits: object) -> None:
        self._scale = Scale()
        super().__init__(session, **traits)

    def make_request(self) -> WaveformRequest | None:
        """Return what is to be computed; None while nothing is selected."""
        clusters = self.session.selection.clusters
        per_cluster = {} if self.settings.n_spikes is None else {"n_per_cluster": self.settings.n_spikes}
        return WaveformRequest(clusters, n_max=N_SINGLES, **per_cluster) if clusters else None

    def compute(self, session: SessionLike, request: WaveformRequest) -> object:
        """Read the waveforms."""
        return compute_waveforms(session, request)

    @property
    def _boxes(self) -> Boxes:
        width, height = self.width_height
        widest = max(TYPE.text_width(str(one), TICK_PX) for one in self.data.channel_ids[self.data.channels].tolist())
        area = Rectangle(14, 12, max(20, width - 28), max(20, height - 12 - _FOOT))
        look = self.settings
        return place_boxes(
            self.data, area, widest + 6, look.arrangement, self._scale,
            side_by_side=look.side_by_side, with_singles=look.kind in ("both", "spikes", "density"),
        )  # fmt: skip

    def caption(self) -> str:
        """Return the words at the foot."""
        return f"{self.data.caption}, {self.data.unit}" if self.data.n_total else ""

    def describe(self) -> str:
        """Return what a screen reader says of the picture."""
        return f"Waveforms of {listed(self.data.request.clusters)} on {len(self.data.channels)} channels"

    def paint(self, picture: Picture) -> None:
        """Draw zero lines, single spikes, means or bands, numbers of channels and scale bars."""
        data, kind = self.data, self.settings.kind
        if not data.n_shown:
            return
        boxes = self._boxes
        width, height = self.width_height
        picture.clip(Rectangle(0, 0, width, height - _FOOT + 8))
        zeros = np.column_stack([boxes.left, boxes.center_y, boxes.left + boxes.width, boxes.center_y])
        picture.lines(zeros.reshape(-1, 2, 2), "grid")
        order = range(len(data.request.clusters))[::-1]
        if kind in ("both", "spikes", "density"):
            depth = -data.places.astype(np.int64)
            singles = single_lines(data.waveforms, data.masks, data.places, boxes, depth)
            places = data.places[singles.rows]
            selected = np.isin(data.spike_ids, self.session.selection.spikes)[singles.rows]
            for place in order:
                for chosen, alpha in ((False, 0.2 if kind == "both" else 0.35), (True, 0.85)):
                    lines = singles.px[(places == place) & (selected == chosen)]
                    picture.lines(lines, selection_ink(place), 0.8, alpha=alpha)
        for place in order:
            channels = np.flatnonzero(boxes.takes_part[place]).tolist()
            means, stds = data.means[place], data.stds[place]
            if kind == "band":
                edges = [
                    np.concatenate([
                        boxes.line(box, means[:, box] + stds[:, box], place),
                        boxes.line(box, means[:, box] - stds[:, box], place)[::-1],
                    ])
                    for box in channels
                ]  # fmt: skip
                picture.polygons(edges, selection_ink(place), alpha=0.25)
            if kind in ("both", "mean", "band"):
                picture.lines([boxes.line(box, means[:, box], place) for box in channels], selection_ink(place), 2)
        self._paint_numbers(picture, boxes)
        picture.clip(None)
        self._paint_bars(picture, boxes, width, height)

    def _paint_numbers(self, picture: Picture, boxes: Boxes) -> None:
        chosen = self.session.channel.chosen
        for box in boxes.spaced(12).tolist():
            channel = self.data.channels[box]
            place = Rectangle(boxes.left[box] - 104, boxes.center_y[box] - 7, 100, 14)
            color = "text" if channel == chosen else "faint"
            picture.text(place, str(self.data.channel_ids[channel]), color, TICK_PX, align="right")

    def _paint_bars(self, picture: Picture, boxes: Boxes, width: int, height: int) -> None:
        px_per_ms = boxes.x[-1] / (self.data.times_ms[-1] - self.data.times_ms[0])
        voltage, bar_ms = nice_length(60 / boxes.px_per_unit), nice_length(min(1.0, width / 3 / px_per_ms))
        right, bottom = width - 14, height - 18
        corner = [[right - bar_ms * px_per_ms, bottom], [right, bottom], [right, bottom - voltage * boxes.px_per_unit]]
        picture.lines([corner], "text", 1.5)
        picture.text(Rectangle(right - 150, bottom + 2, 150, 14), f"{bar_ms:g} ms", "dim", TICK_PX, align="right")
        words = f"{format_number(voltage) if voltage >= 1 else f'{voltage:g}'} {self.data.unit}"
        left = Rectangle(right - 160, bottom - voltage * boxes.px_per_unit / 2 - 7, 154, 14)
        picture.text(left, words, "dim", TICK_PX, align="right")

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `channel 6, 0.25 ms, −84 µV` for a place."""
        data, boxes = self.data, self._boxes if self.data.n_shown else None
        box = None if boxes is None else boxes.at(x_px, y_px)
        if boxes is None or box is None:
            return ""
        frame = boxes.frame(box, boxes.lane_at(box, x_px), data.times_ms, self.width_height)
        ((time_ms, voltage),) = frame.to_data([[x_px, y_px]]).tolist()
        number = f"channel {data.channel_ids[data.channels[box]]}"
        return f"{number}, {format_number(time_ms, 2)} ms, {format_number(voltage)} {data.unit}"

    def on_click(self, x_px: float, y_px: float, *, ctrl: bool, shift: bool) -> None:
        """Show the channel in Features; the same again shows what suits the clusters."""
        box = self._boxes.at(x_px, y_px) if self.data.n_shown else None
        if box is not None:
            chosen, channel = self.session.channel, int(self.data.channels[box])
            chosen.choose(None if chosen.chosen == channel else channel)
            self.draw()

    def on_wheel(self, x_px: float, y_px: float, notches: float, *, ctrl: bool, shift: bool) -> None:
        """Make waveforms taller or flatter, with Ctrl wider or narrower."""
        factor = ZOOM_STEP**notches
        self._scale = self._scale.stretched(width=factor) if ctrl else self._scale.stretched(factor)
        self.draw()

    def on_drag(self, dx_px: float, dy_px: float) -> None:
        """Move everything."""
        self._scale = self._scale.dragged(dx_px, dy_px)
        self.draw()

    def on_reset(self, x_px: float, y_px: float) -> None:
        """Show everything in the size that fits."""
        self._scale = Scale()
        self.draw()
