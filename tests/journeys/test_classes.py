"""Automatic classes are looked at, one threshold is changed, and what nobody decided is moved in one edit."""

import pytest

pytestmark = pytest.mark.usefixtures("quick_disk")


def test_clusters_are_moved_by_class_after_a_look_at_the_counts(person, kwik_copy):
    person.open(kwik_copy)
    session = person.session
    first = session.manager.cluster_ids[0].item()
    session.move([first], "mine")
    before = dict(session.manager.cluster_groups)
    asked = []

    def look_and_move(dialog):
        asked.append(dialog.explanation.text())
        dialog.accept()

    person.answer(look_and_move)
    person.workspace.controller.run("move_by_class")
    panel = person.workspace.panels["Classes"]
    person.wait(lambda: asked and not panel.busy, "the question how many move")
    assert "move: " in asked[0]
    classes = panel.data.classes
    groups = {cluster: session.manager.group(cluster) for cluster in classes}
    moved = [cluster for cluster in classes if before.get(cluster, "unsorted") == "unsorted"]
    assert {cluster: groups[cluster] for cluster in moved} == {cluster: classes[cluster] for cluster in moved}
    assert session.manager.group(first) == "mine"
    assert not any(session.manager.group(cluster) == "unsorted" for cluster in classes)
    person.workspace.controller.run("undo")
    assert dict(session.manager.cluster_groups) == before
