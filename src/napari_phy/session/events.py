"""The events of a session by name: those of the file, lines of digital inputs, and what was added."""

from __future__ import annotations

import logging
import math
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
from napari_phy.storage.side_files import TRIAL_TABLES, SideFiles
from napari_phy.timeline.epochs import make_epochs
from napari_phy.timeline.pynapple_classes import load_pynapple
from napari_phy.timeline.series import threshold_interval
from napari_phy.timeline.units import to_seconds
from napari_phy.views.trials import DURATION, Trials, trials_of_epochs, trials_of_file, trials_of_table, trials_of_times

if TYPE_CHECKING:
    from napari_phy.timeline import Epochs, TimeSeries


logger = logging.getLogger(__name__)


class SessionEvents(Mapping[str, Any]):
    """`session.events["light"]` are events as a time series, `session.events.trials("light")` have columns too.

    Each kind of the file is there, each line of a digital input (`"TTL 3 on"`), what was added (tables of trials,
    crossings of a threshold), and the starts of epochs that were drawn. Tables that were read are read again when the
    data set is opened the next time; what else was added is there until it is closed.

    Parameters
    ----------
    model : callable
        Returns the data set as it is open now.
    epochs : EpochList
        The epochs that were drawn.
    side_files : SideFiles
        Where it is kept which tables were read.
    """

    changed = signal()

    def __init__(self, model: Callable[[], BaseModel], epochs: EpochList, side_files: SideFiles) -> None:
        self._model, self._epochs, self._side_files = model, epochs, side_files
        self._tables: dict[Path, tuple[str, ...]] = {}  # and the events that they have
        self._of_file: tuple[Mapping[str, Any], dict[str, Trials]] | None = None
        self._added: dict[str, Trials] = {}
        self._read_again()
        epochs.changed.connect(self.changed.emit)

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

    def add_crossings(self, name: str, data: Any, above: float = -math.inf, below: float = math.inf) -> None:
        """Add the moments at which continuous data come above a value, below one, or between two.

        How long they stay there, in seconds, is the column `duration`.

        Parameters
        ----------
        name : str
            What the events are called.
        data : pynapple.Tsd or LazyContinuous
            One channel, or the trace of a region, on the clock of the session.
        above, below : float, optional
            Values that are passed strictly.

        Raises
        ------
        TimelineError
            Data have several channels, or the events cannot be added.
        """
        epochs = threshold_interval(data, above, below)
        self.add(name, epochs.start, {DURATION: epochs.end - epochs.start})

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
        problems = self._take_table(Path(path))
        self._side_files.save(TRIAL_TABLES, tuple(self._tables))
        return problems

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
        """Remove events that were added; with all trials of a table, those of each type.

        Raises
        ------
        TimelineError
            None of that name were added.
        """
        if name not in self._added:
            raise TimelineError(f"No events {on_one_line(name)} were added.")
        table = next((path for path, names in self._tables.items() if names[:1] == (name,)), None)
        for one in (name,) if table is None else self._tables.pop(table):
            self._added.pop(one, None)
        if table is not None:
            self._side_files.save(TRIAL_TABLES, tuple(self._tables))
        self.changed.emit()

    @property
    def added(self) -> tuple[str, ...]:
        """Names of those that were added."""
        return tuple(self._added)

    def __repr__(self) -> str:
        return visible(f"<Events: {', '.join(f'{len(self.trials(name))} {name}' for name in self) or 'none'}>")

    def _take_table(self, path: Path) -> tuple[str, ...]:
        """Add the trials of a table; return a sentence for what was left out."""
        table = read_trials(path)
        names = []
        for trials in trials_of_table(table, self._model().sample_rate):
            is_taken = trials.name in self._file_trials
            named = replace(trials, name=f"{trials.name} ({table.name})") if is_taken else trials
            self.add_trials(named)
            names.append(named.name)
        self._tables[path.absolute()] = tuple(names)
        return table.problems

    def _read_again(self) -> None:
        for path in self._side_files.load(TRIAL_TABLES):
            try:
                self._take_table(path)
            except TimelineError as error:
                logger.warning("The trials that were read last time are left out. %s", error)
                self._tables[path] = ()  # it may be back the next time

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
