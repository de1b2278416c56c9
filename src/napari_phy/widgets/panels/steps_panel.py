"""Base of the views that draw one step line a cluster."""

from typing import Any

from napari_phy.core.colors import is_hollow
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.panels.painted_panel import PaintedPanel

N_MAX = 16


class StepsPanel(PaintedPanel):
    """Draws the first clusters of the selection, and says so; beside each id of the legend stands a number."""

    # --- what a view fills in ---

    def words_beside(self, data: Any, place: int) -> str:
        """Return what the legend says of the cluster at a place of `data.cluster_ids`."""
        raise NotImplementedError

    # --- what they share ---

    @property
    def drawn_clusters(self) -> tuple[int, ...]:
        """The clusters that there are lines for."""
        return self.clusters[:N_MAX]

    def draw(self, data: Any) -> None:
        left_out = len(self.clusters) - len(data.cluster_ids)
        words = f"the first {N_MAX} of {len(self.clusters)} clusters; " if left_out > 0 else ""
        self.stack.caption.setText(words + data.caption)
        super().draw(data)

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        data = self.data
        if data is None:
            return super().legend_entries()
        return tuple(
            LegendEntry(f"{cluster} · {self.words_beside(data, place)}", self.color_of(place), hollow=is_hollow(place))
            for place, cluster in enumerate(data.cluster_ids.tolist())
        )
