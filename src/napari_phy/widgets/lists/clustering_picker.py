"""The drop-down that says which channel group and clustering are open, how far all are, and goes to others."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from qtpy.QtCore import Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QWidget

from napari_phy.core.clustering_file import MAIN, ClusteringSummary
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_count, format_number
from napari_phy.widgets.base.drop_down import DropDown
from napari_phy.widgets.base.icons import icon
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.theme import Tokens

GAP = "   ·   "


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go; a clustering of None: the one that opens first."""

    channel_group: int
    clustering: str | None


class ClusteringPicker(DropDown):
    """`Shank 0 · main ▾`; offered only where the file has several channel groups or clusterings.

    Attributes
    ----------
    theme : Tokens
        Has the colour of the dots.
    """

    offered_changed = Signal(bool)

    def __init__(self, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__("Shank and clustering", parent=parent)
        self.theme = theme
        self._session: Session | None = None
        self._links = SessionLinks(self)
        self.choices_menu.setToolTipsVisible(True)

    def follow(self, session: Session | None) -> None:
        """Show what a session has open, or nothing."""
        self._links.close()
        self._session = session
        if session is not None:
            self._links.connect(session.clusterings_changed, self.show_place)
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

    def _before_show(self) -> None:
        """List the channel groups and the clusterings of the one that is open, with how far they are.

        Those with unsaved edits have a dot, those that cannot be opened are greyed and say why.
        """
        menu, session = self.choices_menu, self._session
        menu.clear()
        if session is None:
            return
        model, summaries = session.model, session.summaries
        for group in model.channel_groups if len(model.channel_groups) > 1 else ():
            of_group = [summary for summary in summaries if summary.channel_group == group]
            shown = _first_to_open(of_group, model.clustering if group == model.channel_group else MAIN)
            place = Place(group, None if shown is None or shown.clustering == MAIN else shown.clustering)
            entry = menu.addAction(f"Shank {group}{GAP}{_words(shown, sum(one.n_unsaved for one in of_group))}")
            self._set_up(entry, place, of_group, shown, group == model.channel_group)
        menu.addSeparator()
        here = [summary for summary in summaries if summary.channel_group == model.channel_group]
        for clustering in session.clusterings:
            place = Place(model.channel_group, clustering)
            found = [one for one in here if one.clustering == clustering]
            entry = menu.addAction("".join((clustering, *(f"{GAP}{_words(one, one.n_unsaved)}" for one in found))))
            self._set_up(entry, place, found, next(iter(found), None), clustering == model.clustering)

    def _set_up(
        self,
        entry: QAction,
        place: Place,
        summaries: Sequence[ClusteringSummary],
        shown: ClusteringSummary | None,
        is_open: bool,
    ) -> None:
        entry.setEnabled(is_open or (shown is not None and shown.n_spikes > 0 and not shown.reason))
        entry.setToolTip(plain(shown.reason) if shown is not None else "")
        if any(summary.n_unsaved for summary in summaries):
            entry.setIcon(icon("unsaved", self.theme.warning))
        font = entry.font()
        font.setBold(is_open)  # a dot takes the place of the tick
        entry.setFont(font)
        entry.setCheckable(True)
        entry.setChecked(is_open)
        entry.triggered.connect(partial(self._choose, place))


def _first_to_open(summaries: Sequence[ClusteringSummary], wanted: str) -> ClusteringSummary | None:
    """Return the clustering that a channel group opens with, another one where that cannot be opened."""
    by_name = sorted(summaries, key=lambda summary: (bool(summary.reason), summary.clustering != wanted))
    return next(iter(by_name), None)


def _words(summary: ClusteringSummary | None, n_unsaved: int) -> str:
    """Return how far a clustering is: `3 of 10 decided   ·   2 unsaved edits`."""
    if summary is not None and summary.reason:
        return "cannot be read"
    if summary is None or summary.n_decided is None or summary.n_clusters is None or not summary.n_spikes:
        return "no spikes"
    words = f"{format_number(summary.n_decided)} of {format_number(summary.n_clusters)} decided"
    return f"{words}{GAP}{format_count(n_unsaved, 'unsaved edit')}" if n_unsaved else words
