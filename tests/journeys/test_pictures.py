"""Somebody takes views out of the program: by ⋯ > Save picture… and Copy picture."""

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication
from widgets.svg_reading import Svg, colors_of

from napari_phy.core.colors import selection_color

BEST = selection_color(0, dark=False)


@pytest.fixture
def person(person, kwik_copy, own_dialogs):
    person.open(kwik_copy)
    person.settle()
    return person


@pytest.fixture
def said(person):
    words = []
    for panel in person.workspace.panels.values():
        if hasattr(panel, "pictures"):
            panel.pictures.said.connect(words.append)
    return words


def test_features_are_saved_as_svg_and_copied(person, said, tmp_path):
    person.click(person.listed()[0])
    panel = person.workspace.panels["Features"]
    path = tmp_path / "features.svg"
    person.answer(lambda dialog: person.choose_file(dialog, path))
    person.pick(panel.header.more_button, "Save picture…")
    svg, data = Svg(path.read_bytes()), panel.data.features
    dots = [mark.points[0] - (0, 28) for mark in svg.all("circle", BEST) if mark.clip]
    wanted = panel.frame.to_px(np.column_stack([data.x, data.y])[data.places == 0])
    inside = [panel.frame.contains(*point) for point in wanted.tolist()]
    assert len(dots) >= sum(inside) > 50
    assert person.titles == ["Save picture"]
    person.pick(panel.header.more_button, "Copy picture")
    assert said == ["Saved features.svg.", "Copied Features."]
    copied = colors_of(QApplication.clipboard().image())
    assert copied.shape[:2] == (2 * svg.size[1], 2 * svg.size[0])
    x, y = np.rint(2 * (dots[-1] + (0, 28))).astype(int)
    assert copied[y, x, 2] > copied[y, x, 0] + 40  # blue


def test_a_place_that_cannot_be_written_to_is_refused_and_nothing_is_left(person, said, notes, tmp_path):
    panel = person.workspace.panels["Traces"]
    path = tmp_path / "traces.pdf"
    person.answer(lambda dialog: person.choose_file(dialog, path))
    person.pick(panel.header.more_button, "Save picture…")
    assert [note.message for note in notes] == ["Could not save traces.pdf: a picture's name ends in .png or .svg."]
    assert said == []
    assert not [place for place in tmp_path.iterdir() if "traces" in place.name]
    person.answer(lambda dialog: person.choose_file(dialog, tmp_path / "traces.png"))
    person.pick(panel.header.more_button, "Save picture…")
    assert (tmp_path / "traces.png").read_bytes().startswith(b"\x89PNG")
    assert said == ["Saved traces.png."]
