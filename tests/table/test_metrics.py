"""A package of one file adds a column of clusters, by an entry point."""

import csv
import logging
import sys
from itertools import chain

import numpy as np
import pytest
from qtpy.QtWidgets import QMenu
from widgets.light_session import light_session

import napari_phy
from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.core.progress import CancelledError
from napari_phy.table.cluster_filter import find_clusters
from napari_phy.table.cluster_table import compute_values
from napari_phy.table.columns import registry
from napari_phy.views.cluster_colors import schemes
from napari_phy.views.cluster_scatter import ClusterScatterRequest, ClusterScatterSettings, compute_cluster_scatter
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.docks.cluster_scatter_panel import ClusterScatterPanel
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.panels.color_schemes import find_coloring

PACKAGE = '''
import numpy as np
import napari_phy


@napari_phy.metric(title="half-width", unit="ms", needs=("waveforms",), decimals=3)
def half_width(cluster):
    """Time that the mean waveform spends beyond half of its trough.

    On the channel where it is deepest.
    """
    wave = cluster.mean_waveform
    wave = wave[:, np.argmin(wave.min(axis=0))]
    return 1000 * np.count_nonzero(wave < wave.min() / 2) / cluster.sample_rate
'''


@pytest.fixture
def no_metrics():
    """Have only the columns of our own, before and after a test."""
    registry.clear()
    yield
    registry.clear()


@pytest.fixture
def package(tmp_path, monkeypatch, no_metrics):
    """Install a package of one file."""
    (tmp_path / "half_width_metric.py").write_text(PACKAGE)
    info = tmp_path / "half_width_metric-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: half-width-metric\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[napari_phy.metrics]\nhalf_width = half_width_metric:half_width\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("half_width_metric", None)


@pytest.fixture
def session(no_metrics):
    with light_session(6) as session:
        yield session


def expected(session):
    """Return {cluster: half-width}, from the waveforms of all spikes."""
    widths = {}
    for cluster in session.manager.cluster_ids.tolist():
        sample = napari_phy.table.waveform_samples.waveform_samples(session, [cluster])[cluster]
        wave = sample.mean[:, np.argmin(sample.mean.min(axis=0))]
        widths[cluster] = 1000 * np.count_nonzero(wave < wave.min() / 2) / session.model.sample_rate
    return widths


def column_texts(panel, title):
    model = panel.list.cluster_model
    place = [column.title for column in model.columns].index(title)
    return {row.cluster_id: model.columns[place].text(row) for row in model.rows}


def test_a_package_of_one_file_adds_a_column_everywhere(package, session, qtbot, tmp_path):
    panel = ClustersPanel(session)
    qtbot.addWidget(panel)
    widths = expected(session)

    # the list, where it is computed in the background, and its column chooser
    qtbot.waitUntil(lambda: "–" not in column_texts(panel, "half-width").values())
    assert column_texts(panel, "half-width") == {cluster: f"{width:.3f}" for cluster, width in widths.items()}
    menu = QMenu()
    panel.list.fill_columns_menu(menu)
    tip = "Time that the mean waveform spends beyond half of its trough (ms)"
    assert tip in [action.text() for action in menu.actions()]
    panel.list.choose_columns({"half_width": False})
    place = [column.key for column in panel.list.cluster_model.columns].index("half_width")
    assert panel.list.isColumnHidden(place)

    # filter and completion
    middle = float(np.median(list(widths.values())))
    above = sorted(cluster for cluster, width in widths.items() if width >= middle)
    panel.filter(f"half_width >= {middle!r}")
    assert sorted(panel.cluster_ids) == above == find_clusters(session, f"half_width >= {middle!r}")
    panel.filter("")
    assert panel.complete_filter("half").words == ("half_width",)

    # table, Scatter, colours, help
    panel.save_table(tmp_path / "clusters.csv")
    with (tmp_path / "clusters.csv").open(newline="") as file:
        assert {int(row["id"]): float(row["half_width"]) for row in csv.DictReader(file)} == widths
    ids = tuple(widths)
    groups = tuple(session.manager.groups_of(ids))
    data = compute_cluster_scatter(session, ClusterScatterRequest(ids, groups, x="half_width", size="half_width"))
    assert dict(zip(data.cluster_ids.tolist(), data.x.tolist(), strict=True)) == widths
    assert data.x_label == "half-width (ms)"
    assert ClusterScatterSettings(x_by="half_width", color="half_width").x_by == "half_width"
    assert ("Others by half-width", "half_width") in schemes()
    theme = tokens("dark")
    assert set(find_coloring(session, "half_width", theme, theme.dim).colors) == set(widths)
    assert f"half-width: {tip}" in panel.explanation()
    assert session.table["half_width"] == widths
    assert "half_width" in [column.key for column in session.table.columns]


