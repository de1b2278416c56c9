"""What is raised while a widget paints ends no program: the panel around it says so, once."""

import logging
import re
from pathlib import Path

import pytest
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget
from widgets.light_session import light_session

import napari_phy
from napari_phy.widgets.base.message_page import MessagePage
from napari_phy.widgets.base.painting import painter_on
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.lists.table import ClusterDelegate
from napari_phy.widgets.panels import painted_panel
from napari_phy.widgets.plots.overlay import Overlay

LOGGER = "napari_phy.widgets.base.painting"
CAUSE = "The ink is dry."


class PaintingPanel(painted_panel.PaintedPanel):
    """Its painter may raise in the midst of what it paints."""

    title = "Painting"
    failed = "The picture could not be drawn."

    def make_content(self):
        self.is_dry, self.n_painted = True, 0
        return super().make_content()

    def make_request(self):
        return self.clusters

    def compute(self, session, request, on_progress):
        return request

    def paint_picture(self, painter, size, theme):
        self.n_painted += 1
        painter.save()
        if self.is_dry:
            raise ValueError(CAUSE)
        painter.restore()


class Told(QWidget):
    """Stands for a panel whose picture stays in sight."""

    title = "Told"

    def __init__(self, picture):
        super().__init__()
        self.errors = []
        QVBoxLayout(self).addWidget(picture)

    def show_error(self, error):
        self.errors.append(error)


@pytest.fixture
def session():
    made = light_session()
    yield made
    made.close()


def shown(qtbot, widget):
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def offered(page):
    return {button.text(): button for button in page.buttons}


def repaint(widget, n=5):
    for _ in range(n):
        widget.update()
        QApplication.processEvents()


def test_a_view_whose_painter_raises_shows_the_error_once_with_its_details(qtbot, session, caplog):
    panel = shown(qtbot, PaintingPanel(session))
    qtbot.waitUntil(lambda: "Try again" in offered(panel.stack.page))
    assert not panel.stack.shows_picture
    n_painted = panel.n_painted
    repaint(panel)
    assert panel.n_painted == n_painted == len([r for r in caplog.records if r.name == LOGGER])
    assert CAUSE in panel.stack.page.explanation.text()
    QApplication.clipboard().clear()
    offered(panel.stack.page)["Copy details"].click()
    details = QApplication.clipboard().text()
    assert "paint_picture" in details
    assert details.strip().endswith(f"ValueError: {CAUSE}")


def test_trying_again_tells_again_or_shows_the_picture(qtbot, session, caplog):
    panel = shown(qtbot, PaintingPanel(session))
    for n_told in (1, 2):
        qtbot.waitUntil(lambda: "Try again" in offered(panel.stack.page) and not panel.stack.shows_picture)
        assert len([r for r in caplog.records if r.name == LOGGER]) == n_told
        panel.is_dry = n_told == 1
        offered(panel.stack.page)["Try again"].click()
        qtbot.waitUntil(lambda n=n_told: panel.n_painted == n + 1)
    repaint(panel)
    assert panel.stack.shows_picture
    assert panel.n_painted > 3


def test_what_stays_in_sight_is_told_of_once(qtbot, caplog):
    def paint(painter):
        raise ValueError(CAUSE)

    below = QStackedWidget()
    panel = shown(qtbot, Told(below))
    overlay = Overlay(below, paint)
    overlay.show()
    repaint(panel)
    qtbot.waitUntil(lambda: [str(error) for error in panel.errors] == [CAUSE])
    assert [record.getMessage() for record in caplog.records if record.name == LOGGER] == [
        "Overlay could not be painted."
    ]


def test_a_widget_without_a_panel_is_logged_once(qtbot, caplog):
    window = shown(qtbot, QWidget())
    overlay = Overlay(window, lambda painter: painter.no_such_thing())
    overlay.show()
    qtbot.waitUntil(lambda: any(record.name == LOGGER for record in caplog.records))
    repaint(window)
    assert len([record for record in caplog.records if record.name == LOGGER]) == 1


def test_cells_that_cannot_be_painted_give_way_to_the_error_of_their_list(qtbot, session, caplog, monkeypatch):
    panel = shown(qtbot, ClustersPanel(session))
    repaint(panel)
    assert panel.list.isVisible()

    def paint_cell(self, painter, option, index):
        painter.save()
        raise ValueError(CAUSE)

    with monkeypatch.context() as patched:
        patched.setattr(ClusterDelegate, "paint_cell", paint_cell)
        panel.list.viewport().update()
        qtbot.waitUntil(lambda: not panel.list.isVisible())
        repaint(panel)
    records = [record for record in caplog.records if record.name == LOGGER]
    assert [(record.levelno, record.getMessage()) for record in records] == [
        (logging.ERROR, "A cell of ClusterList could not be painted.")
    ]
    page = panel.findChild(MessagePage)
    assert CAUSE in page.explanation.text()
    offered(page)["Try again"].click()
    qtbot.waitUntil(panel.list.isVisible)


def test_a_painter_ends_though_something_is_raised():
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    painters = []

    def paint():
        with painter_on(image) as painter:
            painters.append(painter)
            raise ValueError(CAUSE)

    with pytest.raises(ValueError, match="ink"):
        paint()
    assert not painters[0].isActive()
    assert not image.paintingActive()


def test_each_painter_of_ours_ends_in_any_case():
    package = Path(napari_phy.__file__).parent
    sources = {path.name: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    assert {name for name, source in sources.items() if re.search(r"= QPainter\(", source)} == {
        "painting.py",
        "figure.py",
    }
