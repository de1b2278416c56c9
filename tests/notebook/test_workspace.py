"""All views in one arrangement, which is kept; and pages of them."""

import hashlib
import json
import re
from importlib.resources import files

import traitlets

from napari_phy import open_session
from napari_phy.notebook import Workspace, export_html
from napari_phy.notebook.page import state_of


def test_a_session_has_a_notebook_of_all_views(session):
    made = session.notebook()
    assert isinstance(made, Workspace)
    assert [view.title for view in made.views] == [
        "Clusters", "Features", "Waveforms", "Correlograms", "Traces", "Similarity", "Grid", "Probe",
    ]  # fmt: skip
    session.selection.select([int(session.manager.cluster_ids[0])])
    assert all(view.clusters == made.clusters for view in made.views)
    assert state_of(made)["views"] == [f"IPY_MODEL_{view.model_id}" for view in made.views]


def test_an_arrangement_is_kept_for_the_next_time(session, path):
    session.notebook().arrangement = {"panels": {"Clusters": {}}}
    session.close()
    with open_session(path) as again:
        assert again.notebook().arrangement == {"panels": {"Clusters": {}}}


def test_an_arrangement_that_is_too_large_is_not_kept(session):
    made = session.notebook()
    before = session.notebook().arrangement
    made.arrangement = {"panels": "x" * 200_000}
    assert "too large" in made.status
    assert session.notebook().arrangement == before


def test_closing_it_closes_all_views(session):
    made = session.notebook()
    view = made.views[1]
    made.close()
    picture = view.picture
    session.selection.select([int(session.manager.cluster_ids[1])])
    assert view.picture is picture


def test_a_page_has_all_of_it_and_asks_for_nothing(session, tmp_path):
    session.selection.select(session.manager.cluster_ids[:2].tolist())
    text = export_html(session.notebook(), tmp_path / "all.html").read_text(encoding="utf-8")
    assert len(text) < 5 * 2**20
    assert "default-src 'none'" in text
    assert "connect-src" not in text
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text)[1])
    assert len(data["views"]) == 9
    assert data["roots"] == [data["views"][0]["id"]]


def test_what_is_not_ours_is_as_it_was_published():
    vendor = files("napari_phy.notebook") / "static" / "vendor"
    ((name, version, told),) = re.findall(
        r"\| `(\S+)` \| .*? \| ([\d.]+) \| .*? \| `(\w+)` \|", (vendor / "README.md").read_text()
    )
    content = (vendor / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == told
    assert f"@version {version}".encode() in content
    assert "MIT License" in (vendor / "dockview-core.LICENSE.md").read_text()


def test_two_workspaces_are_linked(session, path):
    with open_session(path, read_only=True) as other:
        mine, theirs = session.notebook(), other.notebook()
        traitlets.link((mine, "clusters"), (theirs, "clusters"))
        session.selection.select([int(session.manager.cluster_ids[1])])
        assert other.selection.clusters == session.selection.clusters
