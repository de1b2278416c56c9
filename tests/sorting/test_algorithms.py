"""Algorithms are found by name; packages add theirs by an entry point."""

import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Annotated

import pytest

from napari_phy import plugins
from napari_phy.core.errors import SettingsError, SortingError
from napari_phy.core.settings import Number, Settings
from napari_phy.sorting import algorithms as registry
from napari_phy.sorting.algorithms import Estimator, algorithm, algorithms, register


@dataclass(frozen=True, slots=True)
class Parameters(Settings):
    level: Annotated[float, Number(title="Level", low=0, high=10, unit="µV")] = 3.0


class Threshold(Estimator):
    key = "threshold"
    title = "Threshold"
    task = "detect"
    parameters_type = Parameters


@pytest.fixture(autouse=True)
def nothing_added(monkeypatch):
    monkeypatch.setattr(registry, "_known", dict(registry._known))
    monkeypatch.setattr(registry, "_loaded", [])


def test_parameters_are_got_set_and_checked():
    estimator = Threshold(level=5)
    assert estimator.get_params() == {"level": 5.0}
    assert Threshold(**estimator.get_params()).parameters == estimator.parameters
    assert estimator.set_params(level=6).parameters.level == 6.0
    assert repr(estimator) == "Threshold(level=6.0)"
    with pytest.raises(SettingsError, match=r"no setting levle. Did you mean level\?"):
        Threshold(levle=5)
    with pytest.raises(SettingsError, match=r"level cannot be 11\. Choose a number from 0 to 10"):
        Threshold(level=11)


def test_an_algorithm_is_found_by_its_key_for_its_task_only():
    register(Threshold)
    assert algorithm("threshold", "detect") is Threshold
    with pytest.raises(SortingError, match="There is no algorithm threshold to cluster spikes"):
        algorithm("threshold", "cluster")


def test_a_key_belongs_to_one_algorithm():
    register(Threshold)
    register(Threshold)
    with pytest.raises(ValueError, match="There is an algorithm threshold already"):
        register(type("Other", (Threshold,), {}))
    with pytest.raises(ValueError, match="needs a key and a title"):
        register(type("Nameless", (Threshold,), {"key": ""}))


def test_packages_add_algorithms_by_an_entry_point(monkeypatch):
    module = ModuleType("a_package_with_a_sorter")
    module.Threshold = Threshold
    monkeypatch.setitem(sys.modules, module.__name__, module)
    found = EntryPoint("threshold", f"{module.__name__}:Threshold", plugins.SORTERS)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [found] if group == plugins.SORTERS else [])
    assert algorithms("detect")["threshold"] is Threshold
