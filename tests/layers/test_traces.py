"""Every level of the trace picture equals what the samples say."""

from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from support import random_model
from widgets.light_session import light_session

from napari_phy import open_session
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.layers.spikes import spike_points
from napari_phy.layers.traces import QUIET_FRACTION, TraceLevel, trace_levels, traces_layer
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.views.trace_source import TraceSource

RNG = np.random.default_rng(0)
TRACES = RNG.integers(-500, 500, size=(10_007, 5)).astype(np.int16)
CHANNELS = np.array([3, 0, 4])
BASELINE = np.array([10, 0, -5], np.float32)


def source_of(traces, columns):
    return TraceSource(traces, 20_000.0, columns, columns, None)


SOURCE = source_of(TRACES, CHANNELS)


def without_summary(model):
    manager = ClusterManager(model.spike_clusters)
    return SimpleNamespace(model=model, manager=manager, trace_pyramid=lambda model: None, tell_raw_trouble=None)


def expected(factor):
    samples = TRACES[:, CHANNELS].astype(np.float32) - BASELINE
    columns = [samples[start : start + factor] for start in range(0, len(samples), factor)]
    return np.array([np.where(c.max(0) > -c.min(0), c.max(0), c.min(0)) for c in columns]).T


@pytest.mark.parametrize("factor", [1, 4, 64, 4096])
def test_a_level_holds_the_signed_extreme_of_each_column(factor):
    level = TraceLevel(SOURCE, BASELINE, factor)
    whole = expected(factor)
    assert level.shape == whole.shape
    assert np.array_equal(np.asarray(level), whole)
    stop = min(7, level.shape[1])
    assert np.array_equal(level[1:3, 1:stop], whole[1:3, 1:stop])
    assert np.array_equal(level[0:3, 0 : level.shape[1] : 2], whole[:, ::2])
    assert np.array_equal(level[:, 0], whole[:, 0])


class CutShort:
    """Traces whose file ends after 5000 samples."""

    shape, dtype = TRACES.shape, TRACES.dtype

    def __getitem__(self, key):
        if key.stop > 5000:
            raise KwikFormatError(f"x.dat ends before row {key.stop}.")
        return TRACES[key]


@pytest.mark.parametrize("factor", [1, 64])
def test_what_is_left_of_a_file_cut_short_is_shown(factor):
    said = []
    level = TraceLevel(replace(SOURCE, traces=CutShort()), BASELINE, factor, on_trouble=said.append)
    found, whole = level[:, 0 : level.shape[1]], expected(factor)
    n_left = 5000 // factor
    n_lost = level.shape[1] // 64 + 1  # at most, of what could be read
    assert np.array_equal(found[:, : n_left - n_lost], whole[:, : n_left - n_lost])
    assert not found[:, n_left:].any()
    assert len(said) == 1


def test_levels_go_from_samples_to_few_columns():
    levels = trace_levels(SOURCE, BASELINE)
    assert [level.factor for level in levels] == [1, 4]
    assert levels[-1].shape[1] <= 3000


class Counted:
    """Traces that count the values that were read."""

    def __init__(self, traces):
        self._traces = traces
        self.shape, self.dtype, self.n_read = traces.shape, traces.dtype, 0

    def __getitem__(self, key):
        found = self._traces[key]
        self.n_read += found.size
        return found


def test_a_short_recording_is_read_once_for_all_levels_but_single_samples():
    traces = RNG.integers(-500, 500, size=(100_003, 5)).astype(np.int16)
    counted = Counted(traces)
    levels = trace_levels(source_of(counted, CHANNELS), BASELINE)
    assert [level.factor for level in levels] == [1, 4, 16, 64]
    for level in reversed(levels[1:]):
        assert np.array_equal(
            np.asarray(level), np.asarray(TraceLevel(source_of(traces, CHANNELS), BASELINE, level.factor))
        )
        assert np.array_equal(level[:, 7:20], np.asarray(level)[:, 7:20])
    assert counted.n_read == traces.size
    for level in levels:
        level.forget()
    np.asarray(levels[1])
    assert counted.n_read == 2 * traces.size


def test_of_a_short_recording_cut_short_all_levels_show_what_is_left():
    said = []
    whole = trace_levels(SOURCE, BASELINE)[-1]
    level = trace_levels(replace(SOURCE, traces=CutShort()), BASELINE, said.append)[-1]
    n_left = 5000 // level.factor
    assert np.array_equal(level[:, :n_left], whole[:, :n_left])
    assert not said
    found = level[:, 0 : level.shape[1]]
    assert not found[:, n_left:].any()
    assert len(said) == 1


