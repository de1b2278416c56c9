"""Waveforms of plain arrays, for the console and scripts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy.typing as npt
from napari.viewer import Viewer
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_phy.session.session import Session
from napari_phy.views.array_waveforms import ArrayWaveformSession, array_probe
from napari_phy.widgets.docks.waveform_plot import Look
from napari_phy.widgets.docks.waveforms_panel import WaveformsPanel


class WaveformView(QWidget):
    """Waveforms on a probe: `viewer.window.add_dock_widget(WaveformView(waveforms, clusters))`, or `.show()`.

    Wheel: taller or flatter; with Shift or Alt, channels farther apart along or across the probe. Dragging moves, a
    double-click resets, a click selects a spike, Ctrl+drag those that pass through a lasso.

    Parameters
    ----------
    waveforms : object, shape (n_spikes, n_samples, n_channels)
        Anything with `shape` that ascending integer arrays index.
    clusters : array_like, shape (n_spikes,)
        Integers from 0, the cluster of each spike.
    positions : array_like, shape (n_channels, 2), optional
        X and y in µm; None: one column, the first channel on top.
    masks : array_like, shape (n_spikes, n_channels), optional
        How much each channel took part, 0…1; those that did not are left out. None: all did.
    sample_rate : float, default 20000.0
        In Hz.
    unit : str, default 'a.u.'
        Unit of the waveforms.
    colors : mapping of int to str, optional
        {cluster: '#rrggbb'} of those that don't take the colour of their place in the selection.

    Attributes
    ----------
    selection : Selection
        Which clusters are shown, in order, the first in front: `selection.select([3, 5])`; `selection.spikes`.
    look : Look
        What is shown, and how; `view.show_as(kind="mean", arrangement="stacked", front=5)` changes parts of it.

    Raises
    ------
    TracesError
        The arrays don't fit each other.
    """

    def __init__(
        self,
        waveforms: Any,
        clusters: npt.ArrayLike,
        positions: npt.ArrayLike | None = None,
        masks: npt.ArrayLike | None = None,
        *,
        sample_rate: float = 20_000.0,
        unit: str = "a.u.",
        colors: Mapping[int, str] | None = None,
        viewer: Viewer | None = None,
        parent: QWidget | None = None,
    ) -> None:
        session = ArrayWaveformSession(waveforms, clusters, positions, masks, sample_rate=sample_rate, unit=unit)
        super().__init__(parent)
        self.selection = session.selection
        self.panel = _ColoredPanel(cast("Session", session), viewer=viewer)  # it has as much of one as the panel reads
        self.panel.colors = dict(colors or {})
        self._session = session
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.panel.header)
        layout.addWidget(self.panel)
        self.panel.header.show()
        self.setFocusProxy(self.panel)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def look(self) -> Look:
        """How waveforms are shown."""
        return self.panel.look

    def show_as(self, **changes: Any) -> None:
        """Change parts of the look: kind, arrangement, side_by_side, front, scale."""
        self.panel.show_as(**changes)

    def set_colors(self, colors: Mapping[int, str]) -> None:
        """Give clusters colours, '#rrggbb'; the others take that of their place in the selection."""
        self.panel.colors = dict(colors)
        self.panel.refresh(again=True)

    def set_positions(self, positions: npt.ArrayLike | None) -> None:
        """Put the (n_channels, 2) channels elsewhere, in µm.

        Raises
        ------
        TracesError
            There is not one position for each channel.
        """
        model = self._session.model
        self._session.model = replace(model, probe=array_probe(model.n_channels, positions))
        self.panel.refresh(again=True)


class _ColoredPanel(WaveformsPanel):
    """Clusters may have colours of their own."""

    def __init__(self, session: Session, **options: Any) -> None:
        self.colors: dict[int, str] = {}
        super().__init__(session, **options)

    def color_of(self, place: int) -> str:
        """Return the colour of a place of the selection."""
        clusters = self.clusters
        own = self.colors.get(clusters[place]) if place < len(clusters) else None
        return own or super().color_of(place)
