"""The probe in a notebook, with the amplitudes of the selected clusters."""

from __future__ import annotations

import numpy as np

from napari_phy.core.colors import is_hollow
from napari_phy.core.probe_picture import ProbePicture
from napari_phy.notebook.painted import PaintedView
from napari_phy.notebook.picture import TYPE, Picture, selection_ink
from napari_phy.table.session_like import SessionLike
from napari_phy.views.probe import (
    HOVER_PX,
    ProbeRequest,
    ProbeSight,
    cluster_discs,
    compute_probe,
    number_box,
    place_probe,
    probe_room,
    probe_words,
    scale_bar,
)
from napari_phy.views.rectangles import TICK_PX

ZOOM_STEP, RING_PX = 1.25, 1.6


class ProbeView(PaintedView):
    """Channels at their places; the area of a disc is the amplitude of a cluster there. A click shows the channel.

    Parameters
    ----------
    session : Session
        What is shown.
    """

    title = "Probe"

    def __init__(self, session: object, **traits: object) -> None:
        self._sight = ProbeSight()
        super().__init__(session, **traits)

    def follow_more(self) -> None:
        """Follow the channel that is clicked in another view."""
        self.follow(self.session.channel.changed, self._on_settings)

    def make_request(self) -> ProbeRequest:
        """Return what is to be computed."""
        return ProbeRequest(self.session.selection.clusters)

    def compute(self, session: SessionLike, request: ProbeRequest) -> object:
        """Read how large clusters are on each channel."""
        return compute_probe(session, request)

    @property
    def _layout(self) -> ProbePicture:
        return place_probe(self.data, self._sight, *self.width_height, TYPE)

    def paint(self, picture: Picture) -> None:
        """Draw shanks, sites, discs, numbers and the scale bar."""
        data, layout, chosen = self.data, self._layout, self.session.channel.chosen
        picture.polygons(layout.outlines, "tile", rim="grid")
        radii = np.full((len(layout.centers), 1), layout.radius)
        sites = np.concatenate([layout.centers, radii], axis=1)
        known = data.geometry.is_known
        picture.discs(sites[known], "view", "faint", min(1.0, layout.radius / 2))
        picture.discs(sites[~known], "", "faint", 0.5)
        for place in reversed(range(len(data.request.clusters))):
            discs, ink = cluster_discs(data, layout, place), selection_ink(place)
            if is_hollow(place):
                picture.discs(discs - (0, 0, RING_PX / 2), "", ink, RING_PX)
            else:
                picture.discs(discs, ink)
        numbered = layout.is_numbered.copy()
        if chosen is not None:
            numbered[chosen] = True
            picture.discs([[*layout.centers[chosen], layout.radius + 2.5]], "", "text", RING_PX)
        for channel in np.flatnonzero(numbered).tolist():
            is_chosen = channel == chosen
            picture.text(
                number_box(layout, channel, TYPE), str(data.channel_ids[channel]), "text" if is_chosen else "faint",
                TICK_PX, bold=is_chosen, align="center",
            )  # fmt: skip
        bar = scale_bar(layout, self.width_height[1], TYPE)
        if bar is not None:
            picture.lines([[[bar.left, bar.y], [bar.right, bar.y]]], "text", 1.5)
            picture.text(bar.box, bar.label, "dim", TICK_PX)

    def describe(self) -> str:
        """Return what a screen reader says of the picture."""
        return f"Probe with {len(self.data.channel_ids)} channels"

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `channel 12, 0 µm, 240 µm; cluster 20: 85 µV` for the channel under the mouse."""
        channel = self._layout.nearest(x_px, y_px, HOVER_PX)
        return "" if channel is None else probe_words(self.data, channel)

    def on_click(self, x_px: float, y_px: float, *, ctrl: bool, shift: bool) -> None:
        """Show a channel in Features; the same again shows what suits the clusters."""
        channel = self._layout.nearest(x_px, y_px, HOVER_PX)
        if channel is not None:
            chosen = self.session.channel
            chosen.choose(None if chosen.chosen == channel else channel)

    def on_wheel(self, x_px: float, y_px: float, notches: float, *, ctrl: bool, shift: bool) -> None:
        """Zoom about the mouse."""
        middle = probe_room(*self.width_height, TYPE).center
        self._sight = self._sight.zoomed(self._layout, x_px, y_px, ZOOM_STEP**notches, middle)
        self.draw()

    def on_drag(self, dx_px: float, dy_px: float) -> None:
        """Move what is in sight."""
        self._sight = self._sight.panned(self._layout, dx_px, dy_px)
        self.draw()

    def on_reset(self, x_px: float, y_px: float) -> None:
        """Show the whole probe."""
        self._sight = ProbeSight()
        self.draw()
