"""Where trials and rates are: apart, inside, on the same axes; a mark for each spike; words for what is there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_in_session import StandInSession
from support import ArrayModel
from views.rectangle_laws import TYPES, PlainType, assert_apart, assert_inside

from napari_phy.views.psth import PsthRequest, PsthSettings, compute_psth
from napari_phy.views.psth_layout import (
    MOST_MARKS,
    event_at,
    is_pictured,
    psth_layout,
    psth_words,
    rate_range,
    response_marks,
    spike_marks,
    tile_titles,
    time_ticks,
    trial_pixels,
)
from napari_phy.views.trials import make_trials

RATE = 20_000
MS = RATE // 1000


def psth_of(n_kinds=3, clusters=(0, 1), n_trials=20, **chosen):
    """Return spikes around events; cluster 0 responds after 12 ms."""
    rng = np.random.default_rng(5)
    kinds = [np.sort(rng.integers(RATE, 99 * RATE, n_trials + kind)) for kind in range(n_kinds)]
    every = np.concatenate([np.empty(0, np.int64), *kinds])
    samples = np.concatenate([rng.integers(0, 100 * RATE, 800), every + rng.integers(11 * MS, 13 * MS, len(every))])
    of = np.append(rng.integers(0, 2, 800), np.zeros(len(every), int))
    order = np.argsort(samples, kind="stable")
    session = StandInSession(ArrayModel(of[order], samples[order], duration=100.0))
    trials = tuple(make_trials(f"kind {place}", events) for place, events in enumerate(kinds))
    return compute_psth(session, PsthRequest(clusters, trials, PsthSettings(**chosen)))


DATA = {n: psth_of(n) for n in (0, 1, 2, 5, 9)}
TRIALS = {n: psth_of(1, n_trials=n) for n in (30, 300, 3000)}
SHOWN = st.sampled_from(["both", "trials", "rates"])


@given(st.sampled_from(sorted(DATA)), SHOWN, st.integers(320, 2000), st.integers(260, 1200), TYPES)
def test_tiles_are_apart_inside_and_on_the_same_axes(n, shown, width, height, sizes):
    data = DATA[n]
    places = psth_layout(data, shown, width, height, sizes)
    assert len(places) == n
    frames = [frame for place in places for frame in (place.trials, place.rates) if frame is not None]
    assert_apart([*(place.title for place in places), *(frame.area for frame in frames)])
    if width >= 600 and height >= 500 * sizes.scale:
        assert_inside([frame.area.grown(-1) for frame in frames], width, height)
    assert {(place.trials is not None, place.rates is not None) for place in places} <= {
        (shown != "rates", shown != "trials")
    }
    assert len({frame.x_range for frame in frames}) <= 1
    assert len({place.rates.y_range for place in places if place.rates is not None}) <= 1
    lefts = {place.title.left for place in places}
    assert sum(place.is_last for place in places) == len(lefts)
    assert all(place.is_first == (place.title.left == min(lefts)) for place in places)


def test_rates_have_an_axis_with_zero_and_room():
    low, high = rate_range(DATA[2])
    largest = max(tile.rates.max() for tile in DATA[2].tiles)
    assert (low, high) == (0, pytest.approx(1.06 * largest))
    less = psth_of(2, baseline=True)
    assert rate_range(less)[0] < 0 < rate_range(less)[1]
    assert rate_range(DATA[0]) == (0, 1)


@settings(max_examples=30)
@given(st.sampled_from([30, 300, 3000]), st.integers(200, 900), st.integers(100, 900))
def test_every_spike_has_a_mark_in_its_row(n_trials, width, height):
    data = TRIALS[n_trials]
    (tile,) = data.tiles
    frame = psth_layout(data, "trials", width, height, PlainType())[0].trials
    row_px = frame.height / (2 * tile.n_trials)
    for place, spikes in enumerate(tile.spikes):
        marks = spike_marks(tile, place, frame, data.sample_rate)
        assert 0 < len(marks) <= len(spikes)
        ms = frame.to_data(np.column_stack([marks.x, marks.top]))[:, 0]
        wanted = 1000 * spikes.lags / RATE
        half_px = 0.5 / frame.scale[0] + 1e-6
        found = np.searchsorted(np.sort(wanted), [ms - 1e-6, ms + half_px])
        assert (found[1] > found[0]).all()
        rows = place * tile.n_trials + spikes.rows
        assert marks.top.min() >= frame.top - 1
        tops = frame.top + rows * row_px
        there = np.append(np.unique(marks.top), np.inf)
        after = np.searchsorted(there, tops)
        assert np.minimum(there[after] - tops, np.abs(tops - there[after - 1])).max() <= 1
        assert marks.bottom.max() <= frame.top + frame.height + 1


@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("n_trials", [30, 3000])
def test_pixels_are_where_the_marks_are(scale, n_trials):
    data = TRIALS[n_trials]
    (tile,) = data.tiles
    frame = psth_layout(data, "trials", 500, 400, PlainType())[0].trials
    image = trial_pixels(data, tile, frame, ["#ff0000", "#0000ff"], "#000000", scale)
    assert image.shape == (round(scale * frame.height), round(scale * frame.width), 4)
    blue, green, red, _ = np.moveaxis(image, 2, 0)
    half = image.shape[0] // 2
    assert not green.any()
    assert not red[half + 1 :].any()
    assert not blue[: half - 1].any()
    for place, color in enumerate((red, blue)):
        marks = spike_marks(tile, place, frame, data.sample_rate)
        columns = ((marks.x - frame.left + 0.25) * scale).astype(int).clip(0, image.shape[1] - 1)
        rows = ((marks.top - frame.top + 0.25) * scale).astype(int).clip(0, image.shape[0] - 1)
        seen = [color[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].any() for y, x in zip(rows, columns, strict=True)]
        assert all(seen)
    assert is_pictured(TRIALS[3000]) == (sum(map(len, TRIALS[3000].tiles[0].spikes)) > MOST_MARKS)
    assert not is_pictured(TRIALS[30])


def test_words_name_rates_and_trials_and_a_click_goes_to_the_spike():
    data = DATA[2]
    places = psth_layout(data, "both", 900, 500, PlainType())
    tile, place = data.tiles[1], places[1]
    ((x, y),) = place.rates.to_px([[data.edges_ms[30:32].mean(), 1.0]])
    rates = tile.rates[:, 30]
    assert psth_words(data, places, x, y) == f"kind 1, 105.0 ms: 0: {rates[0]:.1f} Hz, 1: {rates[1]:.1f} Hz"
    assert event_at(data, places, x, y) is None
    trial = 4
    ((x, y),) = place.trials.to_px([[250.0, -(tile.n_trials + trial + 0.5)]])
    time_s = tile.events[trial] / RATE
    words = f"kind 1, trial 5 of {tile.n_trials} at {time_s:.3f} s; 1: no response"
    assert psth_words(data, places, x, y) == words
    assert event_at(data, places, x, y) == pytest.approx(time_s + 0.25)
    assert psth_words(data, places, 1, 499) == ""
    assert event_at(data, places, 1, 1) is None


def test_titles_and_ticks_keep_to_their_tiles():
    kinds = [make_trials(name, [RATE, 2 * RATE], {"side": np.array(["left", "right"])}) for name in ("light", "sound")]
    session = StandInSession(ArrayModel([0, 0], [RATE, 2 * RATE], duration=4.0))
    sizes, by_side = PlainType(), PsthSettings(group_by="side")
    for n, width, wanted in [
        (1, 900, ("side left, 1 trial", "side right, 1 trial")),
        (1, 260, ("side left", "side right")),
        (2, 1400, tuple(f"{kind} · side {side}, 1 trial" for kind in ("light", "sound") for side in ("left", "right"))),
        (2, 700, tuple(f"{kind} · side {side}" for kind in ("light", "sound") for side in ("left", "right"))),
        (2, 500, 2 * ("side left", "side right")),
    ]:
        data = compute_psth(session, PsthRequest((0,), tuple(kinds[:n]), by_side))
        assert tile_titles(data, psth_layout(data, "both", width, 200, sizes), sizes) == wanted
    for n in (1, 2, 9):
        places = psth_layout(DATA[n], "both", 900, 600, sizes)
        labels = []
        for place in places:
            for value, label in time_ticks(places, place.rates, sizes):
                x, half = place.rates.to_px([[value, 0]])[0, 0], sizes.text_width(label, 10) / 2
                labels.append((x - half, place.rates.area.bottom + 3, 2 * half, 14))
        assert_apart(labels)
        assert len(labels) >= 2 * n


def test_responses_are_marked_at_their_latency():
    data = DATA[2]
    place = psth_layout(data, "both", 900, 500, PlainType())[0]
    ((cluster, band, x),) = response_marks(data, data.tiles[0], place.rates)
    assert cluster == 0
    assert place.rates.to_data([[x, band.top]])[0, 0] == pytest.approx(12, abs=0.5)
    assert band.left <= x <= band.right
    short = psth_of(1, after_ms=5, bin_ms=1, response_ms=50)
    assert short.tiles[0].responses[0] is not None
    assert response_marks(short, short.tiles[0], psth_layout(short, "both", 900, 500, PlainType())[0].rates) == []


def test_nothing_to_show_has_no_words():
    data = psth_of(1, clusters=())
    places = psth_layout(data, "both", 900, 500, PlainType())
    area = places[0].trials.area
    assert psth_words(data, places, *area.center) == ""
    assert event_at(data, places, *area.center) is None
