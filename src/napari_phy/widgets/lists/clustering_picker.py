"""The drop-down that says which channel group and clustering are open, and goes to others."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QWidget

from napari_phy.views.numbers import format_count
from napari_phy.widgets.parts.drop_down import DropDown
from napari_phy.widgets.parts.plain_text import plain


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go; a clustering of None: the one that opens first."""

    channel_group: int
    clustering: str | None


class ClusteringPicker(DropDown):
    """`Shank 0 · main ▾`; offered only where the file has several channel groups or clusterings."""

    offered_changed = Signal(bool)
    _changed_in_some_thread = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Shank and clustering", parent=parent)
        self._session: Any = None
        self.choices_menu.setToolTipsVisible(True)
        self._changed_in_some_thread.connect(self.show_place)

    def follow(self, session: Any) -> None:
        """Show what a session has open, or nothing."""
        if self._session is not None:
            self._session.clusterings_changed.disconnect(self._on_changed, missing_ok=True)
        self._session = session
        if session is not None:
            session.clusterings_changed.connect(self._on_changed)
        self.show_place()

    def show_place(self) -> None:
        """Say what is open now."""
        if self._session is None:
            self.offered_changed.emit(False)
            return
        model = self._session.model
        words = [f"Shank {model.channel_group}"] if len(model.channel_groups) > 1 else []
        place = Place(model.channel_group, model.clustering)
        self.set_current(place, " · ".join([*words, model.clustering]))
        self.offered_changed.emit(len(model.channel_groups) > 1 or len(model.clusterings) > 1)

    def _on_changed(self) -> None:
        if isalive(self):
            self._changed_in_some_thread.emit()

    def _before_show(self) -> None:
        """List the channel groups, those without spikes greyed, and the clusterings of the one that is open."""
        menu, session = self.choices_menu, self._session
        menu.clear()
        if session is None:
            return
        model = session.model
        for group in model.channel_groups if len(model.channel_groups) > 1 else ():
            n_spikes = model.count_spikes(group)
            count = format_count(n_spikes, "spike") if n_spikes else "no spikes"
            entry = menu.addAction(f"Shank {group}   ·   {count}")
            entry.setEnabled(n_spikes > 0)
            self._set_up(entry, Place(group, None), group == model.channel_group)
            self._say_why_not(entry, model.unreadable.get((group, None)))
        menu.addSeparator()
        for clustering in session.clusterings:
            entry = menu.addAction(clustering)
            self._set_up(entry, Place(model.channel_group, clustering), clustering == model.clustering)
            self._say_why_not(entry, model.unreadable.get((model.channel_group, clustering)))

    def _set_up(self, entry: QAction, place: Place, is_open: bool) -> None:
        entry.setCheckable(True)
        entry.setChecked(is_open)
        entry.triggered.connect(partial(self._choose, place))

    @staticmethod
    def _say_why_not(entry: QAction, reason: str | None) -> None:
        """Grey an entry that cannot be read; its tooltip says why."""
        if reason:
            entry.setEnabled(False)
            entry.setText(f"{entry.text().partition('   ·   ')[0]}   ·   cannot be read")
            entry.setToolTip(plain(reason))

    def _choose(self, place: Place, *_: object) -> None:
        self.chosen.emit(place)
