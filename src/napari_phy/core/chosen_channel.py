"""The one channel that the user picked in some view, for those that show a channel at a time."""

from __future__ import annotations

from napari_phy.core.errors import ClusteringError
from napari_phy.core.signals import signal


class ChosenChannel:
    """A channel of the channel group, or none: then every view takes what suits its clusters.

    Parameters
    ----------
    n_channels : int
        Number of channels of the channel group.
    """

    changed = signal()

    def __init__(self, n_channels: int) -> None:
        self._n_channels = n_channels
        self._chosen: int | None = None

    @property
    def chosen(self) -> int | None:
        """Index of the channel, the column in features, masks and waveforms; None while none was picked."""
        return self._chosen

    def choose(self, channel_index: int | None) -> None:
        """Pick a channel, or none; the same again does nothing.

        Raises
        ------
        ClusteringError
            The channel does not exist.
        """
        if channel_index is not None and not 0 <= channel_index < self._n_channels:
            raise ClusteringError(f"There is no channel {channel_index}: they go from 0 to {self._n_channels - 1}.")
        if channel_index != self._chosen:
            self._chosen = channel_index
            self.changed.emit()
