"""Commands on a session and its views: what they do, and that a line which cannot be done changes nothing."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_phy.core.errors import NapariPhyError


@pytest.fixture
def workspace(workspace):
    workspace.session.pause_wizard()
    return workspace


def state(workspace):
    session = workspace.session
    return (
        session.manager.cluster_ids.tolist(), session.manager.cluster_groups, session.manager.cluster_labels,
        session.selection.clusters, session.manager.n_done, workspace.panels["Clusters"].cluster_ids,
        workspace.panels["Correlograms"].options(), workspace.panels["Clusters"].filter_line.text,
        session.time.time_s, session.time.range_s,
    )  # fmt: skip


def run(workspace, text):
    workspace.commander.run(text)


def test_clusters_are_selected_merged_moved_labelled_and_split(workspace):
    session, manager = workspace.session, workspace.session.manager
    run(workspace, ":c 3-5, 7")
    assert (session.selection.clusters, session.selection.n_best) == ((3, 4, 5, 7), 4)
    run(workspace, "m mua")
    run(workspace, "m unsorted 4-5")
    assert {c: manager.group(c) for c in (3, 4, 5, 7)} == {3: "mua", 4: "unsorted", 5: "unsorted", 7: "mua"}
    run(workspace, "c 3 5")
    run(workspace, "l note put-int axon")
    assert manager.labels(3) == {"note": "put-int axon"}
    run(workspace, "l level -3")
    run(workspace, "l note")
    assert manager.labels(5) == {"level": -3}
    run(workspace, "g 6 7")
    assert 8 in manager.cluster_ids.tolist()
    assert session.selection.clusters[0] == 8
    run(workspace, "c 3 4")
    run(workspace, "g")
    assert session.selection.clusters[0] == 9
    spikes = manager.spikes(9)[:4].tolist()
    run(workspace, "k " + " ".join(map(str, spikes)))
    assert manager.spikes(10).tolist() == spikes
    run(workspace, "undo")
    assert 9 in manager.cluster_ids.tolist()


def test_labels_are_true_or_false_numbers_or_text_and_filters_find_them_so(workspace):
    manager, panel = workspace.session.manager, workspace.panels["Clusters"]
    for cluster, line in ((3, "l q true"), (4, "l q False"), (5, 'l q "true"'), (6, "l q 1")):
        run(workspace, f"c {cluster}")
        run(workspace, line)
    found = manager.cluster_labels["q"]
    assert [found[cluster] for cluster in (3, 4, 5, 6)] == [True, False, "true", 1]
    assert [type(found[cluster]) for cluster in (3, 4, 5, 6)] == [bool, bool, str, int]
    run(workspace, 'f q == "true"')
    assert panel.cluster_ids == [5]
    run(workspace, "f q == true")
    assert set(panel.cluster_ids) == {3, 6}
    run(workspace, "c 7")
    run(workspace, "l checked true")
    run(workspace, "f checked")
    assert panel.cluster_ids == [7]
    with pytest.raises(NapariPhyError, match="column 12: checked is true or false; leave the quotes out"):
        run(workspace, 'f checked == "true"')


def test_a_label_without_a_value_is_taken_away_and_columns_of_the_list_are_no_labels(workspace, qtbot):
    session = workspace.session
    session.selection.select([3, 5])
    run(workspace, "l note axon")
    run(workspace, 'l note ""')
    qtbot.waitUntil(lambda: workspace.viewer.status == "Removed the label note from 3 and 5.")
    assert session.manager.cluster_labels == {}
    before = state(workspace)
    with pytest.raises(NapariPhyError, match='"spikes" is a column of the list: choose another name'):
        run(workspace, "l spikes 3")
    assert state(workspace) == before


def test_a_group_of_ones_own_is_named_with_quotes(workspace):
    workspace.session.add_group("fast spiking", "#aa5500")
    run(workspace, 'm "fast spiking" 5')
    assert workspace.session.manager.group(5) == "fast spiking"
    assert 'm "fast spiking"' in [offer.line for offer in workspace.commander.completions("m ")]


def test_the_list_is_sorted(workspace):
    manager, panel = workspace.session.manager, workspace.panels["Clusters"]
    run(workspace, "s spikes asc")
    counts = [manager.n_spikes(cluster) for cluster in panel.cluster_ids]
    assert counts == sorted(counts)
    run(workspace, "s id")
    assert panel.cluster_ids == sorted(panel.cluster_ids, reverse=True)
    model = panel.list.cluster_model
    for line in ("s refr", "s refr.", "s refractory", "s REFR. asc"):
        run(workspace, "s id")
        run(workspace, line)
        assert model.columns[model.sort_column].title == "refr."
        assert workspace.viewer.status == "Clusters are sorted by refr."
    run(workspace, "s channel")
    assert model.columns[model.sort_column].title == "ch"


def test_the_list_is_sorted_by_a_label_of_two_words(workspace):
    workspace.session.label([3], "a b", 1)
    workspace.session.label([5], "a b", 2)
    run(workspace, 's "a b"')
    assert workspace.panels["Clusters"].cluster_ids[:2] == [5, 3]
    assert 's "a b"' in [offer.line for offer in workspace.commander.completions("s ")]


def test_the_list_is_filtered_and_shows_all_again(workspace):
    panel = workspace.panels["Clusters"]
    run(workspace, 'f id > -1 and group == "good"')
    assert panel.cluster_ids == [0]
    assert panel.filter_line.text == 'id > -1 and group == "good"'
    assert workspace.viewer.status == "1 of 8 clusters is listed."
    run(workspace, "f")
    assert sorted(panel.cluster_ids) == list(range(8))
    assert panel.filter_line.text == ""
    assert "f spikes" in [offer.line for offer in workspace.commander.completions("f sp")]
    assert 'f id > 3 and group == "noise"' in [
        offer.line for offer in workspace.commander.completions("f id > 3 and group == n")
    ]


def test_time(workspace):
    clock = workspace.session.time
    run(workspace, "tg 0:02.5")
    run(workspace, "ts -1")
    assert clock.time_s == 1.5
    run(workspace, "ts 1e308")
    assert clock.time_s == clock.shown_s[1] == clock.duration_s > clock.shown_s[0]
    run(workspace, "tr 1-3")
    assert clock.range_s == (1.0, 3.0)
    run(workspace, "tr")
    assert clock.range_s is None
    run(workspace, "tg #7")
    assert workspace.session.selection.spikes.tolist() == [7]


def test_a_view_that_takes_a_value_comes_forward_from_behind_a_tab_without_the_keys(workspace, qtbot):
    dock, other = workspace.docks["Correlograms"], workspace.docks["Waveforms"]
    dock.parent().tabifyDockWidget(dock, other)
    other.raise_()
    qtbot.waitUntil(lambda: dock.visibleRegion().isEmpty() and not other.visibleRegion().isEmpty())
    clusters = workspace.panels["Clusters"].list
    assert clusters.hasFocus()
    run(workspace, "cb 0.5")
    qtbot.waitUntil(lambda: not dock.visibleRegion().isEmpty() and other.visibleRegion().isEmpty())
    assert clusters.hasFocus()


def test_views_open_and_take_values_of_their_menus(workspace):
    run(workspace, "cb 0,5")
    run(workspace, "cw 100")
    panel = workspace.panels["Correlograms"]
    assert (panel.settings.bin_ms, panel.settings.window_ms) == (0.5, 100.0)
    assert workspace.session.views["correlograms"].bin_ms == 0.5
    run(workspace, "cb 0.7")
    run(workspace, "cb")
    assert panel.settings.bin_ms is None
    run(workspace, "wn 33")
    assert workspace.panels["Waveforms"].settings.n_spikes == 33
    assert workspace.viewer.status == "Spikes of each cluster in Waveforms: 33."
    run(workspace, "cr 3")
    assert workspace.viewer.status == "Refractory time of Correlograms, in ms: 3."
    for line in ("isimax 40", "isimin 4", "isin 30", "isib 0.3"):
        run(workspace, line)
    intervals = workspace.panels["Intervals"]
    intervals = intervals.settings
    assert (intervals.longest_ms, intervals.shortest_ms, intervals.n_bins, intervals.bin_ms) == (40.0, 4.0, 30, 0.3)
    workspace.session.views["intervals"].scale = "log"
    for line in ("isimax 200", "isimin 2"):
        run(workspace, line)
    assert workspace.viewer.status == "Shortest interval of Intervals, in ms: 2."
    run(workspace, "isib 0.4")
    said = "Width of the bins of Intervals, in ms: 0.4. This changes nothing now: it is of the linear axis."
    assert workspace.viewer.status == said
    intervals = workspace.panels["Intervals"].settings
    assert (intervals.log_longest_ms, intervals.log_shortest_ms) == (200.0, 2.0)
    assert (intervals.longest_ms, intervals.shortest_ms, intervals.bin_ms) == (40.0, 4.0, 0.4)
    assert not workspace.docks["Intervals"].isHidden()
    workspace.docks["Intervals"].close()
    run(workspace, "isin 40")
    assert not workspace.docks["Intervals"].isHidden()
    assert "frb 10" in [offer.line for offer in workspace.commander.completions("frb ")]
    assert "Firing rate" not in workspace.panels
    for line in ("frn 77", "frmin 2", "frmax 4", "frb 0.5"):
        run(workspace, line)
    rate = workspace.panels["Firing rate"]
    chosen = rate.settings
    assert (chosen.n_bins, chosen.bin_s, chosen.start_s, chosen.stop_s) == (77, 0.5, 2.0, 4.0)
    run(workspace, "frmax")
    assert (rate.settings.stop_s, workspace.viewer.status) == (None, "Time at which Firing rate ends, in s: default.")
    run(workspace, "csx rate")
    assert workspace.viewer.status == "Horizontal axis of Scatter: rate."
    assert workspace.panels["Scatter"].settings.x_by == "rate"
    run(workspace, "csy spikes")
    run(workspace, "v templates")
    run(workspace, "cf depth")
    assert workspace.panels["Templates"].settings.scheme == "depth"
    assert workspace.viewer.status == "Clusters are coloured by depth in Templates and Scatter."
    run(workspace, "cf n_spikes")
    assert workspace.viewer.status == "Clusters are coloured by spikes in Templates and Scatter."
    run(workspace, "cf id")
    assert workspace.viewer.status == "Clusters are coloured by id in Scatter."
    run(workspace, "cf depth")
    scatter = workspace.panels["Scatter"]
    assert (scatter.settings.y_by, scatter.settings.color) == ("spikes", "depth")
    assert not workspace.docks["Scatter"].isHidden()


REFUSED = [
    ("", "Begin with the name of a command, as in c 3-6."),
    ("c 3 99", "There is no cluster 99."),
    ("c", "Name at least one cluster, as in 3-6."),
    ("g", "Select two or more clusters to merge."),
    ("g 3", "Name two or more clusters to merge."),
    ("g 3 99", "There is no cluster 99."),
    ("k", "Draw a lasso around some spikes to split."),
    ("k 99999", "There is no spike 99999."),
    ("k 0-99999999999", "There is no spike 99999999999."),
    ("k 0-40", "Some of these spikes are in 0, 1 and 5 more: select those clusters first."),
    ("m", "Say which group: good, mua, noise, unsorted."),
    ("m great", "There is no group great. Choose from good, mua, noise, unsorted."),
    ("m good 3 99", "There is no cluster 99."),
    ("m good 0", "Cluster 0: already in good."),
    ('l "" x', None),
    ("l", "Name a field and its value, as in note put-int axon."),
    (
        "s height",
        "There is no column height. Choose from id, group, ch, depth, spikes, rate, amp, refr.",
    ),
    ("f ampl > 3", 'There is no column "ampl". Did you mean amp?'),
    ("f id = 3", "In the filter, column 4: use == to compare."),
    ("s id asc desc", "Name one column and one direction, as in s depth asc."),
    ("v " + "x" * 3000, None),
    ("c " + "9" * 400, f"There is no cluster {'9' * 40}…."),
    ("l note a\0b", "A label cannot have control characters."),
    ("l note \ud800", "A label cannot have control characters."),
    ("l note " + "x" * 70_000, "A label has 1000 characters at most; this one has 70000."),
    ("l " + "x" * 70_000 + " 3", "The name of a label has 100 characters at most; this one has 70000."),
    ('l "a\nb" 3', "The name of a label cannot have line breaks or other control characters."),
    ("s id up", "There is no direction up. Choose from asc, desc."),
    ("tg never", "never is not a time: enter 12.5, or 1:02.5 for minutes and seconds."),
    ("tg", "Say where to go: tg 12.5, tg 1:02.5 or tg #4113."),
    ("ts", "Type a number: ts 2 goes on by 2 s, ts -2 back."),
    ("ts x", "x is no number: ts 2 goes on by 2 s, ts -2 back."),
    ("tr 3-1", "3-1 is not a range of time: enter its start and end, as in 10 – 12.5 or 1:00 – 2:00."),
    ("v nowhere", None),
    ("cf depth", "Open Raster, Templates or Scatter first: v raster."),
    ("cb x", "x is not a valid correlogram bin: choose a number from 0.1 to 20."),
    ("cr", "Say which correlogram refractory: a number from 0 to 100."),
    ("wn 2.5", "2.5 is not a valid waveform number: choose a whole number from 1 to 10000."),
    ("frn x", "x is not a valid number of rate bins: choose a whole number from 1 to 20000."),
    ("undo", "Nothing more to undo."),
    ("undo 3", "undo takes no more words."),
    ("sellect 3", "There is no command sellect. Did you mean select?"),
]


def test_what_cannot_be_done_says_why_and_changes_nothing(workspace):
    workspace.session.selection.select([3])
    before = state(workspace)
    for text, reason in REFUSED:
        with pytest.raises(NapariPhyError) as error:
            run(workspace, text)
        assert reason in (None, str(error.value)), text
        assert len(str(error.value)) < 360, text
        assert state(workspace) == before, text


def test_an_edit_that_a_listener_cannot_follow_is_done(workspace, listener_errors):
    def listener(update):
        raise RuntimeError("a plugin")

    workspace.session.manager.changed.connect(listener)
    run(workspace, "g 3 4")
    assert 3 not in workspace.session.manager.cluster_ids
    assert "a plugin" in listener_errors.pop()


def test_without_a_data_set_it_invites_to_open_one(workspace):
    workspace.close_session()
    with pytest.raises(NapariPhyError, match="Open a Kwik file to begin"):
        run(workspace, "c 3")


def test_a_colon_in_a_panel_opens_the_line_and_an_edit_gives_the_keys_to_clusters(workspace, qtbot):
    line, clusters = workspace.command_line, workspace.panels["Clusters"].list
    workspace.panels["Features"].setFocus()
    QTest.keyClick(workspace.panels["Features"], Qt.Key.Key_Colon, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(line.field.hasFocus)
    QTest.keyClicks(line.field, "g 3 4")
    QTest.keyClick(line.field, Qt.Key.Key_Return)
    assert line.isHidden()
    assert workspace.session.selection.clusters[0] == 8
    qtbot.waitUntil(clusters.hasFocus)
    QTest.keyClick(clusters, Qt.Key.Key_Colon)
    QTest.keyClicks(line.field, "g 3 4")
    QTest.keyClick(line.field, Qt.Key.Key_Return)
    assert line.note.text() == "There is no cluster 3."
    QTest.keyClick(line.field, Qt.Key.Key_Escape)
    qtbot.waitUntil(clusters.hasFocus)
