"""What all views of a notebook share: the session that they follow, traits that can be linked, and keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any
from weakref import WeakMethod

import anywidget
import numpy as np
import traitlets

from napari_phy.core.colors import SELECTION_DARK, SELECTION_LIGHT
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.update_info import UpdateInfo
from napari_phy.notebook import actions
from napari_phy.notebook.traits import BINARY, Ids
from napari_phy.session import Session
from napari_phy.table.columns import column_key, column_named
from napari_phy.views.theme_colors import DARK, LIGHT, RAMPS

STATIC = files("napari_phy.notebook") / "static"


@cache
def script(name: str) -> str:
    """Return the ES module of a view: what all share, the colours, and its own `render`."""
    themes = {
        theme: {**colors, "ramp": RAMPS[theme == "dark"], "selection": selection}
        for theme, colors, selection in (("dark", DARK, SELECTION_DARK), ("light", LIGHT, SELECTION_LIGHT))
    }
    parts = [f"const THEMES = {json.dumps(themes)};"]
    if name == "workspace":
        parts.append(f"const DOCKVIEW = {_vendored('dockview-core.min.js')};")
    modules = ("shared", "points", "painter", name) if name == "painted_view" else ("shared", name)
    parts += [(STATIC / f"{one}.js").read_text(encoding="utf-8") for one in modules]
    return "\n".join(parts)


def _vendored(name: str) -> str:
    """Return a library as an expression with what it exports, whatever loaders of modules the page has."""
    library = (STATIC / "vendor" / name).read_text(encoding="utf-8")
    return f"(() => {{ const exports = {{}}, module = {{}}, define = undefined; {library}\nreturn exports; }})()"


@cache
def style() -> str:
    """Return the style sheet of all views."""
    return (STATIC / "views.css").read_text(encoding="utf-8")


class SessionWidget(anywidget.AnyWidget):
    """Base of the views of a session in a notebook; `traitlets.link` joins those of several sessions.

    Parameters
    ----------
    session : Session
        What is shown. All widgets of one session follow each other, and so do docks, scripts and the console.

    Attributes
    ----------
    clusters : list of int
        The selected clusters, in order.
    selected_spikes : ndarray of int64
        The selected spikes, ascending, usually those inside a lasso.
    clustering : ndarray of int32
        Cluster of every spike; another one that is set is an edit, which can be undone. It stays in Python.
    cluster_order : str
        What lists of all clusters are sorted by: "id", "group", "size", "depth" or the key of a column, with "-" before
        it for the other way round.
    status : str
        The sentence at the foot of the view.
    """

    title = ""
    script_name = ""  # of its module, in `static`

    clusters = traitlets.List(traitlets.Int()).tag(sync=True)
    selected_spikes = Ids().tag(**BINARY)
    clustering = Ids(np.int32)
    cluster_order = traitlets.Unicode("id").tag(sync=True)
    status = traitlets.Unicode("").tag(sync=True)
    name = traitlets.Unicode("").tag(sync=True)

    def __init__(self, session: Session, **traits: Any) -> None:
        self._session = session
        self._links: list[tuple[Any, Callable[..., None]]] = []
        self.listener: Callable[[dict[str, Any], list[bytes]], None] | None = None  # of a browser without Jupyter
        self._is_taking_over = False
        super().__init__(name=self.title, **traits)
        self.on_msg(self._on_message)
        self.follow(session.switched, self._on_switched)
        self.follow(session.closed, self._on_closed)
        self._follow_clustering()
        self.observe(self._on_clusters, "clusters")
        self.observe(self._on_selected_spikes, "selected_spikes")
        self.observe(self._on_clustering, "clustering")

    @property
    def session(self) -> Session:
        """What is shown."""
        return self._session

    # --- to be implemented by views ---

    def refresh(self) -> None:
        """Show the session as it is now."""
        raise NotImplementedError

    def on_message(self, kind: str, message: dict[str, Any]) -> None:
        """Take what was done in the browser, and is not known to all views."""

    # --- following the session ---

    def follow(self, signal: Any, method: Callable[..., None], *, passes_on: bool = False) -> None:
        """Call a method at each emission of a signal, as long as the view and its clustering are there.

        `passes_on` gives it what the signal tells.
        """
        weak = WeakMethod(method)

        def forward(*told: Any) -> None:
            found = weak()
            if found is not None:
                found(*told if passes_on else ())

        signal.connect(forward)
        self._links.append((signal, forward))

    def _follow_clustering(self) -> None:
        self._is_other_clustering = True  # than that of the trait
        self.follow(self._session.selection.changed, self._on_selection)
        self.follow(self._session.manager.changed, self._on_edit, passes_on=True)
        self._show_session()

    def _leave(self) -> None:
        while self._links:
            signal, slot = self._links.pop()
            signal.disconnect(slot, missing_ok=True)

    def _on_switched(self) -> None:
        self._leave()
        self.follow(self._session.switched, self._on_switched)
        self.follow(self._session.closed, self._on_closed)
        self._follow_clustering()

    def _on_closed(self) -> None:
        self._leave()
        self.status = f"{self._session.name} is closed."

    def close(self) -> None:
        """Follow nothing any more, and be gone from the page."""
        self._leave()
        super().close()

    def _on_selection(self) -> None:
        self._show_session()

    def _on_edit(self, _update: UpdateInfo) -> None:
        self._is_other_clustering = True
        if all(cluster in self._session.manager for cluster in self._session.selection.clusters):
            self._show_session()  # else the selection follows at once

    def _show_session(self) -> None:
        """Take the traits over from the session, then show it; errors become the sentence at the foot."""
        selection = self._session.selection
        self._is_taking_over = True
        try:
            self.clusters = list(selection.clusters)
            self.selected_spikes = selection.spikes
            if self._is_other_clustering:
                self.clustering = self._session.manager.spike_clusters
                self._is_other_clustering = False
        finally:
            self._is_taking_over = False
        self.report_errors(self.refresh)

    def report_errors(self, act: Callable[[], None]) -> None:
        """Call a function; an error is shown in the status line."""
        try:
            act()
        except (NapariPhyError, OSError) as error:
            self.status = str(error)

    # --- what is set from outside ---

    def _on_clusters(self, _change: Any) -> None:
        self._take_over(lambda: self.select(self.clusters))

    def _on_selected_spikes(self, _change: Any) -> None:
        self._take_over(lambda: self._session.selection.select_spikes(self.selected_spikes))

    def _on_clustering(self, _change: Any) -> None:
        self._take_over(self._take_clustering)

    def _take_over(self, act: Callable[[], None]) -> None:
        """Do what a trait asks for; where that cannot be, the trait goes back to what the session has."""
        if self._is_taking_over:
            return
        self.report_errors(act)
        selection = self._session.selection
        expected = (list(selection.clusters), selection.spikes, self._session.manager.spike_clusters)
        if self.clusters != expected[0] or not all(
            np.array_equal(*pair) for pair in ((self.selected_spikes, expected[1]), (self.clustering, expected[2]))
        ):
            self._is_other_clustering = True
            self._show_session()

    def _take_clustering(self) -> None:
        manager = self._session.manager
        if len(self.clustering) != manager.total_spikes:
            n_needed, n_given = manager.total_spikes, len(self.clustering)
            raise NapariPhyError(f"A clustering needs a cluster for each of {n_needed} spikes, not {n_given}.")
        manager.assign_all(self.clustering)

    def select(self, clusters: Iterable[int], n_best: int = 1) -> None:
        """Select those of some clusters that exist."""
        known = [cluster for cluster in clusters if cluster in self._session.manager]
        self._session.selection.select(known, n_best=n_best)

    @traitlets.validate("cluster_order")
    def _checked_order(self, proposal: Any) -> str:
        order = str(proposal["value"])
        name = order.removeprefix("-")
        if name not in ("id", "group", "size") and column_named(name) is None:
            raise traitlets.TraitError(f"Clusters can be sorted by id, group, size or a column, not by {name!r}.")
        key = name if name in ("id", "group", "size") else column_key(name)
        return f"-{key}" if order.startswith("-") else key

    # --- to and from the browser ---

    def tell_browser(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        """Send what is no trait: it is not kept, and comes to those that are there."""
        if self.listener is not None:
            self.listener(content, buffers)
        else:
            self.send(content, buffers)

    def _on_message(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if isinstance(content, dict):
            self.receive(content)

    def receive(self, message: dict[str, Any]) -> None:
        """Take a message of the browser; what cannot be done is told at the foot."""
        kind = message.get("kind")
        if isinstance(kind, str):
            self.report_errors(lambda: self._act(kind, message))

    def _act(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "key":
            self.run_action(actions.KEYS.get(str(message.get("key")), ""))
        elif kind == "action":
            self.run_action(str(message.get("name")))
        else:
            self.on_message(kind, message)

    def run_action(self, name: str) -> None:
        """Do what a button or a key does, and tell of it at the foot.

        Raises
        ------
        NapariPhyError
            It could not be done; nothing was changed.
        """
        words = actions.run(self._session, name)
        if name == "save":
            self.refresh()  # nothing else tells that there is nothing more to save
        if words:
            self.status = words
