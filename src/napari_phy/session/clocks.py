"""The clocks of the stacks beside a session, which are kept in its side folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import replace

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import visible
from napari_phy.core.signals import signal
from napari_phy.storage.side_files import CLOCKS, SideFiles
from napari_phy.timeline.event_lines import lines_of_events
from napari_phy.timeline.pulses import PulseLine
from napari_phy.timeline.time_base import TimeBase
from napari_phy.timeline.time_base_json import read_time_bases, time_base_to_json

_LONGEST_NAME = 200


class SessionClocks(MutableMapping[str, TimeBase]):
    """`session.clocks["movie"]` is the clock of the stack of that name, a `TimeBase`.

    A clock that is set is there when the data set is opened again.

    Parameters
    ----------
    model : callable
        Returns the data set as it is open now.
    side_files : SideFiles
        Where clocks are kept.

    Attributes
    ----------
    problems : tuple of str
        A sentence for each clock that was kept and cannot be read; it stays as it is kept.
    """

    changed = signal(str)  # the name

    def __init__(self, model: Callable[[], BaseModel], side_files: SideFiles) -> None:
        self._model, self._side_files = model, side_files
        read = side_files.load(CLOCKS)
        self._clocks, self.problems = read_time_bases(read)
        self._unread = {name: plain for name, plain in read.items() if name not in self._clocks}

    def __getitem__(self, name: str) -> TimeBase:
        return self._clocks[name]

    def __setitem__(self, name: str, base: TimeBase) -> None:
        """Keep a clock; one that does not know the sample rate of the session is told.

        Raises
        ------
        TimelineError
            The name is blank or very long.
        """
        if not name.strip() or len(name) > _LONGEST_NAME:
            raise TimelineError(f"A clock needs a name of 1 to {_LONGEST_NAME} characters.")
        if base.sample_rate is None:
            base = replace(base, sample_rate=self._model().sample_rate)
        if self._clocks.get(name) != base:
            self._clocks[name] = base
            self._unread.pop(name, None)
            self._keep(name)

    def __delitem__(self, name: str) -> None:
        del self._clocks[name]
        self._keep(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._clocks)

    def __len__(self) -> int:
        return len(self._clocks)

    @property
    def lines(self) -> list[PulseLine]:
        """The lines of pulses that the events of the file may be, for `timeline.propose`."""
        model = self._model()
        return lines_of_events(model.events, model.sample_rate)

    def __repr__(self) -> str:
        return visible(f"<Clocks: {', '.join(f'{name} by {base.source}' for name, base in self.items()) or 'none'}>")

    def _keep(self, name: str) -> None:
        plain = {one: time_base_to_json(base) for one, base in self._clocks.items()}
        self._side_files.save(CLOCKS, {**self._unread, **plain})
        self.changed.emit(name)
