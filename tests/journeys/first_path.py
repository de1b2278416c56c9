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
    sort_the_rest(person)
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not person.session.is_dirty, "the file to be saved")
    picture("saved")


def take_path_of_keys(person: Person, kwik: Path) -> None:
    """Do the same by keys alone: the mixture is split where the wizard shows a cut of two clouds."""
    person.open(kwik)
    person.press(Qt.Key.Key_W)
    wait_for_reasons(person)
    person.press(Qt.Key.Key_N, ALT)  # by mistake
    person.press(Qt.Key.Key_Z, CTRL)
    person.press(Qt.Key.Key_G)
    person.press(Qt.Key.Key_G, ALT)
    person.press(Qt.Key.Key_Space)  # the candidate of the mixture is not the same
    for _ in range(len(person.listed())):
        if person.session.wizard.cut is not None:
            break
        person.press(Qt.Key.Key_Space)
        person.wait(lambda: not person.workspace.controller.busy, "the cut of a cluster")
        person.settle()
    person.press(Qt.Key.Key_K)
    person.press(Qt.Key.Key_G, ALT)
    sort_the_rest(person)
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not person.session.is_dirty, "the file to be saved")


def sort_the_rest(person: Person) -> None:
    """File all undecided clusters as the wizard comes to them, those together that are alike."""
    while not person.session.wizard.is_finished:
        reasons = wait_for_reasons(person)
        if reasons is not None and reasons.similarity > ALIKE and reasons.keeps_refractory:
            person.press(Qt.Key.Key_G)
        person.press(Qt.Key.Key_G, ALT)


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
