"""Draw, for the docs, what views say while they wait, fail, are frozen or have nothing to show.

usage: python tools/states.py FOLDER [--every [--cell 372x280] [--font 16]]

--every draws all views in every state, a sheet a state, to be looked at.
"""

import argparse
import logging
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from gallery import THEMES, sheet_of
from walk import fresh_sample, keep_settings_of_the_person

CELL = "372x280"  # of a view
N_THREADS = 40  # all views wait at the same time
CAUSE = "sample.kwx has 14 400 feature rows but sample.kwik has 14 441 spikes."
SHEET = (  # (state, view)
    ("filter_fails", "Clusters"), ("nothing_is_selected", "Features"),
    ("waits", "Waveforms"), ("waits_long", "Correlograms"),
    ("no_raw_data", "Waveforms"), ("no_features", "Drift"), ("fails", "Similarity"), ("is_frozen", "Amplitude"),
    ("nothing_is_listed", "Grid"), ("features_are_read", "Similar"),
    ("reading_is_cancelled", "Clusters"), ("nothing_is_open", "Traces"),
)  # fmt: skip
N_COLUMNS = {True: 5, False: 4}  # of a sheet of all views, and of states

Pictures = dict[str, Any]


class StatesOfViews:
    """The sample in a window, and every view in a window of its own; each state is a method that shows it for a while.

    Parameters
    ----------
    cell : width and height of each view.
    font_size : of napari; None: its own.
    """

    def __init__(self, theme: str, cell: tuple[int, int], font_size: int | None = None) -> None:
        import napari
        from journeys.gate import Gate
        from journeys.person import Person
        from napari.settings import get_settings

        from napari_phy.widgets.base.latest_result import view_pool

        view_pool().setMaxThreadCount(N_THREADS)
        self.viewer = napari.Viewer()
        if font_size is not None:
            get_settings().appearance.font_size = font_size
        self.viewer.theme = theme
        self.person = Person(self.viewer)
        self.person.resize(1920, 1080)
        self.gate = Gate()
        self.docks: dict[str, Any] = {}
        self._cell = cell

    @property
    def views(self) -> list[Any]:
        """The panels that compute."""
        return [panel for panel in self.person.workspace.panels.values() if hasattr(panel, "compute")]

    def open(self, kwik: Path) -> None:
        """Open a data set, the first time with all views, and select two clusters if there are similar ones."""
        from journeys.person import CTRL

        from napari_phy.widgets.window.kinds import KINDS

        person = self.person
        person.open(kwik.resolve())
        person.session.events.add("light", range(2, 55))
        person.session.compare_with(clustering="original")
        for title in () if self.docks else KINDS:
            panel = person.workspace.board.open(title)
            self.docks[title] = dock = person.workspace.docks[title]
            dock.setFloating(True)
            dock.resize(*self._cell)
            if hasattr(panel, "compute"):
                self.gate.watch(panel)
        person.settle()
        person.click(person.listed()[0])
        for cluster in person.listed("Similar")[:1]:
            person.click(cluster, "Similar", CTRL)
        person.rest(0.3)

    def pictures(self, after_s: float = 0.3) -> Pictures:
        """Return a picture of each view, after a while."""
        self.person.rest(after_s)
        return {title: dock.grab() for title, dock in self.docks.items()}

    def close(self) -> None:
        """Close the data set."""
        self.viewer.layers.clear()
        self.person.wait(lambda: self.person.session is None, "the data set to be closed")

    # --- states ---

    @contextmanager
    def waits(self, after_s: float = 0.5, percent: int = 0) -> Iterator[Pictures]:
        """Compute for less than a second."""
        with self.gate.closed(percent):
            self._compute_again()
            yield self.pictures(after_s)
        self.person.settle()

    def waits_long(self) -> Any:
        """Compute for longer."""
        return self.waits(1.4, 42)

    @contextmanager
    def is_cancelled(self) -> Iterator[Pictures]:
        """Cancel what is computed."""
        with self.waits_long():
            self._push("Cancel")
            yield self.pictures()
        self._push("Try again")
        self.person.settle()

    @contextmanager
    def fails(self) -> Iterator[Pictures]:
        """Fail to compute."""
        from napari_phy.core.errors import NapariPhyError

        logging.disable(logging.ERROR)  # it is meant
        error, similar = NapariPhyError(CAUSE), self.person.workspace.panels["Similar"]
        with (
            self.gate.failing(error),
            patch("napari_phy.widgets.lists.similar_panel.compute_similar", side_effect=error),
        ):
            similar.read_again()
            self._compute_again()
            self.person.settle()
            yield self.pictures()
        logging.disable(logging.NOTSET)
        similar.read_again()
        self._push("Try again")
        self.person.settle()

    @contextmanager
    def is_frozen(self) -> Iterator[Pictures]:
        """Keep two clusters while another is selected."""
        before = self.person.chosen
        locks = [panel.header.freeze_button for panel in self.views if panel.has_freeze]
        for lock in locks:
            lock.click()
        self.person.click(next(cluster for cluster in self.person.listed() if cluster not in before))
        yield self.pictures()
        for lock in locks:
            lock.click()
        self.person.session.selection.select(before)
        self.person.settle()

    @contextmanager
    def filter_fails(self, text: str = 'group = "good" and spikes >') -> Iterator[Pictures]:
        """Write a filter that says nothing."""
        line = self.person.workspace.panels["Clusters"].filter_line
        line.line.setText(text)
        line.ask()
        self.person.settle()
        yield self.pictures()
        line.clear()
        self.person.settle()

    def nothing_is_listed(self) -> Any:
        """Write a filter that lets nothing through."""
        return self.filter_fails("spikes > 1000000")

    @contextmanager
    def nothing_is_selected(self) -> Iterator[Pictures]:
        """Select no cluster."""
        self.person.session.selection.select([])
        self.person.settle()
        yield self.pictures()

    @contextmanager
    def nothing_is_open(self) -> Iterator[Pictures]:
        """Close the data set."""
        self.close()
        yield self.pictures()

    def no_features(self) -> Any:
        """Open the sample without its features."""
        return self.no_raw_data(".kwx")

    def no_files(self) -> Any:
        """Open the .kwik alone."""
        return self.no_raw_data(".dat", ".kwx")

    @contextmanager
    def no_raw_data(self, *suffixes: str) -> Iterator[Pictures]:
        """Open the sample without its raw data, or other files."""
        with tempfile.TemporaryDirectory() as home:
            kwik = fresh_sample(Path(home))
            for suffix in suffixes or (".dat",):
                kwik.with_suffix(suffix).unlink()
            self.open(kwik)
            yield self.pictures()
            self.close()

    @contextmanager
    def features_are_read(self, *, cancel: bool = False) -> Iterator[Pictures]:
        """Open the sample as if it were large, and hold the reading of its features."""
        from napari_phy.table.feature_sums import FeatureSums
        from napari_phy.widgets.window import background_jobs

        go_on, person = threading.Event(), self.person

        def prepare(_sums: Any, on_progress: Callable[[float], None]) -> None:
            on_progress(0.42)
            while not go_on.wait(0.02):
                on_progress(0.42)

        with (
            tempfile.TemporaryDirectory() as home,
            patch.object(background_jobs, "LARGE", 0),
            patch.object(FeatureSums, "prepare", prepare),
        ):
            self.viewer.open(str(fresh_sample(Path(home))), plugin="napari-phy")
            person.wait(lambda: person.session is not None, "the data set")
            if cancel:
                person.rest(0.3)
                person.workspace.panels["Clusters"].strip.button.click()
            yield self.pictures(1.0)
            go_on.set()
            self.close()

    def reading_is_cancelled(self) -> Any:
        """Cancel the reading of features."""
        return self.features_are_read(cancel=True)

    def _compute_again(self) -> None:
        for panel in self.views:
            panel.read_again()

    def _push(self, text: str) -> None:
        """Push a button in all views that have it."""
        for panel in self.views:
            for button in panel.stack.page.buttons:
                if button.text() == text:
                    button.click()


