"""The list of clusters in a notebook."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import traitlets

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.group_colors import own_group_colors
from napari_phy.core.sentences import on_one_line
from napari_phy.core.update_info import UpdateInfo
from napari_phy.notebook import actions
from napari_phy.notebook.base import SessionWidget, script, style
from napari_phy.table.cluster_filter import find_clusters
from napari_phy.table.cluster_table import ClusterTable, compute_cluster_table, compute_values
from napari_phy.table.column import Column
from napari_phy.table.columns import all_columns
from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.cluster_order import GROUP_ORDER
from napari_phy.views.edit_words import edit_done
from napari_phy.views.typed_values import label_text

GROUP, SIZE = "group", "spikes"
LABEL = "label "  # before the field, in the key of its column
N_LABELLED = 2000  # clusters of which labels are shown
_ORDERS = {"size": SIZE}


class ClusterView(SessionWidget):
    """The list of clusters: click, Ctrl and Shift select; heads sort; the filter is that of the program.

    Parameters
    ----------
    session : Session
        What is shown.
    columns : sequence of str, optional
        Keys of the columns that are shown; None: the usual ones.

    Attributes
    ----------
    filter : str
        Shows only the clusters for which it holds: `group == "good" and spikes > 100`. It is that of the session, which
        the list in napari, the wizard and the views of all clusters keep to, too.
    """

    script_name = "cluster_view"
    _esm = script(script_name)
    _css = style()

    title = "Clusters"

    filter = traitlets.Unicode("")
    table = traitlets.Dict().tag(sync=True)
    buttons: Any = traitlets.List().tag(sync=True)
    offered: Any = traitlets.List().tag(sync=True)

    def __init__(self, session: Any, columns: Sequence[str] | None = None, **traits: Any) -> None:
        usual = [column.key for column in all_columns() if column.is_usual]
        self._keys = usual if columns is None else list(columns)
        self._reason = ""  # why the filter says nothing
        traits.setdefault("cluster_order", "-size")
        super().__init__(session, **traits)
        self.observe(lambda _change: self.report_errors(self.refresh), "cluster_order")
        self.observe(lambda _change: self.report_errors(self._take_filter), "filter")
        if self.filter:
            self.report_errors(self._take_filter)
        else:
            self._on_listed()

    # --- the filter ---

    def _follow_clustering(self) -> None:
        self.follow(self.session.listed.changed, self._on_listed)
        super()._follow_clustering()

    def _take_filter(self) -> None:
        """Have another filter; one that says nothing changes nothing, and the reason stands below it."""
        session, text, before = self.session, self.filter.strip(), self.session.listed.text
        self._reason = ""
        try:
            if text:
                session.listed.show(text, find_clusters(session, text))
            else:
                session.listed.show_all()
        except NapariPhyError as error:
            self._reason = str(error)
        if session.listed.text == before:  # else it was shown already
            self.refresh()

    def _on_listed(self) -> None:
        self._reason = ""
        if self.filter.strip() != self.session.listed.text:
            self.filter = self.session.listed.text
        else:
            self.report_errors(self.refresh)

    def _has_other_rows(self) -> bool:
        """Look whether the filter lets other clusters through than before an edit; all views are told."""
        listed = self.session.listed
        before = listed.clusters
        if listed.text:
            listed.show(listed.text, find_clusters(self.session, listed.text))
        return listed.clusters != before

    # --- what is shown ---

    @property
    def _columns(self) -> list[Column]:
        return [column for column in all_columns() if column.key in self._keys or column.key == "id"]

    def refresh(self) -> None:
        """Show the rows that the filter lets through, in order."""
        if self._has_other_rows():
            return  # shown already
        session = self.session
        columns, order = self._columns, self.cluster_order.removeprefix("-")
        sort_key = _ORDERS.get(order, order)
        lazy = [column for column in columns if column.in_background and column.is_in(session)]
        for column in lazy:
            compute_values(session, column.key, session.manager.cluster_ids.tolist())
        keys = dict.fromkeys([*(column.key for column in columns), SIZE, *([] if sort_key == GROUP else [sort_key])])
        table = compute_cluster_table(session, keys=keys)
        rows = np.flatnonzero([cluster in session.listed for cluster in table.ids.tolist()])
        rows = rows[_order(table, rows, sort_key, descends=self.cluster_order.startswith("-"))]
        with self.hold_sync():
            self.table = self._state(table, rows, columns)
            self.buttons = actions.buttons(session)
            self.offered = [
                {
                    "key": column.key, "title": column.name, "tip": column.tip,
                    "is_shown": column.key in self._keys,
                }
                for column in all_columns()
                if column.key != "id"
            ]  # fmt: skip

    def _state(self, table: ClusterTable, rows: npt.NDArray[np.int64], columns: Sequence[Column]) -> dict[str, Any]:
        names = sorted(set(table.groups), key=lambda group: (group not in GROUP_ORDER, group))
        places = {name: place for place, name in enumerate(names)}
        groups = [table.groups[row] for row in rows.tolist()]
        ids = table.ids[rows]
        labels = self.session.manager.cluster_labels if len(rows) <= N_LABELLED else {}
        own = own_group_colors(self.session.groups)
        heads = [_head(column, self.session.model.unit) for column in columns]
        heads.insert(1, _fixed(GROUP, "group", "Group", left=True))
        heads += [_fixed(f"{LABEL}{name}", on_one_line(name), f"Your label {on_one_line(name)}") for name in labels]
        return {
            "columns": heads,
            "ids": ids.astype("<i4").tobytes(),
            "groups": [on_one_line(name) for name in names],
            "group": np.array([min(places[group], 255) for group in groups], dtype=np.uint8).tobytes(),
            "group_colors": {on_one_line(name): color for name, color in own.items()},
            "values": {
                column.key: table[column.key][rows].astype("<f4").tobytes() for column in columns if column.key != "id"
            },
            "labels": {
                f"{LABEL}{name}": [on_one_line(label_text(values.get(cluster))) for cluster in ids.tolist()]
                for name, values in labels.items()
            },
            "words": self._words(table, rows),
            "filter": self.filter,
            "reason": self._reason,
            "nothing": "No cluster matches. Clear the filter (Esc)." if self.filter else "There are no clusters.",
        }

    def _words(self, table: ClusterTable, rows: npt.NDArray[np.int64]) -> str:
        if len(rows) < len(table):
            return f"{format_number(len(rows))} of {format_count(len(table), 'cluster')}"
        n_spikes = int(np.nansum(table[SIZE]))
        return f"{format_count(len(table), 'cluster')} · {format_count(n_spikes, 'spike')}"

    def _on_edit(self, update: UpdateInfo) -> None:
        self.report_errors(lambda: self._tell_edit(update))
        super()._on_edit(update)

    def _tell_edit(self, update: UpdateInfo) -> None:
        """Tell of an edit at the foot, wherever it was made."""
        self.status = edit_done(update, self.session.manager)

    # --- what comes from the browser ---

    def _act(self, kind: str, message: dict[str, Any]) -> None:
        """Do what was asked for here, where the next cluster is that of the next row here."""
        self.session.listed.order = tuple(np.frombuffer(self.table.get("ids", b""), dtype="<i4").tolist())
        super()._act(kind, message)

    def on_message(self, kind: str, message: dict[str, Any]) -> None:
        """Take a selection, a filter or a choice of columns."""
        if kind == "select":
            given = message.get("clusters")
            clusters = [one for one in given if isinstance(one, int)] if isinstance(given, list) else []
            self.select(clusters, n_best=len(clusters))
        elif kind == "filter":
            self.filter = str(message.get("text", ""))[:1000]
        elif kind == "column":
            self.show_column(str(message.get("key")), shown=message.get("is_shown") is True)

    def show_column(self, key: str, *, shown: bool = True) -> None:
        """Show a column, or show it no more."""
        known = {column.key for column in all_columns()}
        if key in known and (key in self._keys) != shown:
            self._keys = [one for one in self._keys if one != key] + [key] * shown
            self.refresh()


def _order(table: ClusterTable, rows: npt.NDArray[np.int64], key: str, *, descends: bool) -> npt.NDArray[np.int64]:
    """Return the order of some rows: what is not known comes last, equal ones by id."""
    if key == GROUP:
        ranks = {group: float(rank) for rank, group in enumerate(GROUP_ORDER)}
        own = {group: 10.0 + rank for rank, group in enumerate(sorted(set(table.groups).difference(ranks)))}
        values = np.array([(ranks | own)[table.groups[row]] for row in rows.tolist()], dtype=np.float64)
    else:
        values = (table.ids.astype(np.float64) if key == "id" else table[key])[rows]
    values = -values if descends else values
    return np.lexsort((table.ids[rows], np.nan_to_num(values, nan=np.inf), np.isnan(values)))


def _head(column: Column, unit: str) -> dict[str, Any]:
    in_unit = column.unit_in(unit)
    return {
        "key": column.key,
        "title": column.title,
        "tip": f"{column.tip} ({in_unit})" if in_unit else column.tip,
        "width": column.width,
        "left": bool(column.categories),
        "decimals": column.decimals,
        "categories": list(column.categories),
        "plain": not column.is_quantity,
        "warns_from": column.warns_from if math.isfinite(column.warns_from) else None,
        "order": "size" if column.key == SIZE else column.key,
    }


def _fixed(key: str, title: str, tip: str, *, left: bool = True) -> dict[str, Any]:
    """Return the head of a column of texts."""
    return {
        "key": key, "title": title, "tip": tip, "width": 84, "left": left, "decimals": 0, "categories": [],
        "plain": False, "warns_from": None, "order": key,
    }  # fmt: skip
