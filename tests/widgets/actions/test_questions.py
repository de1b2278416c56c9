"""What dialogs ask of the user: labels, times, ranges of time, colours."""

import pytest
from qtpy.QtCore import QTimer
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QApplication, QColorDialog, QWidget
from widgets.light_session import light_session

from napari_phy.core.cluster_meta import ClusterMeta
from napari_phy.views.typed_values import typed_value
from napari_phy.widgets.actions.questions import LabelDialog, ask_color, ask_label, ask_range, ask_time
from napari_phy.widgets.base.theme import tokens


@pytest.fixture
def session():
    with light_session() as session:
        session.selection.select([2, 3])
        yield session


@pytest.fixture
def parent(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def dialog(qtbot, session):
    made = LabelDialog(session, tokens("dark"))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def typed(dialog):
    values = dialog.values
    return values["field"], typed_value(values["value"])


def answer(**values):
    """Fill the next dialog in, and press its button."""

    def fill():
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            QTimer.singleShot(20, fill)
            return
        for name, text in values.items():
            native = dialog.fields[name].native
            (native.setCurrentText if hasattr(native, "setCurrentText") else native.setText)(text)
        dialog.act_button.click()
        dialog.reject()  # where the button did not close it

    QTimer.singleShot(20, fill)


def test_a_label_is_not_named_like_a_column_of_the_list(dialog):
    field = dialog.fields["field"].native
    field.setCurrentText("spikes ")
    assert dialog.problem_label.text() == '"spikes" is a column of the list: choose another name.'
    assert not dialog.act_button.isEnabled()
    field.setCurrentText("spikes2")
    assert not dialog.problem_label.isVisible()
    assert dialog.act_button.isEnabled()


@pytest.mark.parametrize(
    ("value", "shown"), [(True, "true"), ("true", '"true"'), (12, "12"), ("12", '"12"'), (0.1, "0.1"), ("axon", "axon")]
)
def test_the_value_that_is_there_is_shown_as_it_would_be_typed(qtbot, value, shown):
    with light_session() as session:
        session.selection.select([2, 3])
        session.label([2, 3], "note", value)
        dialog = LabelDialog(session, tokens("dark"))
        qtbot.addWidget(dialog)
        assert dialog.fields["value"].value == shown
        assert typed(dialog) == ("note", value)
        assert type(typed(dialog)[1]) is type(value)


def test_a_label_of_a_file_that_is_named_like_a_column_can_be_taken_away(qtbot):
    with light_session() as session:
        session.manager._meta = ClusterMeta(labels={"rate": {2: "fast"}})
        session.selection.select([2])
        dialog = LabelDialog(session, tokens("dark"))
        qtbot.addWidget(dialog)
        assert typed(dialog) == ("rate", "fast")
        assert not dialog.act_button.isEnabled()
        dialog.fields["value"].native.clear()
        assert dialog.act_button.isEnabled()


def test_a_label_is_given_and_taken_away(session, parent):
    answer(field="quality", value="fine")
    ask_label(session, tokens("dark"), parent)
    assert session.manager.cluster_labels == {"quality": {2: "fine", 3: "fine"}}
    answer(field="quality", value="")
    ask_label(session, tokens("dark"), parent)
    assert not session.manager.cluster_labels.get("quality")


def test_a_time_or_a_spike_is_gone_to(session, parent):
    answer(place="0:00.2")
    ask_time(session, tokens("dark"), parent)
    assert session.time.time_s == pytest.approx(0.2)
    answer(place="#1")
    ask_time(session, tokens("dark"), parent)
    assert session.selection.spikes.tolist() == [1]
    answer(place="#99999999")
    ask_time(session, tokens("dark"), parent)
    assert session.selection.spikes.tolist() == [1]


def test_a_range_of_time_has_two_ends(session, parent):
    duration_s = session.time.duration_s
    answer(start_s="0.1", stop_s=f"{duration_s / 2:.3f}")
    ask_range(session, tokens("dark"), parent)
    wanted = pytest.approx((0.1, duration_s / 2), abs=1e-3)
    assert session.time.range_s == wanted
    for start_s, stop_s in (("0.4", "0.2"), (f"{duration_s:.3f}", f"{duration_s + 1:.3f}"), ("", "1")):
        answer(start_s=start_s, stop_s=stop_s)
        ask_range(session, tokens("dark"), parent)
        assert session.time.range_s == wanted


def test_a_range_of_time_can_be_kept_as_an_epoch(session, parent):
    answer(start_s="0.1", stop_s="0.3", name="run")
    ask_range(session, tokens("dark"), parent)
    assert session.time.range_s == pytest.approx((0.1, 0.3))
    (epoch,) = session.epochs.drawn
    assert (epoch.start_s, epoch.stop_s, epoch.name) == (0.1, 0.3, "run")


def test_a_colour_is_given(session, parent):
    def pick():
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            QTimer.singleShot(20, pick)
            return
        dialog.findChild(QColorDialog).setCurrentColor(QColor("#12ab34"))
        dialog.act_button.click()

    QTimer.singleShot(20, pick)
    ask_color(session, tokens("dark"), parent)
    assert [session.manager.color(cluster) for cluster in (2, 3)] == ["#12ab34"] * 2
