"""Clusters that are discarded and brought back, and colours of their own, by keys, menus and after a restart."""

from contextlib import closing

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog

from napari_phy.formats.kwik.model import KwikModel

ALT = Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def test_a_discarded_cluster_is_hidden_and_can_be_brought_back(person, kwik_copy):
    person.open(kwik_copy)
    panel, listed = person.workspace.panels["Clusters"], person.listed()
    gone, kept = listed[:2]
    person.click(gone)
    person.press(Qt.Key.Key_Delete)
    assert gone not in person.listed()
    assert gone not in person.chosen
    person.wait(lambda: person.viewer.status.startswith(f"Discarded {gone}."), "the words")
    person.press(Qt.Key.Key_Z, CONTROL)
    assert person.listed() == listed
    person.click(gone)
    person.press(Qt.Key.Key_Delete)

    person.pick(panel.header.more_button, "Show discarded clusters")
    assert set(person.listed()) == set(listed)
    person.click(gone)
    person.press(Qt.Key.Key_G, ALT)
    person.click(kept)
    person.press(Qt.Key.Key_Delete)
    person.pick(panel.header.more_button, "Show discarded clusters")
    assert set(person.listed()) == set(listed) - {kept}

    person.press(Qt.Key.Key_S, CONTROL)
    person.wait(lambda: not person.session.is_dirty, "the save")
    with closing(KwikModel(kwik_copy)) as saved:
        assert saved.cluster_groups[gone] == "good"
        assert saved.cluster_groups[kept] == "discarded"


def test_a_cluster_gets_a_colour_of_its_own_where_views_colour_by_cluster(person, kwik_copy):
    person.open(kwik_copy)
    person.workspace.board.open("Raster").set_options({"scheme": "cluster"})
    first, second = person.listed()[:2]
    person.click(second)

    def choose(dialog):
        dialog.findChild(QColorDialog).setCurrentColor(QColor("#12ab34"))
        person.click_button(dialog, "Use")

    person.answer(choose)
    person.workspace.controller.run("color")
    assert person.session.manager.color(second) == "#12ab34"
    person.click(first)
    raster = person.workspace.panels["Raster"]
    person.settle()
    assert raster._coloring().colors[second] == "#12ab34"
    person.click(second)
    person.press(Qt.Key.Key_Z, CONTROL)
    assert person.session.manager.color(second) is None
