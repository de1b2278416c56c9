"""The algorithms that detect and cluster spikes: our own, and those that packages and scripts register."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any, ClassVar, Literal, Self, TypeVar

from napari_phy.core.errors import SortingError
from napari_phy.core.sentences import listed
from napari_phy.core.settings import Settings
from napari_phy.plugins import SORTERS, load_entry_points

logger = logging.getLogger(__name__)

Task = Literal["detect", "cluster", "refine"]


class Estimator:
    """Base of algorithms, in the manner of scikit-learn: made of parameters, `fit` to data, results end in `_`.

    A subclass that detects has `fit(traces, reporter, executor)` and then `groups_`; one that clusters has `labels_`.

    Parameters
    ----------
    **parameters : object
        Those of `parameters_type`.

    Attributes
    ----------
    key : str
        Name in `algorithm=…`.
    title : str
        Name in menus.
    task : {"detect", "cluster", "refine"}
        What it is for.
    parameters_type : type of Settings
        The frozen class of its parameters, with their units and bounds.
    not_from_files : frozenset of str
        Parameters that mean something else in klusta's files, so that their values there are not used.
    goes_on : bool
        Of one that detects: whether `fit` into a folder of an earlier run that was ended goes on from what is there.

    Raises
    ------
    SettingsError
        There is no such parameter, or it is out of bounds.
    """

    key: ClassVar[str] = ""
    title: ClassVar[str] = ""
    task: ClassVar[Task]
    parameters_type: ClassVar[type[Settings]]
    not_from_files: ClassVar[frozenset[str]] = frozenset()
    goes_on: ClassVar[bool] = False

    def __init__(self, **parameters: Any) -> None:
        for name in parameters:
            self.parameters_type.check_name(name)
        self.parameters = self.parameters_type(**parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return {name: value} of the parameters."""
        return asdict(self.parameters)

    def set_params(self, **parameters: Any) -> Self:
        """Set some parameters."""
        self.parameters = self.parameters.changed(**parameters)
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.get_params().items())})"


E = TypeVar("E", bound=type[Estimator])
_known: dict[tuple[Task, str], type[Estimator]] = {}
_loaded: list[bool] = []


def register(estimator: E) -> E:
    """Offer an algorithm by its `key` for its `task`; a decorator of a subclass of `Estimator`.

    A package names the class in the group `napari_phy.sorters` of its entry points instead.

    Raises
    ------
    ValueError
        It has no key or title, or another algorithm has its key.
    """
    if not estimator.key or not estimator.title:
        raise ValueError(f"{estimator.__name__} needs a key and a title.")
    known = _known.setdefault((estimator.task, estimator.key), estimator)
    if known.__qualname__ != estimator.__qualname__ or known.__module__ != estimator.__module__:
        raise ValueError(f"There is an algorithm {estimator.key} already: call it otherwise.")
    _known[estimator.task, estimator.key] = estimator
    return estimator


def algorithms(task: Task) -> dict[str, type[Estimator]]:
    """Return {key: class} of the algorithms for a task; what packages offer is imported when this is first asked."""
    if not _loaded:
        _loaded.append(True)
        for name, found in load_entry_points(SORTERS, "sorter").items():
            try:
                register(found)
            except (ValueError, AttributeError) as error:
                logger.warning("The sorter %s cannot be used: %s", name, error)
    return {key: estimator for (of, key), estimator in _known.items() if of == task}


def algorithm(key: str, task: Task) -> type[Estimator]:
    """Return the class of an algorithm.

    Raises
    ------
    SortingError
        There is none of that name for the task.
    """
    known = algorithms(task)
    if key not in known:
        raise SortingError(f"There is no algorithm {key} to {task} spikes; there is {listed(known)}.")
    return known[key]
