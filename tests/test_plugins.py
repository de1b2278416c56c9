"""Trace filters of third parties are found by entry point; a broken one is left out."""

from importlib.metadata import EntryPoint

import numpy as np
import pytest

from napari_phy import plugins
from napari_phy.core.errors import TracesError
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.traces import TraceReader, TraceRequest


def test_entry_points_become_filters(monkeypatch, caplog):
    found = [
        EntryPoint("absolute", "numpy:abs", plugins.TRACE_FILTERS),
        EntryPoint("broken", "no_such_module:thing", plugins.TRACE_FILTERS),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda group: [e for e in found if e.group == group])
    plugins.trace_filters.cache_clear()
    try:
        assert plugins.trace_filters() == {"absolute": np.abs}
    finally:
        plugins.trace_filters.cache_clear()
    assert "The trace filter broken cannot be loaded" in caplog.text


def fails(samples, rate):
    raise OSError("no coefficients")


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda samples, rate: samples[::2], r"The filter mine made traces of shape \(60, 2\) out of \(120, 2\)\."),
        (lambda samples, rate: None, "The filter mine "),
        (fails, r"The filter mine cannot act on the traces: no coefficients\."),
    ],
)
def test_a_filter_that_fails_is_named(act, sentence):
    channels = np.arange(2)
    source = TraceSource(np.zeros((5000, 2), np.int16), 1000.0, channels, channels, None)
    reader = TraceReader(source, {"mine": act})
    with pytest.raises(TracesError, match=sentence):
        reader.read(TraceRequest(0, 100, 1, "mine"))
