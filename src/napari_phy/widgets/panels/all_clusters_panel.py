"""Base of the light views that show every cluster, in an order that may be that of the list."""

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtWidgets import QWidget

from napari_phy.actions import messages
from napari_phy.session.session import Session
from napari_phy.views import cluster_order
from napari_phy.views.cluster_order import Order, few_words
from napari_phy.widgets.base.drop_down import DropDown
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.panels.painted_panel import PaintedPanel


def listed_clusters(session: Session) -> list[int]:
    """Return the clusters, ascending, that the filter of the list lets through; discarded ones are left out."""
    return list(cluster_order.listed_clusters(session.manager, session.listed))


def why_no_cluster(session: Session) -> tuple[str, str]:
    """Return what a view of all clusters says where there is none."""
    return messages.parted(messages.NO_MATCH if session.listed.text else messages.NO_CLUSTERS)


def show_order(menu: DropDown, order: Order, chosen: str, instead: str) -> None:
    """Show in a drop-down by what clusters are sorted: as was chosen, or by what `instead` where that cannot be."""
    menu.set_current(order, few_words(instead) if instead else chosen)
    menu.setToolTip(plain(f"{menu.name} {instead}" if instead else menu.name))


class AllClustersPanel(PaintedPanel):
    """Shows the clusters that the filter of the list lets through.

    Attributes
    ----------
    listed : callable or None
        Returns the cluster ids in the order of the Clusters list; None where there is no list.
    """

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self.listed: Callable[[], Sequence[int]] | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        plot = super().make_content()
        self.setting_controls.add_drop_down("order")
        self.drawn.connect(self._show_order)
        return plot

    def _show_order(self) -> None:
        order = self.settings.order
        if self.data.request.order == order:
            chosen = self.settings.described()["order"].text(order)
            show_order(self.setting_controls.drop_downs["order"], order, chosen, self.data.sorted_by)

    def follow_list(self) -> None:
        """Show what the list shows now, in its order if that is the one chosen; the same again is no work."""
        self.refresh()

    def why_nothing(self) -> tuple[str, str]:
        return why_no_cluster(self.required_session)

    def shown_clusters(self) -> tuple[int, ...]:
        """Return the clusters that are listed, as the list has them where that matters, else by id."""
        shown = listed_clusters(self.required_session)
        if self.settings.order != "list" or self.listed is None:
            return tuple(shown)
        known = set(shown)
        first = [cluster for cluster in self.listed() if cluster in known]
        return (*first, *sorted(known - set(first)))
