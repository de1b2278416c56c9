"""The package: its examples run, its classes are pynapple's, and importing it is cheap."""

import doctest
import importlib
import inspect
import pkgutil
import sys

import pytest

from napari_phy import timeline
from napari_phy.core.errors import TimelineError

MODULES = [module.name for module in pkgutil.iter_modules(timeline.__path__, "napari_phy.timeline.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name):
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0


def test_every_function_has_an_example():
    functions = [function for name in timeline.__all__ if inspect.isfunction(function := getattr(timeline, name))]
    assert len(functions) >= 12
    for function in functions:
        assert doctest.DocTestFinder(recurse=False).find(function, function.__name__)[0].examples, function.__name__


def test_the_classes_are_those_of_pynapple():
    import pynapple

    assert timeline.TimeSeries is pynapple.Ts
    assert timeline.ContinuousData is pynapple.Tsd
    assert timeline.ContinuousFrame is pynapple.TsdFrame
    assert timeline.Epochs is pynapple.IntervalSet
    assert timeline.TimeSeriesGroup is pynapple.TsGroup
    with pytest.raises(AttributeError, match="no attribute 'Tsd'"):
        timeline.Tsd  # noqa: B018


def test_a_missing_pynapple_is_told_in_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynapple", None)
    with pytest.raises(TimelineError) as caught:
        timeline.make_epochs(0, 1)
    assert str(caught.value) == (
        'Time series and epochs need the package pynapple. Install it by pip install "napari-phy[time]".'
    )
