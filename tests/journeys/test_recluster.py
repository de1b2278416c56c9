"""Two clusters that were merged by mistake are found again by clustering their spikes anew."""

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("quick_disk")


def merged(person):
    """Merge the two largest clusters; return the spikes of each, and the new cluster."""
    session = person.session
    manager = session.manager
    two = sorted(manager.cluster_ids.tolist(), key=manager.n_spikes)[-2:]
    spikes = [manager.spikes(one).copy() for one in two]
    (new,) = session.merge(two).added
    session.selection.select([new])
    return spikes, new


def test_a_cluster_is_divided_after_a_look_and_not_without(person, kwik_copy):
    person.open(kwik_copy)
    session, controller = person.session, person.workspace.controller
    spikes, new = merged(person)
    asked, shown, colored = [], [], []

    features = person.workspace.panels["Features"]

    def look_and_leave(dialog):
        person.wait(lambda: features.canvas.clusters == (0, 1) or len(features.canvas.clusters) > 2, "the colours")
        colored.append((features.canvas.clusters, [entry.text for entry in features.legend_entries()]))
        shown.append((dialog.question.text(), dialog.explanation.text(), session.selection.spikes.copy()))
        dialog.reject()

    def begin(dialog):
        asked.append(dialog.question.text())
        dialog.fields["at_least"].value = 2
        person.answer(look_and_leave)
        dialog.accept()

    person.answer(begin)
    controller.run("recluster")
    person.wait(lambda: shown and controller.work.job is None, "the preview")
    assert asked == [f"Cluster the spikes of {new} anew"]
    question, explanation, selected = shown[0]
    assert question.startswith(f"{new} would be ")
    assert question.endswith(" clusters")
    assert "Features shows each in a colour of its own." in explanation
    parts, names = colored[0]
    assert question == f"{new} would be {len(parts)} clusters"
    assert names[0].endswith(" spikes")
    person.wait(lambda: features.canvas.clusters == (new,), "the colours of clusters")
    assert 0 < len(selected) < sum(map(len, spikes))
    assert new in session.manager
    assert not len(session.selection.spikes)
    assert session.selection.clusters == (new,)

    def begin_and_apply(dialog):
        dialog.fields["at_least"].value = 2
        person.answer(lambda preview: preview.accept())
        dialog.accept()

    person.answer(begin_and_apply)
    controller.run("recluster")
    person.wait(lambda: new not in session.manager, "the edit")
    added = sorted(set(session.manager.spike_clusters[np.concatenate(spikes)].tolist()))
    assert len(added) >= 2
    assert set(session.selection.clusters) == set(added)
    controller.run("undo")
    assert new in session.manager
