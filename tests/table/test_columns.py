"""Columns have names of their own, and numbers as lists and tables show them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from napari_phy.core.errors import ClusteringError
from napari_phy.core.time_cursor import UsedTime
from napari_phy.plugins import Registry
from napari_phy.table.columns import (
    BUILT_IN,
    Column,
    all_columns,
    column_key,
    column_named,
    find_column,
    known_keys,
    mean_rates,
    measures,
    quantities,
)
from napari_phy.table.quality import QUALITY
from napari_phy.table.value_range import ValueRange


def column(key, **fields):
    return Column(key, fields.pop("title", key), lambda session, clusters, on_progress: [], "Tip", "name", **fields)


def own_registry():
    return Registry(BUILT_IN, "napari_phy.none", "column", ("group", "similar"))


def test_tables_have_whole_numbers_as_int_and_all_others_as_they_are():
    whole, broken = column("whole", is_whole=True), column("broken")
    assert whole.plain(7.0) == 7
    assert isinstance(whole.plain(7.0), int)
    assert math.isnan(whole.plain(math.nan))
    assert broken.plain(7.25) == 7.25
    assert isinstance(broken.plain(7.0), float)


def test_lists_have_numbers_with_their_decimals_ids_without_and_a_dash_for_none():
    assert column("x", decimals=1).text(1234.56) == "1\N{THIN SPACE}234.6"
    assert column("x", is_quantity=False).text(1234.0) == "1234"
    assert column("x").text(math.nan) == column("x", is_quantity=False).text(math.nan) == "–"


def test_a_column_is_found_by_its_key_its_word_its_aliases_and_its_title():
    assert column("refractory", title="refr.", aliases=("isi",)).names == ("refractory", "refr", "isi", "refr.")
    assert column("width", title="half-width").names == ("width", "half-width")


def test_no_name_is_given_twice():
    columns = own_registry()
    before = columns.all
    mine = column("mine", title="my.", aliases=("m",))
    columns.add(mine)
    columns.add(replace(mine, decimals=2))  # the same one again
    assert [one.key for one in columns.all[len(before) :]] == ["mine"]
    for name in ("spikes", "size", "ch", "group", "similar", "m", "my"):
        with pytest.raises(ValueError, match=f"There is a column {name} already"):
            columns.add(column("other", aliases=(name,)))
    columns.clear()
    assert columns.all == before


OWN = ("id", "channel", "depth", "spikes", "rate", "amplitude", "refractory")


def test_the_columns_of_our_own_come_in_the_order_of_the_lists():
    quality = tuple(one.key for one in QUALITY)
    assert tuple(one.key for one in all_columns()) == (*OWN, *quality, "class")
    usual = ("depth", "spikes", "rate", "amplitude", "refractory")
    assert tuple(one.key for one in quantities()) == (*usual, *quality)
    assert tuple(one.key for one in measures()) == (*usual, *quality, "channel", "id")


@pytest.mark.parametrize(
    ("key", "title", "axis_title", "words", "text"),
    [
        ("id", "id", "cluster id", "cluster id 12", "12"),
        ("channel", "ch", "channel", "channel 12", "12"),
        ("depth", "depth", "depth (µm)", "depth 12 µm", "12"),
        ("spikes", "spikes", "spikes", "spikes 12", "12"),
        ("rate", "rate", "rate (Hz)", "rate 12.3 Hz", "12.3"),
        ("amplitude", "amp", "amplitude (a.u.)", "amplitude 12 a.u.", "12"),
        ("refractory", "refr.", "intervals within 2 ms (%)", "refractory 12.3 %", "12.3"),
    ],
)
def test_a_column_has_its_words_unit_and_decimals_everywhere(key, title, axis_title, words, text):
    one = find_column(key)
    assert (one.title, one.axis_title("a.u."), one.value_words(12.34, "a.u."), one.text(12.34)) == (
        title, axis_title, words, text
    )  # fmt: skip
    assert one.unit_in("a.u.") == ("a.u." if key == "amplitude" else one.unit)


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        ("is_whole", ("id", "channel", "spikes")),
        ("is_log", ("spikes", "rate", "amplitude")),
        ("follows_time", ("spikes", "rate", "refractory")),
        ("in_background", ("amplitude",)),
        ("in_small", ("id", "channel", "spikes", "rate", "amplitude")),
        ("in_similar", ("id", "channel", "spikes", "amplitude", "refractory")),
        ("is_of_package", ()),
    ],
)
def test_what_lists_and_views_ask_of_columns(field, keys):
    assert tuple(one.key for one in all_columns() if one.is_usual and getattr(one, field)) == keys


SHOWN = """
id, 12, whole
channel, 12, whole
depth, 12, µm
spikes, 12, log whole follows_time
rate, 12.3, Hz, log follows_time
amplitude, 12, µV, log
refractory, 12.3, %, lower_better follows_time
presence_ratio, 12.35, follows_time uses_periods
isi_violations_count, 12, lower_better log whole follows_time uses_periods
isi_violations_ratio, 12.35, lower_better follows_time uses_periods
rp_contamination, 12.35, lower_better follows_time uses_periods
sliding_rp_violation, 12.346, lower_better follows_time uses_periods
snr, 12.3, log
nn_noise_overlap, 12.35, lower_better
amplitude_cutoff, 12.346, lower_better uses_periods
isolation_distance, 12.3, log
l_ratio, 12.346, lower_better log
d_prime, 12.3
silhouette, 12.35
nn_hit_rate, 12.35
nn_miss_rate, 12.346, lower_better
drift_ptp, 12.3, µm, lower_better uses_periods
drift_std, 12.3, µm, lower_better uses_periods
drift_mad, 12.3, µm, lower_better uses_periods
peak_to_trough_duration, 12.35, ms
trough_half_width, 12.35, ms
repolarization_slope, 12, µV/ms
recovery_slope, 12, µV/ms
num_positive_peaks, 12, whole
num_negative_peaks, 12, whole
waveform_baseline_flatness, 12.35
peak_after_to_trough_ratio, 12.35
peak_before_to_trough_ratio, 12.35
peak_before_to_peak_after_ratio, 12.35
main_peak_to_trough_ratio, 12.35
peak_before_width, 12.35, ms
trough_width, 12.35, ms
amplitude_median, 12, µV
exp_decay, 12.346, /µm
spread, 12, µm
"""


def test_each_column_is_shown_with_its_decimals_and_unit_and_is_of_its_kind():
    kinds = ("is_lower_better", "is_log", "is_whole", "follows_time", "uses_periods")
    shown = []
    for one in BUILT_IN:
        if not one.categories:
            of = " ".join(kind.removeprefix("is_") for kind in kinds if getattr(one, kind))
            shown.append(", ".join(filter(None, (one.key, one.text(12.3456), one.unit, of))))
    assert shown == SHOWN.strip().splitlines()


def test_in_a_narrow_list_depth_goes_first_and_the_id_last():
    assert sorted(OWN, key=lambda key: find_column(key).keep) == [
        "depth", "amplitude", "rate", "channel", "spikes", "refractory", "id"
    ]  # fmt: skip
    assert [one.key for one in all_columns() if one.warns_from < math.inf] == ["refractory"]
    assert find_column("refractory").warns_from == 1
    assert all(one.small_width < one.width for one in all_columns())


def test_a_column_is_found_by_any_name_and_the_nearest_is_told():
    for name, key in (
        ("n_spikes", "spikes"),
        ("size", "spikes"),
        ("fr", "rate"),
        ("ch", "channel"),
        ("refr.", "refractory"),
    ):
        assert (find_column(name).key, column_key(name), column_named(name).key) == (key,) * 3
    assert (column_named("nothing"), column_key("nothing")) == (None, "nothing")
    with pytest.raises(ClusteringError, match=r"^There is no column rat; did you mean rate\?$"):
        find_column("rat")
    with pytest.raises(
        ClusteringError, match=r"^There is no column xyz; there are id, ch, depth, spikes, rate, amp, refr\.$"
    ):
        find_column("xyz")


def test_what_a_data_set_lacks_is_not_known_of_it(make_session):
    assert known_keys(make_session()) == {one.key for one in all_columns() if "traces" not in one.needs}
    without_features = {"id", "spikes", "rate", "amplitude", "refractory"}
    assert known_keys(make_session(), reads_features=False) & set(OWN) == without_features
    assert known_keys(make_session(with_raw=False)) & set(OWN) == set(OWN) - {"amplitude"}
    assert known_keys(make_session(knows_positions=False)) & set(OWN) == set(OWN) - {"depth"}
    assert known_keys(make_session(features=None, masks=None)) & set(OWN) == without_features
    needy = column("needy", needs=("traces",))
    session = make_session()
    assert not needy.is_in(session)
    session.model.traces = np.zeros((3, 8))
    assert needy.is_in(session)


def test_rates_are_those_of_the_time_that_is_used(session):
    n_spikes = np.array([30, 0])
    assert mean_rates(session, n_spikes).tolist() == [1.5, 0]

    class Stretch:
        model = session.model
        range_s = UsedTime([(1, 3), (5, 9)])

    assert mean_rates(Stretch, n_spikes).tolist() == [5, 0]
    Stretch.range_s = (7, 7)
    assert mean_rates(Stretch, n_spikes).tolist() == [30 * 20_000, 0]  # of a sample at least


def test_columns_are_printed_and_labelled_in_a_few_words():
    assert repr(replace(column("x"), tip="CSD of it\nand more")) == "<Column x: CSD of it>"
    assert repr(replace(column("x"), tip="Rate of it")) == "<Column x: rate of it>"
    assert repr(replace(column("x"), tip="A")) == "<Column x: A>"
    assert column("x", unit="Hz", decimals=1).range_labels(ValueRange(0.84, 8.1), "µV") == ("0.8", "8.1 Hz")
    assert column("x").axis_title("µV") == "name"
    assert column("x", axis="along", unit="µV").axis_title("a.u.") == "along (a.u.)"
    usual = column("x")
    assert (usual.width, usual.small_width, usual.keep, usual.decimals, usual.kind) == (60, 54, 10, 0, "plain")
    assert (usual.is_quantity, usual.in_small, usual.in_similar, usual.warns_from) == (True, True, True, math.inf)
    assert not any((usual.is_whole, usual.is_log, usual.in_background, usual.follows_time, usual.is_of_package))


def test_who_lists_columns_hears_of_new_ones_and_of_those_that_are_gone():
    columns, told = own_registry(), []
    columns.changed.connect(lambda: told.append(len(columns.all)))
    n = len(columns.all)
    columns.add(column("mine"))
    columns.clear()
    assert told == [n + 1, n]


def test_all_columns_fit_beside_each_other():
    assert sum(one.width for one in all_columns() if one.is_usual) == 332
    assert sum(one.small_width for one in all_columns() if one.is_usual and one.in_small) == 214
