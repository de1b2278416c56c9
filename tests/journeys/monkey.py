"""Somebody who presses and clicks at random in every view, and what their edits come to without a window."""

import numpy as np
from journeys.person import ALT, CTRL, LEFT, PLAIN, SHIFT, Person
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.widgets.panels.form_panel import FormPanel
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.window.kinds import KINDS, LISTS

KEYS = (
    (Qt.Key.Key_G, PLAIN), (Qt.Key.Key_K, PLAIN), (Qt.Key.Key_Z, CTRL), (Qt.Key.Key_Z, CTRL | SHIFT),
    (Qt.Key.Key_Space, PLAIN), (Qt.Key.Key_Space, SHIFT), (Qt.Key.Key_Up, PLAIN), (Qt.Key.Key_Down, PLAIN),
    (Qt.Key.Key_Home, PLAIN), (Qt.Key.Key_End, PLAIN), (Qt.Key.Key_Backspace, PLAIN),
    (Qt.Key.Key_G, ALT), (Qt.Key.Key_M, ALT), (Qt.Key.Key_N, CTRL | ALT), (Qt.Key.Key_U, CTRL),
    (Qt.Key.Key_R, ALT), (Qt.Key.Key_Right, ALT), (Qt.Key.Key_PageDown, ALT), (Qt.Key.Key_PageDown, CTRL | ALT),
)  # fmt: skip
MODIFIERS = (PLAIN, PLAIN, CTRL, SHIFT)
VIEWS = tuple(title for title in KINDS if title not in (*LISTS, "Actions"))  # whose buttons open questions that wait


class Monkey:
    """Acts at random in one window, on views that are there, by real events.

    Parameters
    ----------
    seed : of what it does.
    """

    def __init__(self, person: Person, seed: int) -> None:
        self._person = person
        self._rng = np.random.default_rng(seed)
        self._session = person.session
        self._follow = ClusterManager(
            self._session.manager.spike_clusters,
            self._session.manager.cluster_groups,
            self._session.manager.cluster_colors,
            self._session.manager.cluster_labels,
        )
        self._session.manager.changed.connect(self._on_changed)
        self.n_edits = 0
        self._session.compare_with(clustering="original")  # else Compare asks for a file, and waits
        for title in VIEWS:
            person.workspace.board.open(title)
        person.settle()

    def _on_changed(self, update: object) -> None:
        """Do the same without a window."""
        self.n_edits += 1
        if update.cause == "edit":
            self._follow.apply([update])
        elif update.cause == "undo":
            self._follow.undo()
        else:
            self._follow.redo()

    def act(self, n_actions: int) -> None:
        """Do so many things, mostly without waiting for the views."""
        acts = (
            self._press,
            self._press,
            self._press,
            self._row,
            self._row,
            self._spikes,
            self._view,
            self._option,
            self._dock,
        )
        for _ in range(n_actions):
            acts[self._rng.integers(len(acts))]()
            if self._rng.random() < 0.3:
                self._person.settle()
            else:
                QApplication.processEvents()
        self._person.settle()

    def check(self) -> None:
        """Compare the clustering with the one that had no window, and every view with the selection."""
        ours, other = self._session.manager, self._follow
        assert ours.cluster_ids.tolist() == other.cluster_ids.tolist()
        assert np.array_equal(ours.spike_clusters, other.spike_clusters)
        assert ours.cluster_groups == other.cluster_groups
        assert ours.n_done == other.n_done
        for cluster in ours.cluster_ids.tolist():
            assert np.array_equal(ours.spikes(cluster), np.flatnonzero(other.spike_clusters == cluster))
        for name, panel in self._person.workspace.panels.items():
            shows_spikes = isinstance(panel, ViewPanel) and not isinstance(panel, FormPanel)
            if shows_spikes and panel.isVisible() and panel.data is not None:
                assert panel._request == panel.make_request(), name
        assert set(self._person.chosen) <= set(ours.cluster_ids.tolist())

    # --- what it does ---

    def _press(self) -> None:
        key, modifier = KEYS[self._rng.integers(len(KEYS))]
        if self._rng.random() < 0.5:
            self._person.workspace.focus_clusters()
        QTest.keyClick(self._person.focused(), key, modifier)

    def _row(self) -> None:
        title = LISTS[self._rng.integers(2)]
        view = self._person.workspace.panels[title].list
        n_rows = view.model().rowCount()
        if n_rows and view.isVisible():
            index = view.model().index(int(self._rng.integers(n_rows)), 1)
            view.scrollTo(index)
            modifier = MODIFIERS[self._rng.integers(len(MODIFIERS))]
            QTest.mouseClick(view.viewport(), LEFT, modifier, view.visualRect(index).center())

    def _spikes(self) -> None:
        """Choose some spikes of the selection, as a lasso does."""
        clusters = [c for c in self._person.chosen if self._session.manager.n_spikes(c) > 1]
        if clusters:
            spikes = self._session.manager.spikes(clusters[self._rng.integers(len(clusters))])
            n_chosen = int(self._rng.integers(1, len(spikes)))
            self._session.selection.select_spikes(self._rng.choice(spikes, n_chosen, replace=False))

    def _view(self) -> None:
        """Click, drag or turn the wheel somewhere in a view that is in sight."""
        shown = [p for p in self._person.workspace.panels.values() if p.title in VIEWS and p.isVisible()]
        panel = shown[self._rng.integers(len(shown))]
        place = QPoint(*(int(self._rng.integers(2, max(3, size - 2))) for size in (panel.width(), panel.height())))
        widget = panel.childAt(place) or panel
        inside = widget.mapFrom(panel, place)
        modifier = MODIFIERS[self._rng.integers(len(MODIFIERS))]
        if self._rng.random() < 0.5 or widget is panel:
            QTest.mouseClick(widget, LEFT, modifier, inside)
            return
        QTest.mousePress(widget, LEFT, modifier, inside)
        for step in self._rng.integers(-60, 60, (4, 2)).tolist():
            QTest.mouseMove(widget, inside + QPoint(*step))
        QTest.mouseRelease(widget, LEFT, modifier, inside)

    def _option(self) -> None:
        """Choose something else in a view."""
        panels = [p for p in self._person.workspace.panels.values() if isinstance(p, ViewPanel) and p.options()]
        panel = panels[self._rng.integers(len(panels))]
        names = sorted(panel.options())
        name = names[self._rng.integers(len(names))]
        allowed = panel.settings.described()[name].offered
        if allowed:
            panel.set_options({name: allowed[self._rng.integers(len(allowed))]})

    def _dock(self) -> None:
        """Bring a view in sight, or freeze it or let it go."""
        names = [name for name, panel in self._person.workspace.panels.items() if panel.title in VIEWS]
        name = names[self._rng.integers(len(names))]
        if self._rng.random() < 0.7:
            self._person.workspace.docks[name].raise_()
        elif self._person.workspace.panels[name].has_freeze:
            self._person.workspace.panels[name].header.freeze_button.toggle()