STATES = (
    "waits", "waits_long", "is_cancelled", "fails", "is_frozen", "filter_fails", "nothing_is_listed",
    "nothing_is_selected", "nothing_is_open", "no_features", "no_raw_data", "no_files", "features_are_read",
    "reading_is_cancelled",
)  # fmt: skip


def main() -> int:
    """Put the views into their states and draw them, in both themes; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where states_dark.png and its fellow go")
    parser.add_argument("--every", action="store_true", help="draw every view in every state")
    parser.add_argument("--cell", default=CELL, help="size of a view")
    parser.add_argument("--font", type=int, help="size of napari's font")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    width, height = map(int, options.cell.split("x"))
    for theme in THEMES:
        with tempfile.TemporaryDirectory() as home:
            keep_settings_of_the_person(Path(home))
            binding = StatesOfViews(theme, (width, height), options.font)
            binding.open(fresh_sample(Path(home)))
            draw(options.folder, theme, binding, is_every=options.every)
            binding.viewer.close()
    return 0


def draw(folder: Path, theme: str, binding: StatesOfViews, *, is_every: bool) -> None:
    """Keep a picture of each state, or one of all."""
    found = {}
    for state in STATES:
        with getattr(binding, state)() as pictures:
            found.update({(state, title): picture for title, picture in pictures.items()})
        if is_every:
            path = folder / f"{theme}_{state}.png"
            sheet_of(list(pictures.values()), N_COLUMNS[True]).save(str(path))
            print(path)
    if not is_every:
        path = folder / f"states_{theme}.png"
        sheet_of([found[place] for place in SHEET], N_COLUMNS[False]).save(str(path))
        print(path)


if __name__ == "__main__":
    sys.exit(main())
