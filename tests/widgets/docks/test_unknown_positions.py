"""A data set without positions of channels: no view invents depths or micrometres, and each says so in place."""

import gc

import numpy as np
import pytest
from widgets.light_session import light_session

from napari_phy.core.probe import UNKNOWN_POSITIONS
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.table.numbers import UNKNOWN
from napari_phy.views.spike_list import SpikeListRequest, compute_spike_list
from napari_phy.widgets.docks.drift_panel import DriftPanel
from napari_phy.widgets.docks.grid_panel import GridPanel
from napari_phy.widgets.docks.probe_panel import ProbePanel
from napari_phy.widgets.docks.raster_panel import RasterPanel
from napari_phy.widgets.docks.similarity_panel import SimilarityPanel
from napari_phy.widgets.docks.templates_panel import TemplatesPanel
from napari_phy.widgets.docks.traces_panel import TracesPanel
from napari_phy.widgets.docks.waveforms_panel import WaveformsPanel
from napari_phy.widgets.lists.cluster_columns import cluster_columns, rows_of

BY_CHANNEL = "by channel: positions are unknown"


@pytest.fixture
def session():
    traces = np.random.default_rng(0).normal(0, 20, (400_000, 8)).astype(np.int16)
    made = light_session(knows_positions=False, traces=traces)
    yield made
    made.close()


@pytest.fixture
def show(qtbot, session):
    """Return a function that shows a panel with two clusters selected."""

    def shown(kind):
        panel = kind(session)
        qtbot.addWidget(panel)
        panel.resize(600, 420)
        panel.show()
        qtbot.waitExposed(panel)
        session.selection.select([2, 3])
        qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)
        return panel

    yield shown
    gc.collect()  # a canvas that is deleted while the view of the next test is painted ends the program


def test_depths_are_not_known_and_channels_are(session):
    table = compute_cluster_table(session)
    assert np.isnan(table["depth"]).all()
    assert (table["channel"] >= 0).all()
    depth = next(column for column in cluster_columns() if column.key == "depth")
    assert {depth.text(row) for row in rows_of(table)} == {UNKNOWN}
    spikes = compute_spike_list(session, SpikeListRequest((2, 3)))
    assert np.isnan(spikes.depths).all()
    assert (spikes.channels >= 0).all()


@pytest.mark.parametrize("kind", [ProbePanel, WaveformsPanel])
def test_pictures_of_the_probe_say_so(show, kind):
    assert show(kind).stack.caption.text().endswith(UNKNOWN_POSITIONS)


def test_the_probe_has_no_scale_and_its_channels_no_place(show):
    panel = show(ProbePanel)
    assert panel.layout_now.bar_um is None
    assert "µm" not in panel.read_out(*panel.layout_now.centers[3])


def test_one_column_of_waveforms_claims_no_places(show):
    panel = show(WaveformsPanel)
    panel.choose(arrangement="stacked")
    assert UNKNOWN_POSITIONS not in panel.stack.caption.text()


@pytest.mark.parametrize("kind", [RasterPanel, TemplatesPanel, GridPanel])
def test_by_depth_is_by_channel_and_said_to_be(show, session, kind, qtbot):
    panel = show(kind)
    panel.choose(order="depth")
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.stack.caption.text().endswith(BY_CHANNEL)
    channels = compute_cluster_table(session, panel.data.cluster_ids.tolist())["channel"]
    assert (np.diff(channels) <= 0).all()


@pytest.mark.parametrize("kind", [RasterPanel, TemplatesPanel, GridPanel, SimilarityPanel])
def test_the_drop_down_tells_the_order_that_is_drawn(show, session, kind, qtbot):
    panel = show(kind)
    panel.choose(order="depth")
    qtbot.waitUntil(lambda: not panel.busy)
    menu = panel.setting_controls.drop_downs["order"]
    assert menu.text() == "By channel ▾"
    assert menu.toolTip() == f"Order of clusters {BY_CHANNEL}"
    panel.choose(order="list")
    qtbot.waitUntil(lambda: not panel.busy)
    assert (menu.text(), menu.toolTip()) == ("As in Clusters ▾", "Order of clusters")
    panel.set_session(light_session())
    panel.choose(order="depth")
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)
    assert (menu.text(), menu.toolTip()) == ("By depth ▾", "Order of clusters")


@pytest.mark.parametrize("kind", [RasterPanel, TemplatesPanel, GridPanel])
def test_without_features_it_is_by_id(kind, qtbot):
    panel = kind(light_session(features=None, masks=None))
    qtbot.addWidget(panel)
    panel.resize(600, 420)
    panel.show()
    panel.choose(order="depth")
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)
    assert panel.setting_controls.drop_downs["order"].text() == "By id ▾"
    assert panel.data.sorted_by in panel.setting_controls.drop_downs["order"].toolTip()


def test_similarity_is_ordered_by_channel(show):
    assert show(SimilarityPanel).data.sorted_by == BY_CHANNEL


def test_drift_shows_channels_in_their_order(show):
    panel = show(DriftPanel)
    assert panel.data.depth_range == (-0.5, 7.5)
    frame = panel.frame
    ((x, y),) = frame.to_px([[1.0, 3.2]])
    assert panel.read_out(x, y).endswith("channel 3")


def test_traces_say_that_their_order_is_that_of_the_file(show):
    panel = show(TracesPanel)
    panel.choose(colors="depth")
    panel.plot.grab()
    assert "positions are unknown" in panel.header.note_label.text()
    assert panel.color_scale() is None
    panel.choose(order="number")
    assert "positions" not in panel.header.note_label.text()
