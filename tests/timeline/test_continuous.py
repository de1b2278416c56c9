import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from timeline.test_epochs import disjoint

from napari_phy.core.errors import TimelineError
from napari_phy.timeline import LazyContinuous, make_epochs, mean_interval, restrict


class CountedSamples:
    """Samples that count how many of them are read."""

    def __init__(self, values):
        self._values, self.n_read = values, 0
        self.shape, self.dtype = values.shape, values.dtype

    def __getitem__(self, key):
        found = self._values[key]
        self.n_read += len(found)
        return found


def noise(n_samples=600, n_channels=3):
    return np.random.default_rng(2).integers(-99, 99, (n_samples, n_channels)).astype(np.int16)


@given(disjoint(), st.sampled_from([7.0, 20.0, 19.3]), st.sampled_from([0.0, 2.5]))
def test_what_is_read_is_what_lies_in_the_epochs(edges, rate, start_s):
    voltage = noise()
    lazy = LazyContinuous(voltage, rate, start_s, columns=[4, 9, 2])
    times = start_s + np.arange(len(voltage)) / rate
    inside = [
        any(start - 1e-9 <= time <= end + 1e-9 for start, end in edges) and start_s <= time <= times[-1]
        for time in times.tolist()
    ]
    found = restrict(lazy, make_epochs(*edges.T))
    np.testing.assert_array_equal(found.values.reshape(-1, 3), voltage[inside])
    np.testing.assert_allclose(found.t, times[inside])
    assert found.columns.tolist() == [4, 9, 2]
    one = restrict(lazy.channel(9), make_epochs(*edges.T))
    np.testing.assert_array_equal(one.values, voltage[inside, 1])


def test_only_what_is_asked_for_is_read():
    samples = CountedSamples(noise())
    lazy = LazyContinuous(samples, 20.0)
    assert (lazy.shape, len(lazy), lazy.channel(1).shape) == ((600, 3), 600, (600,))
    assert lazy.time_support.values.tolist() == [[0, 599 / 20]]
    assert samples.n_read == 0
    assert len(lazy.get(1.0, 2.0)) == 21
    assert samples.n_read == 21
    assert mean_interval(lazy, make_epochs([3, 4], [3.5, 4.5])).shape == (2, 3)
    assert samples.n_read == 21 + 22


def test_a_part_beyond_the_data_is_empty():
    lazy = LazyContinuous(noise(), 20.0)
    assert len(lazy.get(100.0, 101.0)) == 0
    assert len(lazy.get(29.0, 101.0)) == 20
    assert lazy.between(-5.0, 0.0).shape == (1, 3)


def test_what_cannot_be_continuous_data_is_told():
    with pytest.raises(TimelineError, match=r"^Continuous data need a rate above 0, not 0 Hz\.$"):
        LazyContinuous(noise(), 0)
    with pytest.raises(TimelineError, match=r"^There are 3 channels, but names of 2\.$"):
        LazyContinuous(noise(), 1, columns=[1, 2])
    with pytest.raises(TimelineError, match=r"^There is no channel 7; there are 0 … 2\.$"):
        LazyContinuous(noise(), 1).channel(7)
