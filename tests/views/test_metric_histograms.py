"""Histograms hold every cluster whose metric is known, and limits say the same as the filter that they make."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from views.rectangle_laws import TYPES

from napari_phy.query.quick_search import find_rows
from napari_phy.table.cluster_filter import FilterColumns
from napari_phy.table.cluster_table import compute_values
from napari_phy.views.grid import GridRequest, compute_grid
from napari_phy.views.metric_histograms import (
    Limit,
    compute_histograms,
    histogram_parts,
    limits_filter,
    limits_sentence,
    passing,
    read_limits,
)
from napari_phy.views.rectangles import Rectangle

IDS = (0, 1, 2, 3, 4)


def test_a_histogram_holds_the_values_of_the_column(session):
    (one,) = compute_histograms(session, IDS, ["snr"])
    values = compute_values(session, "snr", IDS)
    assert one.values.tolist() == [values[cluster] for cluster in IDS]
    assert (one.counts.sum(), one.n_unknown, one.title) == (5, 0, "signal to noise")
    assert (one.low, one.high) == (one.values.min(), one.values.max())
    assert one.words(None) == ""


def test_what_is_not_known_is_counted_apart(session):
    cutoff, nothing = compute_histograms(session, IDS, ["amplitude_cutoff", "no such column", "drift_ptp"])
    assert (cutoff.n_unknown, nothing.n_unknown) == (5, 5)  # too few spikes, and minutes
    assert cutoff.words(None) == "5 unknown"
    assert not len(cutoff.counts)
    limit = cutoff.limit_at(0.5, None)
    assert cutoff.words(limit).endswith(": 0 of 5")


def test_features_that_may_not_be_read_are_not(make_session):
    session = make_session()
    (one,) = compute_histograms(session, IDS, ["d_prime"], reads_features=False)
    assert one.n_unknown == 5
    assert session.model.features.n_reads == 0


def test_a_wide_range_of_sizes_has_a_logarithmic_axis(make_session):
    clusters = np.repeat(np.arange(4), (1, 10, 100, 1000))
    session = make_session(n_spikes=1111, n_clusters=4)
    session.manager.assign_all(clusters)
    ids = session.manager.cluster_ids.tolist()
    (one,) = compute_histograms(session, ids, ["spikes"])
    assert one.is_log
    assert (one.low, one.high) == (0, 3)
    assert one.place_of(100) == pytest.approx(2 / 3)
    assert one.value_at(2 / 3) == 100
    assert one.place_of(0) == 0
    assert one.ends() == ("1", "1\N{THIN SPACE}000")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.2, "0.2"),
        (13.267, "13.3"),
        (6109.2, "6\N{THIN SPACE}109"),
        (-58.79, "\N{MINUS SIGN}58.8"),
        (1e-4, "0.0001"),
    ],
)
def test_limits_are_told_with_three_digits(value, text):
    assert Limit("snr", value, is_least=True).words == f"≥ {text}"


@pytest.mark.parametrize(("value", "ends"), [(1.0, (0, 1)), (0.0, (0, 1)), (-3.0, (-3, 0))])
def test_one_value_has_an_axis_from_0(session, monkeypatch, value, ends):
    monkeypatch.setattr(session.manager, "n_spikes", lambda cluster: value)
    (one,) = compute_histograms(session, IDS, ["spikes"])
    assert (one.low, one.high) == ends
    assert one.counts.sum() == 5


def test_a_new_limit_is_on_the_better_side_and_an_old_one_keeps_its_side(session):
    snr, refractory = compute_histograms(session, IDS, ["snr", "refractory"])
    assert snr.limit_at(0.5, None).is_least
    limit = refractory.limit_at(0.5, None)
    assert not limit.is_least
    assert not refractory.limit_at(0.9, limit).is_least
    turned = Limit("refractory", 1.0, is_least=True)
    assert refractory.limit_at(0.1, turned).is_least


@given(st.lists(st.sampled_from([math.nan, -3.5, 0.0, 1e-7, 0.25, 4.0, 1e9]), min_size=1, max_size=9),
       st.sampled_from([-3.5, 0.0, 1e-7, 0.25, 1e9]), st.booleans())  # fmt: skip
def test_limits_pass_what_their_filter_lets_through(values, value, is_least):
    limits = {key: Limit(key, value, is_least) for key in ("snr", "recovery_slope")}
    text = limits_filter(limits.values())
    columns = FilterColumns(lambda key: values, lambda: [""] * len(values), {})
    expected = np.all([limit.passes(np.array(values)) for limit in limits.values()], axis=0)
    assert find_rows(text, columns, len(values)).tolist() == expected.tolist()
    assert read_limits(limit.text for limit in limits.values()) == limits


@pytest.mark.parametrize("text", ["", "snr", "snr > 3", "snr >= x", "nothing >= 3", "snr >= 3 or 1", "snr >= nan"])
def test_what_is_no_limit_is_left_out(text):
    assert read_limits([text, "snr <= 2"]) == {"snr": Limit("snr", 2.0, is_least=False)}
    assert read_limits([text]) == {}


def test_clusters_pass_that_pass_all_limits(session):
    histograms = compute_histograms(session, IDS, ["snr", "spikes"])
    assert not len(passing(histograms, {}))
    middle = float(np.median(histograms[0].values))
    limits = {"snr": Limit("snr", middle, is_least=True), "spikes": Limit("spikes", 0.0, is_least=True)}
    assert np.count_nonzero(passing(histograms, limits)) == 3
    assert limits_sentence(3, 5, 2) == "3 of 5 clusters pass 2 limits"
    assert limits_sentence(1, 1, 1) == "1 of 1 cluster pass 1 limit"


def test_a_grid_of_metrics_has_a_tile_for_each(session):
    data = compute_grid(session, GridRequest(IDS, "size", "metrics", 0, 0, metrics=("rate", "snr", "rate")))
    assert [one.key for one in data.histograms] == ["rate", "snr"]
    assert data.n_tiles == 2
    assert data.caption.startswith("5 clusters; click or drag in a histogram to set a limit")


@given(TYPES)
def test_the_parts_of_a_histogram_are_inside_its_tile_and_below_each_other(sizes):
    box = Rectangle(10, 20, sizes.px(190), sizes.px(118))
    parts = histogram_parts(box, sizes)
    in_order = (parts.title, parts.words, parts.bars, parts.ends)
    for one in in_order:
        assert box.left <= one.left <= one.right <= box.right
        assert box.top <= one.top <= one.bottom <= box.bottom
    assert all(one.bottom <= other.top + 1 for one, other in pairwise(in_order))
    assert parts.place_at(parts.x_of(0.3)) == pytest.approx(0.3)
    assert parts.x_of(7) == parts.bars.right
