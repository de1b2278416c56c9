"""What a session knows in time, as time structures: units, epochs, events, traces; and what is placed beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from napari_phy.core.errors import TimelineError
from napari_phy.core.time_cursor import TimeCursor
from napari_phy.session.current import Current
from napari_phy.storage.side_files import SideFiles

if TYPE_CHECKING:  # opening a data set needs none of them
    from napari_phy.core.epoch_list import Epoch
    from napari_phy.session.clocks import SessionClocks
    from napari_phy.session.epochs import SessionEpochs
    from napari_phy.session.events import SessionEvents
    from napari_phy.session.placements import SessionPlacements
    from napari_phy.timeline import LazyContinuous, TimeSeriesGroup


class TimeStructures(ABC):
    """Makes each when it is first asked for; what the user adds is kept in the side folder."""

    _current: Current
    _side_files: SideFiles
    _used_epochs = ""  # the name that views were restricted to last

    @property
    @abstractmethod
    def time(self) -> TimeCursor:
        """The moment that is looked at, the same in all views and after every switch."""

    def units(self, clusters: Iterable[int] | None = None) -> TimeSeriesGroup:
        """Return clusters (None: all that are not discarded) as pynapple's TsGroup, with group, channel, … of each."""
        from napari_phy.session.units import units_of

        return units_of(self._current.opened, clusters)

    @cached_property
    def epochs(self) -> SessionEpochs:
        """The recordings, and the epochs that were drawn: `session.epochs["sleep"]`; kept in the side folder."""
        from napari_phy.session.epochs import SessionEpochs

        epochs = SessionEpochs(self._current.model_now, self._side_files)
        epochs.changed.connect(self._follow_epochs)
        return epochs

    @property
    def usable_epochs(self) -> dict[str, tuple[Epoch, ...]]:
        """What `use_epochs` takes, by name: several recordings, epochs that were drawn, events with a duration."""
        from napari_phy.session.epochs import usable_epochs

        return usable_epochs(self.epochs, self.events, self._current.opened.model.sample_rate)

    def use_epochs(self, name: str) -> None:
        """Have views use only the spikes within epochs of a name; `time.clear_range()` has them use all again.

        Where epochs of the name are drawn, moved or removed later, views follow.

        Raises
        ------
        TimelineError
            There are none of that name on the time line.
        """
        epochs = self.usable_epochs.get(name) or self.epochs.named(name)
        try:
            self.time.set_epochs([(epoch.start_s, epoch.stop_s) for epoch in epochs], name)
        except ValueError as error:
            raise TimelineError(str(error)) from error
        self._used_epochs = name

    def _follow_epochs(self) -> None:
        """Use the epochs of the name in use as they are now; all times where there are none any more."""
        range_s = self.time.range_s
        if range_s is None or not range_s.name or range_s.name != self._used_epochs:
            return
        try:
            self.use_epochs(range_s.name)
        except TimelineError:
            self.time.clear_range()

    @cached_property
    def events(self) -> SessionEvents:
        """The events by name, as time series: `session.events["light"]`."""
        from napari_phy.session.events import SessionEvents

        return SessionEvents(self._current.model_now, self.epochs, self._side_files)

    @cached_property
    def clocks(self) -> SessionClocks:
        """The clocks of stacks beside the recording: `session.clocks["movie"]`; kept in the side folder."""
        from napari_phy.session.clocks import SessionClocks

        return SessionClocks(self._current.model_now, self._side_files)

    @cached_property
    def placements(self) -> SessionPlacements:
        """Where the probe lies in an image; kept in the side folder."""
        from napari_phy.session.placements import SessionPlacements

        return SessionPlacements(self._current.model_now, self._side_files)

    @property
    def traces(self) -> LazyContinuous | None:
        """The raw traces as continuous data, of which only what is asked for is read; None without raw data."""
        from napari_phy.timeline import LazyContinuous

        model = self._current.opened.model
        return None if model.traces is None else LazyContinuous(model.traces, model.sample_rate)
