"""A notebook and a napari window show one session: a selection or an edit in one shows in the other."""

from notebook_views import rows, say
from qtpy.QtCore import Qt

import napari_phy
from napari_phy.notebook import ClusterView, CorrelogramsView
from napari_phy.widgets import show_session


def test_both_follow_one_session(person, kwik_copy):
    with napari_phy.open_session(kwik_copy) as session:
        views = ClusterView(session), CorrelogramsView(session)
        assert show_session(session, person.viewer) is person.viewer
        person.wait(lambda: person.session is session, "the workspace")
        person.settle()
        first, second, third = rows(views[0])[:3]

        say(views[0], "select", clusters=[second, third])  # from the notebook to napari
        person.settle()
        panels = person.workspace.panels
        assert panels["Correlograms"].data.cluster_ids.tolist() == [second, third]
        say(views[0], "key", key="G")
        person.settle()
        assert second not in person.listed()

        person.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)  # and back
        assert {second, third} <= set(rows(views[0]))
        person.click(first)
        assert views[0].clusters == views[1].clusters == [first]
        person.filter(f"id == {first}")
        assert rows(views[0]) == [first]
        say(views[0], "filter", text="")
        assert set(person.listed()) == set(rows(views[0])) > {first}

        person.workspace.close_session()  # as when the window is closed
        session.selection.select([second])  # the notebook goes on
        assert views[1].data.cluster_ids.tolist() == [second]
        for view in views:
            view.close()
