import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import TimelineError
from napari_phy.timeline import from_seconds, to_seconds

rates = st.floats(1e-3, 1e6)


@given(st.lists(st.integers(-(2**40), 2**40)), rates)
def test_samples_come_back_as_they_were(samples, rate):
    back = from_seconds(to_seconds(samples, "samples", rate), "samples", rate)
    assert back.dtype == np.int64
    assert back.tolist() == samples


@given(st.lists(st.floats(-1e6, 1e6)), st.sampled_from(["s", "ms", "us"]))
def test_times_come_back_in_their_unit(times, unit):
    np.testing.assert_allclose(from_seconds(to_seconds(times, unit), unit), times, atol=1e-300)  # or subnormal


def test_units_are_what_they_are_called():
    assert to_seconds(1500, "ms") == 1.5
    assert to_seconds(1500, "us") == 0.0015
    assert to_seconds(1500, "samples", 20_000) == 0.075


@pytest.mark.parametrize(
    ("unit", "rate", "words"),
    [
        ("hours", None, "There is no unit hours of time. Choose one of s, ms, us, samples."),
        ("samples", None, "Times in samples need a rate: the number of samples in a second, such as 30000."),
        ("samples", 0, "Times in samples need a rate: the number of samples in a second, such as 30000."),
        ("samples", np.nan, "Times in samples need a rate: the number of samples in a second, such as 30000."),
    ],
)
def test_other_units_and_missing_rates_are_told(unit, rate, words):
    for convert in (to_seconds, from_seconds):
        with pytest.raises(TimelineError) as caught:
            convert([1.0], unit, rate)
        assert str(caught.value) == words