def test_a_long_recording_is_read_in_parts():
    counted = Counted(TRACES)
    level = TraceLevel(source_of(counted, CHANNELS), BASELINE, 1000, max_values=500)
    picture = np.asarray(level)
    assert counted.n_read <= 500 + TRACES.shape[1] * level.shape[1]
    assert picture.shape == (3, 11)
    assert (np.abs(picture) <= np.abs(expected(1000))).all()


def test_a_short_stretch_of_a_long_recording_is_read_at_once():
    class Hour:
        """An hour of 384 channels that takes no room."""

        shape, dtype = (108_000_000, 384), np.dtype(np.int16)
        reads: ClassVar = []

        def __getitem__(self, key):
            self.reads.append(key)
            return np.ones((key.stop - key.start, 384), np.int16)

    channels = np.arange(384)
    level = TraceLevel(source_of(Hour(), channels), np.zeros(384, np.float32), 4)
    assert (level[:, 1_000_000:1_003_700] == 1).all()
    assert Hour.reads == [slice(4_000_000, 4_014_800)]


def test_a_huge_level_is_not_turned_into_an_array():
    level = TraceLevel(source_of(np.zeros((9_000_000, 1), np.int16), np.array([0])), np.zeros(1, np.float32), 1)
    with pytest.raises(MemoryError, match="in pieces"):
        np.asarray(level)


def test_a_raw_file_that_ends_too_early_is_no_quiet_recording(kwik_copy):
    with open_session(kwik_copy) as session:
        _, whole, _ = traces_layer(session, 1.0)
    raw = kwik_copy.with_suffix(".dat")
    beginning = raw.read_bytes()[: raw.stat().st_size // 5]
    raw.unlink()  # shared with other tests
    raw.write_bytes(beginning)
    with open_session(kwik_copy) as session:
        _, cut, _ = traces_layer(session, 1.0)
    assert cut["contrast_limits"] == pytest.approx(whole["contrast_limits"], rel=0.2)


def _share_shown(traces):
    """Return the share of the picture of the whole recording that stands out from the background."""
    model = random_model(n_channels=traces.shape[1], duration=len(traces) / 20_000, traces=traces)
    levels, options, _ = traces_layer(without_summary(model), 1.0)
    return float((np.abs(np.asarray(levels[-1])) > QUIET_FRACTION * options["contrast_limits"][1]).mean())


def _white_noise():
    return np.random.default_rng(1).normal(0, 100, (20_000, 4))


def test_slow_waves_and_an_artefact_leave_something_to_see():
    waves = 5000 * np.sin(np.arange(20_000) / 2000)[:, None] * np.linspace(0.5, 1, 4)
    waves[7000:7200] = 30_000
    assert 0.1 < _share_shown((_white_noise() + waves).astype(np.int16)) < 0.4


def test_noise_is_mostly_background_and_a_gap_does_not_count():
    noise = _white_noise()
    assert 0.02 < _share_shown(noise.astype(np.int16)) < 0.1
    noise[2000:] = 0
    assert 0.002 < _share_shown(noise.astype(np.int16)) < 0.01
    assert _share_shown(noise[:2000].astype(np.int16)) < 0.01  # single samples
    assert _share_shown(np.zeros((5000, 4), np.int16)) == 0


def test_the_highest_channel_is_on_top_as_in_the_dock_and_points_lie_on_their_channel():
    heights = np.array([40.0, 0.0, 60.0, 20.0])
    traces = np.random.default_rng(2).normal(0, [100, 200, 300, 400], (20_000, 4)).astype(np.int16)
    session = light_session(
        n_clusters=4, n_spikes=400, n_channels=4, duration=1.0, traces=traces, positions=[[0.0, y] for y in heights]
    )
    (levels, _, _), order = traces_layer(session, 1.0), [2, 0, 3, 1]
    assert session.model.probe.from_top.tolist() == order
    assert np.allclose(np.std(levels[0][:, :], axis=1), 0.195 * np.array([300, 100, 400, 200]), rtol=0.1)
    table = compute_cluster_table(session)
    for cluster, channel in zip(table.ids.tolist(), table["channel"].tolist(), strict=True):
        rows = spike_points(session, (cluster,)).positions[:, 0]
        assert set(rows.tolist()) == {order.index(channel)}
    session.close()


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["klusta_4ch/test4.kwik", "klusta_synth32/synth32.kwik"])
def test_a_real_recording_shows_something_everywhere(data_folder, name):
    model = KwikModel(data_folder / name)
    with closing(model):
        levels, options, _ = traces_layer(without_summary(model), 1.0)
        shown = np.abs(np.asarray(levels[-1])) > QUIET_FRACTION * options["contrast_limits"][1]
    thirds = [part.mean() for part in np.array_split(shown, 3, axis=1)]
    assert 0.05 < min(thirds) <= max(thirds) < 0.7
    assert np.median(shown.mean(axis=1)) > 0.1
