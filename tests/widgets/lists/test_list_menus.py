"""What the menus of the lists do: skip groups, select the most similar, save the list."""

import csv

import pytest
from widgets.light_session import light_session
from widgets.svg_reading import Svg

from napari_phy.core.colors import selection_color
from napari_phy.core.errors import SaveError
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.lists.similar_panel import SimilarPanel


@pytest.fixture
def session():
    return light_session(with_raw=False)


def shown(panel, qtbot):
    qtbot.addWidget(panel)
    panel.resize(434, 400)
    panel.show()
    return panel


def entry(menu, text):
    return next(action for action in menu.actions() if action.text() == text)


def test_keys_skip_noise_and_mua(session, qtbot):
    panel = shown(ClustersPanel(session), qtbot)
    assert panel.walked_ids == panel.cluster_ids
    entry(panel.header.more_menu, "Keys skip noise and MUA").trigger()
    assert panel.walked_ids == [cluster for cluster in panel.cluster_ids if cluster not in (1, 2)]
    session.selection.select([2])
    assert 2 in panel.walked_ids
    assert panel.options()["skips"] is True
    other = shown(ClustersPanel(session), qtbot)
    other.set_options(panel.options())
    assert other.skips
    panel.set_session(None)
    other.set_session(None)


def test_the_most_similar_are_selected_in_their_order(session, qtbot):
    panel = shown(SimilarPanel(session), qtbot)
    session.selection.select([4])
    ranked = [other for other, _ in session.similar_to(4) if session.manager.group(other) not in ("noise", "mua")]
    menu = entry(panel.header.more_menu, "Select the most similar").menu()
    entry(menu, "3 clusters").trigger()
    assert session.selection.clusters == (4, *ranked[:3])
    assert session.selection.best == (4,)
    panel.set_hiding(False)
    assert panel.options()["hides"] is False
    panel.set_session(None)


def test_the_list_is_saved_as_it_is_shown(session, qtbot, tmp_path):
    panel = shown(ClustersPanel(session), qtbot)
    session.label([3], "note", 'say "a", b')
    session.label([5], "note", True)
    panel.set_filter("id in (3, 5, 6)")
    panel.save_table(tmp_path / "list.csv")
    with (tmp_path / "list.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["id"]) for row in rows] == panel.cluster_ids
    by_id = {int(row["id"]): row for row in rows}
    assert list(rows[0]) == ["id", "group", "ch", "depth", "spikes", "rate", "amp", "refr", "note"]
    assert [by_id[cluster]["note"] for cluster in (3, 5, 6)] == ['say "a", b', "true", ""]
    assert int(by_id[3]["spikes"]) == session.manager.n_spikes(3)
    assert float(by_id[3]["rate"]) == session.manager.n_spikes(3) / session.model.duration
    assert by_id[3]["amp"] == ""
    with pytest.raises(SaveError, match=r"Could not save list\.csv: there is no folder .*nowhere\. Make it"):
        panel.save_table(tmp_path / "nowhere" / "list.csv")
    panel.set_session(None)


@pytest.mark.parametrize("kind", [ClustersPanel, SimilarPanel])
def test_a_list_goes_on_paper_as_it_is_shown(session, qtbot, kind, tmp_path):
    panel = shown(kind(session), qtbot)
    said = []
    panel.said.connect(said.append)
    entry(panel.header.more_menu, "Copy picture").trigger()
    assert said == (["Copied Clusters."] if kind is ClustersPanel else ["There is no picture yet."])
    session.selection.select([4, 5])
    svg = Svg(panel.figure().svg())
    marks = sorted(svg.all("text"), key=lambda mark: mark.points[0][1])
    ids = [int(mark.text) for mark in marks if mark.points[0][0] < panel.list.columnWidth(0) and mark.text.isdigit()]
    assert ids == panel.list.cluster_model.cluster_ids
    assert panel.count_label.text() in svg.texts
    chip = selection_color(0 if kind is ClustersPanel else 1, dark=False)
    assert chip in [mark.color for mark in svg.marks]
    panel.pictures.save(panel.figure(), tmp_path / "list.png")
    assert (tmp_path / "list.png").read_bytes().startswith(b"\x89PNG")
    assert said[-1] == "Saved list.png."
    panel.set_session(None)
    assert panel.figure() is None


def test_headings_go_on_paper(session, qtbot):
    panel = shown(ClustersPanel(session), qtbot)
    panel.set_groups(True)
    panel.list.fold("unsorted", True)
    svg = Svg(panel.figure().svg())
    titles = ("Good", "MUA", "Unsorted", "Noise")
    heights = [mark.points[0][1] for title in titles for mark in svg.all("text") if mark.text == title]
    assert heights == sorted(heights)
    assert len(set(heights)) == 4
    assert "unsorted" not in svg.texts
    panel.set_session(None)