def test_a_metric_that_raises_costs_only_its_column(session, qtbot, caplog):
    asked = []

    @napari_phy.metric(title="odd")
    def odd(cluster):
        asked.append(cluster.cluster_id)
        if cluster.cluster_id % 2:
            raise ZeroDivisionError("no such thing")
        return cluster.n_spikes

    panel = ClustersPanel(session)
    qtbot.addWidget(panel)
    with caplog.at_level(logging.ERROR):
        qtbot.waitUntil(lambda: len(asked) == 6 and column_texts(panel, "odd")[4] != "–")
    sizes = {cluster: session.manager.n_spikes(cluster) for cluster in range(6)}
    shown = {cluster: f"{size:.2f}" if cluster % 2 == 0 else "–" for cluster, size in sizes.items()}
    qtbot.waitUntil(lambda: column_texts(panel, "odd") == shown)
    assert [record.getMessage() for record in caplog.records if "metric" in record.getMessage()] == [
        "The metric odd failed for cluster 1: no such thing."
    ]
    assert column_texts(panel, "spikes") == {cluster: f"{size}" for cluster, size in sizes.items()}
    assert sorted(asked) == list(range(6))  # what failed is not tried again


def test_a_metric_that_is_declared_while_a_list_is_open_appears_in_it(session, qtbot):
    panel = ClustersPanel(session)
    qtbot.addWidget(panel)
    for factor in (2, 3):  # a cell of a notebook that is run again

        @napari_phy.metric(title="several", decimals=0)
        def several(cluster, factor=factor):
            return factor * cluster.n_spikes

        expected = {cluster: f"{factor * session.manager.n_spikes(cluster)}" for cluster in range(6)}
        qtbot.waitUntil(lambda expected=expected: column_texts(panel, "several") == expected)


def test_a_metric_that_is_declared_while_scatter_is_open_is_offered_along_its_axes(session, qtbot):
    panel = ClusterScatterPanel(session)
    qtbot.addWidget(panel)
    x = panel.setting_controls.drop_downs["x_by"]

    @napari_phy.metric(title="late one")
    def late_one(cluster):
        return cluster.n_spikes

    assert "late_one" in x.choices
    panel.choose(x_by="late_one")
    assert "late one" in x.text()


def test_after_an_edit_only_new_clusters_are_asked_for(session):
    asked = []

    @napari_phy.metric(title="asked")
    def asked_for(cluster):
        asked.append(cluster.cluster_id)
        return np.ptp(cluster.spike_times)

    compute_values(session, "asked_for", range(6))
    new = session.merge([2, 3]).added[0]
    compute_values(session, "asked_for", session.manager.cluster_ids)
    session.undo()
    compute_values(session, "asked_for", session.manager.cluster_ids)
    assert asked == [0, 1, 2, 3, 4, 5, new]


def test_what_a_data_set_lacks_is_not_known(no_metrics):
    @napari_phy.metric(title="needy", needs=("waveforms", "features"))
    def needy(cluster):
        raise AssertionError("nothing to read")

    with light_session(3, with_raw=False) as session:
        assert np.isnan(list(session.table["needy"].values())).all()


@pytest.mark.parametrize("name", ["spikes", "amp", "fr", "group", "similar"])
def test_names_that_are_taken_are_refused(no_metrics, name):
    with pytest.raises(ValueError, match=f"There is a column {name} already"):
        napari_phy.metric(title="mine", key=name)(lambda cluster: 0.0)


def test_names_and_needs_that_cannot_be_are_refused(no_metrics):
    with pytest.raises(ValueError, match="half width is no name for a metric"):
        napari_phy.metric(title="mine", key="half width")(lambda cluster: 0.0)
    with pytest.raises(ValueError, match="A metric needs features, positions, waveforms, traces, not spikes"):
        napari_phy.metric(title="mine", needs=("spikes",))


@pytest.mark.parametrize("title", ["", " ", "x" * 41])
def test_titles_that_are_empty_or_too_long_are_refused(no_metrics, title):
    sentence = "has 40 characters at most; this one has 41" if title.strip() else r"needs a title: write @napari_phy\.m"
    with pytest.raises(ValueError, match=sentence):
        napari_phy.metric(title=title)
    napari_phy.metric(title="x" * 40, key="longest")(lambda cluster: 0.0)
    assert registry.all[-1].title == "x" * 40


def test_without_parentheses_it_says_how_to_write_it(no_metrics):
    with pytest.raises(TypeError, match=r"write @napari_phy\.metric\(title=…\)"):

        @napari_phy.metric
        def half_width(cluster):
            return 0.0


