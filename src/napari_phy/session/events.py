"""The events of a session by name: those of the file, lines of digital inputs, and what was added."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.epoch_list import EpochList
from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import on_one_line, visible
from napari_phy.core.signals import signal
from napari_phy.formats.trials import read_trials
from napari_phy.timeline.epochs import make_epochs
from napari_phy.timeline.pynapple_classes import load_pynapple
from napari_phy.timeline.units import to_seconds
from napari_phy.views.trials import Trials, trials_of_epochs, trials_of_file, trials_of_table, trials_of_times

if TYPE_CHECKING:
    from napari_phy.timeline import Epochs, TimeSeries


class SessionEvents(Mapping[str, Any]):
    """`session.events["light"]` are events as a time series, `session.events.trials("light")` have columns too.

    Each kind of the file is there, each line of a digital input (`"TTL 3 on"`), what was added (tables of trials,
    crossings of a threshold), and the starts of epochs that were drawn. What was added is there until the session is
    closed.

    Parameters
    ----------
    model : callable
        Returns the data set as it is open now.
    epochs : EpochList
        The epochs that were drawn.
    """

    changed = signal()

    def __init__(self, model: Callable[[], BaseModel], epochs: EpochList) -> None:
        self._model, self._epochs = model, epochs
        epochs.changed.connect(self.changed.emit)
        self._of_file: tuple[Mapping[str, Any], dict[str, Trials]] | None = None
        self._added: dict[str, Trials] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._file_trials, *self._added, *self._epochs.drawn_names]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in list(iter(self))

    def __getitem__(self, name: str) -> TimeSeries:
        trials = self._trials(name)
        if trials is None:
            raise KeyError(name)
        model = self._model()
        times = to_seconds(trials.samples, "samples", model.sample_rate)
        ends_s = (float(times[0]), float(times[-1])) if len(times) else (0.0, 0.0)
        return load_pynapple().Ts(times, time_support=time_line(model, *ends_s))

    def trials(self, name: str) -> Trials:
        """Return events as views use them: their samples, and what is known of each.

        Raises
        ------
        TimelineError
            There are none of that name.
        """
        trials = self._trials(name)
        if trials is None:
            there = f"There are {', '.join(map(on_one_line, self))}." if len(self) else "The data set has none."
            raise TimelineError(f"There are no events {on_one_line(name)}. {there}")
        return trials

    def add(self, name: str, times_s: npt.ArrayLike, columns: Mapping[str, npt.ArrayLike] | None = None) -> None:
        """Add events, such as the crossings of a threshold; those of the same name that were added before go.

        Parameters
        ----------
        name : str
            What they are called.
        times_s : array_like
            Seconds on the joined time line, in any order.
        columns : mapping of str to array_like, optional
            {name: a value for each}, by which views group and sort them.

        Raises
        ------
        TimelineError
            The file has events of that name, the name is blank, or there are not as many values as times.
        """
        values = {column: np.asarray(of) for column, of in (columns or {}).items()}
        self.add_trials(trials_of_times(name, times_s, self._model().sample_rate, values))

    def read(self, path: str | Path) -> tuple[str, ...]:
        """Add the trials of a table, as `events.tsv` of BIDS: all under the name of the file, and those of each type.

        Parameters
        ----------
        path : str or Path
            A text file with a time in each row; `read_trials` tells which columns it may have.

        Returns
        -------
        tuple of str
            A sentence for what was left out.

        Raises
        ------
        TimelineError
            The file cannot be read, or is no table of trials.
        """
        table = read_trials(path)
        for trials in trials_of_table(table, self._model().sample_rate):
            taken = trials.name in self._file_trials
            self.add_trials(replace(trials, name=f"{trials.name} ({table.name})") if taken else trials)
        return table.problems

    def add_trials(self, trials: Trials) -> None:
        """Add trials; those of the same name that were added before go.

        Raises
        ------
        TimelineError
            The file has events of that name, or the name is blank.
        """
        if not trials.name.strip():
            raise TimelineError("Events need a name.")
        if trials.name in self._file_trials:
            raise TimelineError(f"The file has events {on_one_line(trials.name)}; choose another name.")
        if self._added.get(trials.name) != trials:
            self._added[trials.name] = trials
            self.changed.emit()

    def remove(self, name: str) -> None:
        """Remove events that were added.

        Raises
        ------
        TimelineError
            None of that name were added.
        """
        if name not in self._added:
            raise TimelineError(f"No events {on_one_line(name)} were added.")
        del self._added[name]
        self.changed.emit()

    @property
    def added(self) -> tuple[str, ...]:
        """Names of those that were added."""
        return tuple(self._added)

    def __repr__(self) -> str:
        return visible(f"<Events: {', '.join(f'{len(self.trials(name))} {name}' for name in self) or 'none'}>")

    def _trials(self, name: str) -> Trials | None:
        if name in self._added or name in self._file_trials:
            return self._added[name] if name in self._added else self._file_trials[name]
        drawn = [epoch for epoch in self._epochs.drawn if epoch.name == name]
        return trials_of_epochs(name, drawn, self._model().sample_rate) if drawn else None

    @property
    def _file_trials(self) -> Mapping[str, Trials]:
        events = self._model().events
        if self._of_file is None or self._of_file[0] is not events:
            self._of_file = events, trials_of_file(events)
        return self._of_file[1]


def time_line(model: BaseModel, first_s: float = 0.0, last_s: float = 0.0) -> Epochs:
    """Return one epoch: all recordings, and what lies before or after them."""
    start_s, stop_s = min(0.0, first_s), max(model.duration, last_s)
    return make_epochs(start_s, stop_s if stop_s > start_s else start_s + 1.0)
