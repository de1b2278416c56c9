"""The epochs of a session: its recordings, and those that were drawn, which are kept in the side folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from napari_phy.core.base_model import BaseModel
from napari_phy.core.epoch_list import Epoch, EpochList
from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import on_one_line, visible
from napari_phy.formats.trials import write_events
from napari_phy.storage.side_files import EPOCHS, SideFiles
from napari_phy.table.numbers import format_count
from napari_phy.timeline.epochs import make_epochs
from napari_phy.views.trials import epochs_of_trials

if TYPE_CHECKING:
    from napari_phy.session.events import SessionEvents
    from napari_phy.timeline import Epochs

RECORDINGS = "recordings"


def usable_epochs(epochs: SessionEpochs, events: SessionEvents, sample_rate: float) -> dict[str, tuple[Epoch, ...]]:
    """Return what views can be restricted to by name: several recordings, epochs that were drawn, events that last."""
    found = {RECORDINGS: epochs.recordings} if len(epochs.recordings) > 1 else {}
    found |= {name: epochs.named(name) for name in epochs.drawn_names}
    for name in events:
        if name not in found and (lasting := epochs_of_trials(events.trials(name), sample_rate)):
            found[name] = lasting
    return found


class SessionEpochs(EpochList):
    """`session.epochs["sleep"]` are the epochs of a name, `session.epochs["recordings"]` the recordings of the file.

    Parameters
    ----------
    model : callable
        Returns the data set as it is open now.
    side_files : SideFiles
        Where those that are drawn are kept.
    """

    def __init__(self, model: Callable[[], BaseModel], side_files: SideFiles) -> None:
        drawn = side_files.load(EPOCHS)
        super().__init__(drawn, partial(side_files.save, EPOCHS), RECORDINGS)
        self._model = model

    @property
    def recordings(self) -> tuple[Epoch, ...]:
        """The recordings of the file, each as one epoch."""
        model = self._model()
        spans = [(one.start_sample, one.start_sample + one.n_samples, one.name) for one in model.recordings]
        rate = model.sample_rate
        return tuple(Epoch(start / rate, stop / rate, name) for start, stop, name in spans if stop > start)

    @property
    def names(self) -> tuple[str, ...]:
        """What `[name]` takes: recordings, and the names of those that were drawn."""
        return (RECORDINGS, *self.drawn_names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Epochs:
        """Return the epochs of a name; those that overlap become one, and the log says so.

        Raises
        ------
        TimelineError
            There are none of that name.
        """
        some = self.named(name)
        return make_epochs(
            [one.start_s for one in some], [one.stop_s for one in some], metadata={"name": [one.name for one in some]}
        )

    def named(self, name: str) -> tuple[Epoch, ...]:
        """Return the epochs of a name, each as it was drawn.

        Raises
        ------
        TimelineError
            There are none of that name.
        """
        some = self.recordings if name == RECORDINGS else tuple(one for one in self.drawn if one.name == name)
        if not some and name != RECORDINGS:
            raise TimelineError(f"There are no epochs {on_one_line(name)}. There are {', '.join(self.names)}.")
        return some

    def write(self, path: str | Path) -> None:
        """Write the epochs that were drawn as `events.tsv` of BIDS.

        Raises
        ------
        SaveError
            It could not be written.
        """
        write_events(path, self.drawn)

    def __repr__(self) -> str:
        drawn = [f"{sum(one.name == name for one in self.drawn)} {name}" for name in self.drawn_names]
        return visible(f"<Epochs: {', '.join([format_count(len(self.recordings), 'recording'), *drawn])}>")
