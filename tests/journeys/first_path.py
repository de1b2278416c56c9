"""The way of a first-time user through the sample data set, for a test and for the pictures of the docs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from journeys.person import ALT, CTRL, Person
from qtpy.QtCore import Qt

ALIKE = 0.95  # what the wizard calls more alike than that, and as one train refractory, is taken for one neuron


def take_first_path(person: Person, kwik: Path, picture: Callable[[str], object]) -> None:
    """Merge what was split, split the mixture by a lasso, file all clusters as the wizard comes to them, save.

    Parameters
    ----------
    kwik : a copy of the sample.
    picture : called with a name at each step worth a picture.
    """
    person.open(kwik)
    person.push("wizard")
    wait_for_reasons(person)
    picture("wizard")
    person.press(Qt.Key.Key_G)
    person.press(Qt.Key.Key_G, ALT)

    person.press(Qt.Key.Key_Backspace)  # the mixture alone
    person.lasso(around_one_cloud(person))
    picture("lasso")
    person.press(Qt.Key.Key_K)
    picture("split")
    person.press(Qt.Key.Key_G, CTRL | ALT)

    while not person.session.wizard.is_finished:
        reasons = wait_for_reasons(person)
        if reasons.similarity > ALIKE and reasons.keeps_refractory:
            person.press(Qt.Key.Key_G)
        person.press(Qt.Key.Key_G, ALT)
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not person.session.is_dirty, "the file to be saved")
    picture("saved")


def wait_for_reasons(person: Person) -> Any:
    """Wait until the Wizard dock compares the two selected clusters, and return its reasons."""
    panel, wizard = person.workspace.panels["Wizard"], person.session.wizard

    def is_there() -> bool:
        shown = panel.data is not None and not panel.busy
        return shown and (panel.data.request.best, panel.data.request.candidate) == wizard.place == person.chosen

    person.wait(is_there, "the reasons")
    return panel.data.reasons


def around_one_cloud(person: Person) -> np.ndarray:
    """Return (n, 2) corners of a ring around the selected spikes on one side of the widest gap between two features."""
    data = person.workspace.panels["Features"].data.features
    own = data.places == 0
    points = np.column_stack([data.x[own], data.y[own]])
    apart = points @ np.array([1, -1]) / np.ptp(points)
    order = np.argsort(apart)
    n_few = len(order) // 10
    cut = n_few + int(np.argmax(np.diff(apart[order][n_few:-n_few]))) + 1
    cloud = points[order[:cut]]
    center = np.median(cloud, axis=0)
    cloud = cloud[np.argsort(np.linalg.norm(cloud - center, axis=1))[: -max(1, len(cloud) // 20)]]
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    circle = 3.2 * np.column_stack([np.cos(angles), np.sin(angles)])
    return center + circle @ np.linalg.cholesky(np.cov(cloud.T)).T
