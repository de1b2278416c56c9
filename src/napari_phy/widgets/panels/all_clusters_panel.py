"""Base of the light views that show every cluster, in an order that may be that of the list."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from napari_phy.core.cluster_meta import DISCARDED
from napari_phy.views.cluster_order import Order, few_words
from napari_phy.widgets.actions import messages
from napari_phy.widgets.base.drop_down import DropDown
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.panels.painted_panel import PaintedPanel


def listed_clusters(session: Any) -> list[int]:
    """Return the clusters, ascending, that the filter of the list lets through; discarded ones are left out."""
    listed, ids = session.listed, session.manager.cluster_ids.tolist()
    groups = session.manager.groups_of(ids)
    return [c for c, group in zip(ids, groups, strict=True) if group != DISCARDED and c in listed]


def why_no_cluster(session: Any) -> tuple[str, str]:
    """Return what a view of all clusters says where there is none."""
    return messages.parted(messages.NO_MATCH if session.listed.text else messages.NO_CLUSTERS)


def show_order(menu: DropDown, orders: Iterable[tuple[str, Order]], order: Order, told: str) -> None:
    """Show in a drop-down by what clusters are sorted: as was chosen, or as is `told` where that cannot be."""
    menu.set_current(order, few_words(told) if told else {value: text for text, value in orders}[order])
    menu.setToolTip(plain(f"{menu.name} {told}" if told else menu.name))


class AllClustersPanel(PaintedPanel):
    """Shows the clusters that the filter of the list lets through.

    Attributes
    ----------
    listed : returns the cluster ids in the order of the Clusters list; None where there is no list.
    order : how the clusters are sorted.
    """

    orders: tuple[tuple[str, Order], ...] = ()

    def __init__(self, session: Any = None, **options: Any) -> None:
        self.listed: Callable[[], Sequence[int]] | None = None
        self.order: Order = self.orders[0][1]
        super().__init__(session, **options)

    def make_content(self):
        plot = super().make_content()
        self._order_menu = self.add_drop_down("Order of clusters", self.orders, self.order, self.set_order)
        self.drawn.connect(self._show_order)
        return plot

    def _show_order(self) -> None:
        if self.data.request.order == self.order:
            show_order(self._order_menu, self.orders, self.order, self.data.sorted_by)

    def set_order(self, order: Order) -> None:
        """Sort the clusters otherwise."""
        self.order = order
        self._order_menu.set_current(order)
        self.refresh()

    def follow_list(self) -> None:
        """Show what the list shows now, in its order if that is the one chosen; the same again is no work."""
        self.refresh()

    def why_nothing(self) -> tuple[str, str]:
        return why_no_cluster(self.session)

    def shown_clusters(self) -> tuple[int, ...]:
        """Return the clusters that are listed, as the list has them where that matters, else by id."""
        shown = listed_clusters(self.session)
        if self.order != "list" or self.listed is None:
            return tuple(shown)
        known = set(shown)
        first = [cluster for cluster in self.listed() if cluster in known]
        return (*first, *sorted(known - set(first)))