def test_a_table_is_read_by_any_name_and_names_the_nearest(session):
    sizes = {cluster: session.manager.n_spikes(cluster) for cluster in range(6)}
    assert session.table["spikes"] == session.table["n_spikes"] == session.table["size"] == sizes
    assert session.table["fr"][3] == pytest.approx(sizes[3] / session.model.duration)
    amplitudes = session.table["amplitude"]
    assert min(amplitudes.values()) > 0
    assert amplitudes == session.table["amp"]
    with pytest.raises(ClusteringError, match="There is no column rates; did you mean rate"):
        session.table["rates"]


def test_a_table_has_groups_and_the_labels_in_use(session):
    with pytest.raises(ClusteringError, match="There is no column note"):
        session.table["note"]
    session.move([1, 4], "good")
    session.label([2], "note", "axon")
    groups = {cluster: session.manager.group(cluster) for cluster in range(6)}
    assert groups[1] == groups[4] == "good"
    assert session.table["group"] == groups
    assert session.table["note"] == {cluster: "axon" if cluster == 2 else None for cluster in range(6)}
    assert repr(session.table).endswith("refractory, group, note>")


def test_a_column_is_printed_in_a_few_words(session):
    columns = {column.key: repr(column) for column in session.table.columns}
    assert columns["rate"] == "<Column rate: mean firing rate (Hz)>"
    assert columns["id"] == "<Column id: cluster id>"
    assert max(map(len, columns.values())) < 120


def test_no_two_columns_share_a_name():
    names = list(chain.from_iterable(column.names for column in napari_phy.table.columns.BUILT_IN))
    assert len(set(names)) == len(names)


def test_a_metric_sees_all_of_its_cluster(session):
    seen = {}

    @napari_phy.metric(title="seen")
    def seen_by(cluster):
        seen[cluster.cluster_id] = cluster
        return 1

    session.table["seen_by"]
    one, model, spikes = seen[3], session.model, session.manager.spikes(3)
    assert (one.model, one.sample_rate, one.duration, one.n_spikes) == (model, 20_000, 20, len(spikes))
    np.testing.assert_array_equal(one.spike_ids, spikes)
    np.testing.assert_array_equal(one.spike_samples, model.spike_samples[spikes])
    np.testing.assert_array_equal(one.spike_times, model.spike_samples[spikes] / 20_000)
    np.testing.assert_array_equal(one.features, model.features[spikes])
    np.testing.assert_array_equal(one.masks, model.masks[spikes])
    assert one.channels[0] == 2
    np.testing.assert_array_equal(one.mean_waveform, one.waveform_sample.mean)


def test_a_column_of_a_package_is_like_the_others_but_for_what_it_says(no_metrics):
    @napari_phy.metric(title="mine", unit="ms", aliases=("m",), is_log=True)
    def my_own(cluster):
        """Return what it is.

        More of it,
        and more.
        """
        return 0.0

    @napari_phy.metric(title="plain")
    def plain_one(cluster):
        return 0.0

    mine, plain = registry.all[-2:]
    assert (mine.key, mine.title, mine.name, mine.unit, mine.decimals, mine.aliases) == (
        "my_own", "mine", "mine", "ms", 2, ("m",)
    )  # fmt: skip
    assert (mine.kind, mine.in_background, mine.is_log, mine.keep) == ("lazy", True, True, 1)
    assert (mine.in_small, mine.is_of_package, mine.is_quantity, mine.is_whole) == (False, True, True, False)
    assert mine.tip == "Return what it is (ms)\nMore of it, and more."
    assert (plain.tip, plain.unit, plain.is_log, plain.aliases) == ("plain", "", False, ())


def test_work_that_is_stopped_and_clusters_that_are_gone_are_no_failure(session, caplog):
    shares = []

    @napari_phy.metric(title="stops")
    def stops(cluster):
        raise CancelledError

    with pytest.raises(CancelledError):
        compute_values(session, "stops", [1])
    with pytest.raises(ClusteringError):
        compute_values(session, "stops", [99])

    @napari_phy.metric(title="goes")
    def goes(cluster):
        return cluster.cluster_id

    assert compute_values(session, "goes", [1, 2, 3, 4], shares.append) == {1: 1, 2: 2, 3: 3, 4: 4}
    assert shares == [0, 0.25, 0.5, 0.75]
    assert "failed" not in caplog.text


def test_channels_of_a_cluster_need_features(no_metrics):
    with light_session(3, features=None, masks=None) as session:
        cluster = napari_phy.table.metrics.Cluster(1, session)
        for name, words in (("channels", "Channels of clusters need features"), ("features", "kwx"), ("masks", "")):
            with pytest.raises(MissingDataError, match=words or None):
                getattr(cluster, name)
