"""Features in a notebook: a projection of the spikes, with a lasso."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_phy.core.sentences import listed
from napari_phy.notebook.painted import PaintedView, number
from napari_phy.notebook.picture import TYPE, Picture
from napari_phy.table.numbers import format_count
from napari_phy.table.session_like import SessionLike
from napari_phy.views.features import (
    FeatureAxis,
    FeatureRequest,
    channel_axes,
    compute_features,
    default_axes,
    spikes_in_lasso,
)
from napari_phy.views.frame import Frame, nearest_point
from napari_phy.views.rectangles import AXIS_PX, TICK_PX, Rectangle
from napari_phy.views.ticks import axis_ticks, left_margin

ZOOM_STEP = 1.25
REACH_PX = 8.0
N_RINGS = 200
N_AT_ONCE = 100_000  # points in one message: 0.9 MB
N_MOST = 1_000_000  # points: marks of all of them travel in one message


class FeatureView(PaintedView):
    """Two features of the spikes of the selected clusters; Ctrl+drag draws a lasso around spikes to split.

    Parameters
    ----------
    session : Session
        What is shown.
    x, y : FeatureAxis, optional
        What the axes show; None: what suits the selection, or the channel that was clicked in another view.
    n_spikes_max : int, default 2500
        Most spikes drawn of each cluster, and of all others together. A million can be drawn; they travel in parts.

    Examples
    --------
    >>> from napari_phy.notebook import FeatureView
    >>> view = FeatureView(session)
    >>> session.split(view.selected_spikes)
    """

    title = "Features"
    subject = "its features"
    settings_name = "features"
    shown_settings = ("violations",)

    def __init__(
        self,
        session: object,
        x: FeatureAxis | None = None,
        y: FeatureAxis | None = None,
        *,
        n_spikes_max: int = 2500,
        **traits: object,
    ) -> None:
        self._axes, self._n_spikes_max = (x, y), n_spikes_max
        self._sight: tuple[tuple[float, float], tuple[float, float]] | None = None
        self._moved = (0.0, 0.0)  # px, by dragging, ever
        self._sent: tuple[object, ...] = ()
        self._n_sent = 0
        self._order = np.empty(0, dtype=np.int64)  # in which points travel
        super().__init__(session, has_lasso=True, **traits)

    def follow_more(self) -> None:
        """Follow the channel that is clicked in another view."""
        self.follow(self.session.channel.changed, self._on_settings)

    def make_request(self) -> FeatureRequest | None:
        """Return what is to be computed; None while nothing is selected."""
        clusters, session = self.session.selection.clusters, self.session
        if not clusters:
            return None
        x, y = self._axes
        if x is None or y is None:
            chosen = session.channel.chosen
            usual = channel_axes(session, chosen) if chosen is not None else default_axes(session.shown, clusters)
            x, y = x or usual[0], y or usual[1]
        with_violations = 1 + self.settings.violations  # which are drawn in addition
        n_max = min(self._n_spikes_max, N_MOST // (with_violations * (len(clusters) + 1)))
        return FeatureRequest(clusters, x, y, n_max, n_max, mark_violations=self.settings.violations)

    def compute(self, session: SessionLike, request: FeatureRequest) -> object:
        """Read the features."""
        return compute_features(session, request)

    def on_data(self) -> None:
        """Show all of other axes."""
        self._sight = None

    @property
    def frame(self) -> Frame:
        """Where the data are in the picture."""
        width, height = self.width_height
        x_range, y_range = self._sight or (self.data.x_range, self.data.y_range)
        left = left_margin(y_range, height - 52, TYPE)
        return Frame(left, 10, max(20, width - left - 14), max(20, height - 54), x_range, y_range)

    def describe(self) -> str:
        """Return what a screen reader says of the picture."""
        return f"{self.data.x_label} and {self.data.y_label} of {listed(self.data.request.clusters)}"

    def caption(self) -> str:
        """Return the words at the foot."""
        n_selected = len(self.session.selection.spikes)
        inside = f"{format_count(n_selected, 'spike')} selected; " if n_selected else ""
        return inside + str(self.data.caption)

    def paint(self, picture: Picture) -> None:
        """Draw the axes; the points travel apart, once."""
        frame, data = self.frame, self.data
        x_ticks, y_ticks = axis_ticks(frame, TYPE)
        (x_scale, y_scale), (x_offset, y_offset) = frame.scale, frame.offset
        across = [
            [[x * x_scale + x_offset, frame.top], [x * x_scale + x_offset, frame.area.bottom]] for x, _ in x_ticks
        ]
        along = [[[frame.left, y * y_scale + y_offset], [frame.area.right, y * y_scale + y_offset]] for y, _ in y_ticks]
        picture.lines([*across, *along], "grid")
        for x, label in x_ticks:
            picture.text(
                Rectangle(x * x_scale + x_offset - 40, frame.area.bottom + 4, 80, 14), label, "dim", TICK_PX,
                align="center",
            )  # fmt: skip
        for y, label in y_ticks:
            place = Rectangle(frame.left - 86, y * y_scale + y_offset - 7, 80, 14)
            picture.text(place, label, "dim", TICK_PX, align="right")
        below = Rectangle(frame.left, frame.area.bottom + 20, frame.width, 16)
        picture.text(below, data.x_label, "dim", AXIS_PX, align="center")
        beside = Rectangle(6, frame.top, 16, frame.height)
        picture.text(beside, data.y_label, "dim", AXIS_PX, align="center", turned=True)
        picture.points(frame.area, frame.x_range, frame.y_range, self._moved)
        self._send_points()

    def _send_points(self) -> None:
        """Send the points unless they are there, and what is marked of them."""
        data, spikes = self.data, self.session.selection.spikes
        if self._sent[:1] != (data,):
            n = len(data.x)
            n_parts = max(1, -(-n // N_AT_ONCE))
            self._order = np.concatenate([np.arange(part, n, n_parts) for part in range(n_parts)])
            self._n_sent += 1
            self.points = {**self._part(0, n_parts), "n": n, "n_parts": n_parts, "key": self._n_sent}
        elif self._sent[1] is spikes:
            return
        self._sent = (data, spikes)
        marks = np.isin(data.spike_ids, spikes)
        self.marks = {
            "marks": (marks + 2 * data.violates)[self._order].astype(np.uint8).tobytes(),
            "rings": int(marks.sum()) <= N_RINGS,
        }

    def _part(self, part: int, n_parts: int) -> dict[str, Any]:
        """Return one part of the points, which are spread evenly over all of them."""
        n = len(self.data.x)
        rows = np.arange(part, n, n_parts)
        return {
            "xy": np.column_stack([self.data.x[rows], self.data.y[rows]]).astype("<f4").tobytes(),
            "places": np.minimum(self.data.places[rows], 100).astype(np.int8).tobytes(),
        }

    def on_message(self, kind: str, message: dict[str, Any]) -> None:
        """Send another part of many points once the browser has those before."""
        if kind != "part":
            super().on_message(kind, message)
        elif self.data is not None and message.get("key") == self.points.get("key"):
            part, n_parts = int(number(message, "part")), self.points["n_parts"]
            if 0 < part < n_parts:
                told = self._part(part, n_parts)
                content = {"kind": "part", "key": self.points["key"], "part": part}
                self.tell_browser(content, [told["xy"], told["places"]])

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, spike 4 113` for the point under the mouse."""
        place = nearest_point(self.frame, self.data.x, self.data.y, x_px, y_px, REACH_PX)
        if place is None:
            return ""
        spike = int(self.data.spike_ids[place])
        cluster = int(self.session.manager.clusters_of([spike])[0])
        time_s = self.session.model.spike_samples[spike] / self.session.model.sample_rate
        return f"cluster {cluster}, spike {spike}, {time_s:.3f} s"

    def on_click(self, x_px: float, y_px: float, *, ctrl: bool, shift: bool) -> None:
        """Select a spike, with Ctrl add it, with Shift select its cluster; beside all of them, select none."""
        place = nearest_point(self.frame, self.data.x, self.data.y, x_px, y_px, REACH_PX)
        selection = self.session.selection
        if place is None:
            selection.select_spikes([])
            return
        spike = int(self.data.spike_ids[place])
        if shift:
            self.select([int(self.session.manager.clusters_of([spike])[0])])
        elif ctrl:
            selection.toggle_spike(spike)
        else:
            selection.select_spikes([spike])
            self.session.time.move_to(self.session.model.spike_samples[spike] / self.session.model.sample_rate)

    def on_lasso(self, polygon: list[tuple[float, float]]) -> None:
        """Select all spikes of the selected clusters inside, drawn or not."""
        corners = self.frame.to_data(polygon)
        spikes = spikes_in_lasso(self.session.shown, self.data.request, corners)
        self.session.selection.select_spikes(spikes)
        if not len(spikes):
            self.status = "No spike of the selected clusters lies inside the lasso."

    def on_key(self, key: str) -> bool:
        """Drop the lasso with Esc."""
        if key == "Escape":
            self.session.selection.select_spikes([])
        return key == "Escape"

    def on_wheel(self, x_px: float, y_px: float, notches: float, *, ctrl: bool, shift: bool) -> None:
        """Zoom about the mouse."""
        frame = self.frame.zoomed(x_px, y_px, ZOOM_STEP**notches)
        self._look_at(frame)

    def on_drag(self, dx_px: float, dy_px: float) -> None:
        """Move what is in sight."""
        self._moved = (self._moved[0] + dx_px, self._moved[1] + dy_px)
        self._look_at(self.frame.panned(dx_px, dy_px))

    def on_reset(self, x_px: float, y_px: float) -> None:
        """Show all."""
        self._sight = None
        self.draw()

    def _look_at(self, frame: Frame) -> None:
        spans = [high - low for low, high in (frame.x_range, frame.y_range)]
        whole = [high - low for low, high in (self.data.x_range, self.data.y_range)]
        if all(1e-4 * full < span < 1e3 * full for span, full in zip(spans, whole, strict=True)):
            self._sight = (frame.x_range, frame.y_range)
            self.draw()
