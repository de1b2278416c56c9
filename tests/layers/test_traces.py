"""Every level of the trace picture equals what the samples say."""

import numpy as np
import pytest

from napari_phy import open_session
from napari_phy.layers.traces import TraceLevel, trace_levels, traces_layer

RNG = np.random.default_rng(0)
TRACES = RNG.integers(-500, 500, size=(10_007, 5)).astype(np.int16)
CHANNELS = np.array([3, 0, 4])
BASELINE = np.array([10, 0, -5], np.float32)


def expected(factor):
    samples = TRACES[:, CHANNELS].astype(np.float32) - BASELINE
    columns = [samples[start : start + factor] for start in range(0, len(samples), factor)]
    return np.array([np.where(c.max(0) > -c.min(0), c.max(0), c.min(0)) for c in columns]).T


@pytest.mark.parametrize("factor", [1, 4, 64, 4096])
def test_a_level_holds_the_signed_extreme_of_each_column(factor):
    level = TraceLevel(TRACES, CHANNELS, BASELINE, factor)
    whole = expected(factor)
    assert level.shape == whole.shape
    assert np.array_equal(np.asarray(level), whole)
    stop = min(7, level.shape[1])
    assert np.array_equal(level[1:3, 1:stop], whole[1:3, 1:stop])
    assert np.array_equal(level[0:3, 0 : level.shape[1] : 2], whole[:, ::2])
    assert np.array_equal(level[:, 0], whole[:, 0])


def test_levels_go_from_samples_to_few_columns():
    levels = trace_levels(TRACES, CHANNELS, BASELINE)
    assert [level.factor for level in levels] == [1, 4]
    assert levels[-1].shape[1] <= 3000


def test_a_long_recording_is_read_in_parts():
    class Counted:
        shape, dtype, n_read = TRACES.shape, TRACES.dtype, 0

        def __getitem__(self, key):
            found = TRACES[key]
            self.n_read += found.size
            return found

    counted = Counted()
    level = TraceLevel(counted, CHANNELS, BASELINE, 1000, max_values=500)
    picture = np.asarray(level)
    assert counted.n_read <= 500 + TRACES.shape[1] * level.shape[1]
    assert picture.shape == (3, 11)
    assert (np.abs(picture) <= np.abs(expected(1000))).all()


def test_a_huge_level_is_not_turned_into_an_array():
    level = TraceLevel(np.zeros((9_000_000, 1), np.int16), np.array([0]), np.zeros(1, np.float32), 1)
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
