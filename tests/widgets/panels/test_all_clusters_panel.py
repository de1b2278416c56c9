"""Whatever is edited, and however often, views of all clusters end up with what a fresh one shows."""

import random
from contextlib import suppress

import numpy as np
import pytest
from widgets.light_session import light_session

from napari_phy.core.errors import ClusteringError
from napari_phy.widgets.docks.cluster_scatter_panel import ClusterScatterPanel
from napari_phy.widgets.docks.grid_panel import GridPanel
from napari_phy.widgets.docks.probe_panel import ProbePanel
from napari_phy.widgets.docks.raster_panel import RasterPanel
from napari_phy.widgets.docks.similarity_panel import SimilarityPanel


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.request == panel.make_request()


def made(qtbot, kind, session):
    panel = kind(session)
    qtbot.addWidget(panel)
    panel.resize(420, 380)
    panel.show()
    return panel


def edit(session, rng):
    """Do something at random, as far as it can be done."""
    ids = session.manager.cluster_ids.tolist()
    some, spikes = rng.sample(ids, 2), session.manager.spikes(rng.choice(ids))
    act = rng.choice(["select", "select", "merge", "split", "undo", "redo", "move", "discard", "channel"])
    if act == "merge" and len(ids) > 4:
        session.merge(some)
    elif act == "split" and len(spikes) > 2:
        session.split(spikes[::2])
    elif act in ("undo", "redo"):
        getattr(session, act)()
    elif act == "move":
        group = rng.choice(["good", "mua", "noise"])
        session.move(some[:1], group)
    elif act == "discard" and len(ids) > 6 and session.manager.group(some[0]) != "discarded":
        session.discard(some[:1])
    elif act == "channel":
        session.channel.choose(rng.choice([None, 0, 5]))
    else:
        session.selection.select(some)


@pytest.mark.parametrize("seed", [1, 2])
def test_after_many_edits_they_show_what_a_fresh_view_shows(qtbot, seed):
    session, rng = light_session(n_clusters=12, n_spikes=1500), random.Random(seed)
    kinds = (SimilarityPanel, GridPanel, ClusterScatterPanel, ProbePanel)
    panels = [made(qtbot, kind, session) for kind in kinds]
    for step in range(60):
        with suppress(ClusteringError):  # they are in that group already
            edit(session, rng)
        if step % 5 == 0:
            qtbot.wait(1)
    qtbot.waitUntil(lambda: all(map(ready, panels)))
    fresh = [made(qtbot, kind, session) for kind in kinds]
    qtbot.waitUntil(lambda: all(map(ready, fresh)))
    matrix, again = panels[0].data, fresh[0].data
    np.testing.assert_array_equal(matrix.cluster_ids, again.cluster_ids)
    np.testing.assert_allclose(matrix.similarities, again.similarities, atol=1e-6)
    for cluster in matrix.cluster_ids[:3].tolist():
        row = matrix.similarities[matrix.cluster_ids.tolist().index(cluster)]
        wanted = dict(session.similar_to(cluster)) | {cluster: 1.0}
        np.testing.assert_allclose(row, [wanted[other] for other in matrix.cluster_ids.tolist()], atol=1e-6)
    assert panels[1].data.cluster_ids.tolist() == fresh[1].data.cluster_ids.tolist()
    for name in ("cluster_ids", "x", "y", "sizes", "groups"):
        np.testing.assert_array_equal(getattr(panels[2].data, name), getattr(fresh[2].data, name))
    np.testing.assert_array_equal(panels[3].data.amplitudes, fresh[3].data.amplitudes)
    session.close()


@pytest.mark.parametrize("kind", [SimilarityPanel, GridPanel, ClusterScatterPanel, RasterPanel])
def test_without_clusters_they_say_whether_it_is_the_filter_and_how_it_is_cleared(qtbot, kind):
    session = light_session(n_clusters=2, n_spikes=100)
    panel = made(qtbot, kind, session)
    qtbot.waitUntil(lambda: ready(panel))
    page = panel.stack.page
    session.listed.show("spikes > 100", [])
    panel.follow_list()
    qtbot.waitUntil(lambda: page.headline.text() == "No cluster matches.")
    assert page.explanation.text() == "Clear the filter (Esc)."
    session.listed.show_all()
    session.discard([0, 1])
    panel.follow_list()
    qtbot.waitUntil(lambda: page.text == "This clustering has no clusters.")
