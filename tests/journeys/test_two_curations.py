"""Two people sort the same spikes: one opens what the other did, walks through it, takes it over and saves."""

import shutil

import numpy as np
import pytest
from journeys.person import LEFT
from qtpy.QtTest import QTest
from stats.three_clusterings import sets_of

from napari_phy import open_session

pytestmark = pytest.mark.usefixtures("quick_disk")


def push(person, button):
    assert button.isVisible()
    QTest.mouseClick(button, LEFT, pos=button.rect().center())
    person.settle()


def test_what_another_person_did_is_walked_through_and_taken_over(person, kwik_copy, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for suffix in (".kwik", ".kwx"):
        shutil.copy(kwik_copy.with_suffix(suffix), other)
    theirs = other / kwik_copy.name
    with open_session(theirs) as session:
        first, second, third, fourth = session.manager.cluster_ids[:4].tolist()
        session.merge([first, second])
        session.save()
        session.split(session.manager.spikes(third)[::2])
        session.move([fourth], "noise")
        expected = sets_of(session.manager)

    person.open(kwik_copy)
    person.session.move([fourth], "mua")
    person.pick(person.workspace.panels["Clusters"].header.more_button, "Compare…")
    panel = person.workspace.panels["Compare"]
    person.wait(lambda: panel.stack.page.isVisible() and panel.stack.page.buttons, "the offer")
    person.answer(lambda dialog: person.choose_file(dialog, theirs))
    push(person, panel.stack.page.buttons[0])
    person.wait(lambda: panel.data is not None and not panel.busy, "the comparison")
    assert person.titles == ["Second curation"]
    page = panel.page
    assert [one.changed_by for one in panel.data.compared.differences] == ["theirs", "theirs", "both"]

    push(person, page.next)
    merged = page.table.chosen_difference
    assert set(person.chosen) == set(merged.ours)
    push(person, page.take)
    push(person, page.next)
    push(person, page.take)
    assert not page.take.isEnabled()
    push(person, page.next)  # the conflict
    assert person.chosen == (fourth,)
    push(person, page.keep)
    assert page.keep.text() == "Reconsider"
    assert person.session.manager.group(fourth) == "mua"
    push(person, page.take)
    assert sets_of(person.session.manager) == expected
    assert page.agreement.text().startswith("Agreement 100 %")
    assert page.table.differences.rowCount() == 0

    person.push("undo")
    assert person.session.manager.group(fourth) == "mua"
    person.push("redo")
    person.push("save")
    person.session.compare_with(clustering="original")
    person.settle()
    assert panel.stack.caption.text().startswith(f"yours ({len(expected)}) and original ")
    with open_session(theirs, read_only=True) as session:
        assert session.manager.n_done == 0
    with open_session(kwik_copy, read_only=True) as session:
        assert sets_of(session.manager) == expected
        assert np.unique(session.manager.spike_clusters).tolist() == session.manager.cluster_ids.tolist()
