"""All views of a session in one arrangement that can be dragged, resized, stacked in tabs and floated."""

from __future__ import annotations

import json
import logging
from typing import Any

import ipywidgets
import traitlets

from napari_phy.notebook.base import SessionWidget, script, style
from napari_phy.notebook.cluster_view import ClusterView
from napari_phy.notebook.correlograms_view import CorrelogramsView
from napari_phy.notebook.feature_view import FeatureView
from napari_phy.notebook.grid_view import GridView
from napari_phy.notebook.probe_view import ProbeView
from napari_phy.notebook.similarity_view import SimilarityView
from napari_phy.notebook.trace_view import TraceView
from napari_phy.notebook.waveform_view import WaveformView
from napari_phy.session import Session
from napari_phy.storage.layouts import SavedLayout, load_layout, save_layout

logger = logging.getLogger(__name__)

VIEWS: tuple[type[SessionWidget], ...] = (
    ClusterView, FeatureView, WaveformView, CorrelogramsView, TraceView, SimilarityView, GridView, ProbeView,
)  # fmt: skip
FORM = "notebook"  # among the kept layouts
MOST_BYTES = 100_000  # of an arrangement


class Workspace(SessionWidget):
    """All views of a session; `session.notebook()` returns one.

    Parameters
    ----------
    session : Session
        What is shown.

    Attributes
    ----------
    views : tuple of SessionWidget
        The views.
    arrangement : dict
        Where each of them is; it is kept for the data set and for the user. Another one of `{}` is the usual one.
    height : int
        In px, in a notebook.
    """

    script_name = "workspace"
    _esm = script(script_name)
    _css = style()

    title = "Workspace"

    views: Any = traitlets.Tuple().tag(sync=True, **ipywidgets.widget_serialization)
    arrangement = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(780).tag(sync=True)

    def __init__(self, session: Session, **traits: Any) -> None:
        traits.setdefault("arrangement", _kept(session))
        super().__init__(session, views=tuple(kind(session) for kind in VIEWS), **traits)
        self.observe(self._on_arrangement, "arrangement")

    def refresh(self) -> None:
        """Leave all to the views."""

    def close(self) -> None:
        """Close all views."""
        for view in self.views:
            view.close()
        super().close()

    def _on_arrangement(self, _change: Any) -> None:
        text = json.dumps(self.arrangement)
        if len(text) > MOST_BYTES:
            self.status = "This arrangement is too large to be kept."
            return
        names = tuple(view.title for view in self.views)
        save_layout(self.session.model.edited_file, FORM, SavedLayout("", names, text.encode()))


def _kept(session: Session) -> dict[str, Any]:
    """Return the arrangement that was left last; {} where there is none."""
    layout = load_layout(session.model.edited_file, FORM)
    try:
        kept = json.loads(layout.state) if layout is not None else {}
    except ValueError:
        logger.warning("The kept arrangement of the notebook cannot be read; it begins with the usual one.")
        return {}
    return kept if isinstance(kept, dict) else {}
