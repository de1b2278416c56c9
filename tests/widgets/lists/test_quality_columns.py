"""Columns of quality in the list: computed when they are looked at, rows in sight first, anew where an edit asks so."""

import math

import numpy as np
import pytest
from widgets.light_session import light_session

import napari_phy
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.table.columns import registry
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.panels.color_schemes import find_coloring


@pytest.fixture
def session():
    with light_session(n_clusters=40, n_spikes=4000) as session:
        yield session


@pytest.fixture
def panel(qtbot, session):
    panel = ClustersPanel()
    qtbot.addWidget(panel)
    panel.resize(434, 220)
    panel.show()
    qtbot.waitExposed(panel)
    panel.set_session(session)
    qtbot.waitUntil(lambda: known(session, "amplitude").all())
    return panel


def known(session, key):
    return np.isfinite(compute_cluster_table(session, keys=[key])[key])


def values(panel, key):
    return {row.cluster_id: row.value(key) for row in panel.list.cluster_model.rows}


def test_a_column_is_computed_once_it_is_chosen_and_no_other(panel, session, qtbot):
    panel.list.choose_columns({"d_prime": True})
    qtbot.waitUntil(lambda: known(session, "d_prime").all())
    qtbot.waitUntil(lambda: not np.isnan(list(values(panel, "d_prime").values())).any())
    assert not known(session, "snr").any()
    assert not known(session, "silhouette").any()


def test_a_filter_asks_for_what_it_names(panel, session, qtbot):
    panel.filter("snr >= 0 and Llobet <= 1")
    assert panel.cluster_ids == []
    qtbot.waitUntil(lambda: len(panel.cluster_ids) == 40)
    assert not known(session, "d_prime").any()


def test_rows_in_sight_come_first(qtbot, session):
    asked = []

    @napari_phy.metric(title="asked")
    def asked_for(cluster):
        asked.append(cluster.cluster_id)
        return 1.0

    try:
        panel = ClustersPanel()
        qtbot.addWidget(panel)
        panel.resize(434, 220)
        panel.show()
        qtbot.waitExposed(panel)
        panel.set_session(session)
        in_sight = panel.list.rows_in_sight()
        assert 3 < len(in_sight) < 20
        qtbot.waitUntil(lambda: len(asked) == 40)
        assert set(asked[: len(in_sight)]) == in_sight
        panel.set_session(None)
    finally:
        registry.clear()


def test_after_an_edit_a_silhouette_is_asked_for_again_and_stays_in_sight_meanwhile(panel, session, qtbot):
    panel.list.choose_columns({"silhouette": True})
    qtbot.waitUntil(lambda: known(session, "silhouette").all())
    qtbot.waitUntil(lambda: not np.isnan(list(values(panel, "silhouette").values())).any())
    merged = session.merge([3, 11]).added[0]  # on one channel
    shown = values(panel, "silhouette")
    assert [cluster for cluster, value in shown.items() if math.isnan(value)] == [merged]
    qtbot.waitUntil(lambda: known(session, "silhouette").all())
    table = compute_cluster_table(session, keys=["silhouette"])
    expected = dict(zip(table.ids.tolist(), table["silhouette"].tolist(), strict=True))
    qtbot.waitUntil(lambda: values(panel, "silhouette") == expected)


def test_what_a_view_is_coloured_by_is_computed_and_told(panel, session, qtbot):
    told = []
    session.listed.values_known.connect(lambda: told.append(True))
    theme = tokens("dark")
    assert find_coloring(session, "spread", theme, theme.dim).colors == {}
    qtbot.waitUntil(lambda: len(find_coloring(session, "spread", theme, theme.dim).colors) == 40)
    assert told


def test_metrics_of_valid_periods_are_chosen_in_the_menu_and_kept(panel, session, qtbot):
    panel.list.choose_columns({"rp_contamination": True})
    qtbot.waitUntil(lambda: known(session, "rp_contamination").all())
    entry = next(one for one in panel.header.more_menu.actions() if one.text() == "Metrics from valid periods only")
    entry.trigger()
    assert session.table.valid_only
    qtbot.waitUntil(lambda: np.isnan(list(values(panel, "rp_contamination").values())).all())
    kept = panel.options()
    session.table.valid_only = False
    assert not entry.isChecked()
    qtbot.waitUntil(lambda: not np.isnan(list(values(panel, "rp_contamination").values())).any())
    panel.set_options(kept)
    assert session.table.valid_only
