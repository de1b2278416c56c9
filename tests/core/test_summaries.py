"""Notebooks show objects as small tables in which no text of a file acts on the page."""

import html as escaping
from html.parser import HTMLParser

import numpy as np
import pytest
from hostile import NAME, PICTURE, make_hostile
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.html import Html, as_html, summary, table
from napari_phy.core.selection import Selection
from napari_phy.core.update_info import UpdateInfo
from napari_phy.sorting.job import Job

ALLOWED = {
    "circle", "details", "div", "path", "polygon", "progress", "rect", "span", "strong", "summary", "svg", "table",
    "tbody", "td", "text", "th", "thead", "title", "tr",
}  # fmt: skip
VOID = {"circle", "path", "polygon", "rect"}


class Page(HTMLParser):
    """Checks that tags are allowed and closed in order, and collects the text."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts, self.tags = [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, tag
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]
        self.tags.append(tag)
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return "|".join(self.texts)


def shown(thing):
    return Page(thing._repr_html_()).text


def manager():
    made = ClusterManager(np.repeat([3, 5, 9], [20, 12_345, 7]), {3: "good", 9: "noise"})
    made.label([5], "note", PICTURE)
    return made


def test_a_clustering_shows_its_largest_clusters_first():
    text = shown(manager())
    assert text.index("|5|unsorted|12\u2009345") < text.index("|3|good|20") < text.index("|9|noise|7")
    assert "1 good, 1 noise, 1 unsorted" in text
    assert repr(manager()) == "<ClusterManager: 3 clusters, 12\u2009372 spikes>"


def test_of_many_clusters_the_rest_is_counted():
    page = Page(ClusterManager(np.arange(500))._repr_html_())
    assert page.tags.count("tr") < 20
    assert "and 488 more clusters" in page.text


def test_a_selection_shows_clusters_in_order_and_survives_their_end():
    clusters = manager()
    selection = Selection(clusters)
    assert "No cluster is selected." in shown(selection)
    assert repr(selection) == "<Selection: no cluster>"
    selection.select([9, 3], n_best=1)
    selection.select_spikes([0, 1])
    text = shown(selection)
    assert text.index("|9|best|noise") < text.index("|3|similar|good")
    assert repr(selection) == "<Selection: clusters 9 and 3, 2 spikes>"
    clusters.merge([3, 9])
    assert "No cluster is selected." in shown(selection)


def test_an_edit_says_what_became_of_which_clusters():
    clusters = manager()
    merged = clusters.merge([3, 5])
    assert repr(merged) == "<UpdateInfo merge: 3 and 5 → 10>"
    assert repr(merged.inverse()) == "<UpdateInfo undo of merge: 10 → 3 and 5>"
    assert "3 and 5" in shown(merged)
    moved = clusters.move([9], "good")
    assert repr(moved) == "<UpdateInfo move: 9: group noise → good>"
    assert "|9|group|noise|good" in shown(moved)
    assert "axon" in shown(clusters.add_group("axon"))
    assert repr(UpdateInfo("split", spike_ids=np.arange(10**6))) == "<UpdateInfo split>"


def test_a_job_shows_how_far_it_is_and_what_it_said_last():
    def work(reporter):
        reporter.say(NAME)
        return 1

    job = Job(f"sorting {NAME}", work)
    job.result(10)
    page = Page(job._repr_html_())
    assert "progress" in page.tags
    assert "100%" in page.text
    assert "canary" in page.text


@pytest.fixture
def session(tmp_path):
    with open_session(make_kwik(tmp_path)) as opened:
        yield opened


def test_a_session_shows_what_is_open_and_what_is_unsaved(session):
    ids = session.manager.cluster_ids[:2].tolist()
    session.selection.select(ids)
    assert "unsaved" not in shown(session)
    session.move(ids[:1], "good")
    text = shown(session)
    assert "|unsaved edits|1" in text
    assert session.name in text
    assert f"{len(session.manager.cluster_ids)} (" in text


def test_a_model_shows_what_it_has_and_lacks_and_its_probe(session):
    page = Page(session.model._repr_html_())
    assert {"svg", "details"} <= set(page.tags)
    assert "KwikModel" in page.text
    for sentence in session.model.missing:
        assert sentence in page.text


def test_the_wizard_shows_its_place_and_its_steps(session):
    assert "paused" in shown(session.wizard)
    session.start_wizard()
    session.move([session.wizard.best], "good")
    text = shown(session.wizard)
    assert "proposes" in text
    assert "|move|" in text


def test_no_name_of_a_file_acts_on_the_page(tmp_path):
    with open_session(make_hostile(tmp_path)) as opened:
        opened.selection.select([0, 1, 2])
        update = opened.label([0], "note", PICTURE)
        for thing in (opened, opened.model, opened.manager, opened.selection, opened.wizard, update):
            text = shown(thing)
            assert "\x1b" not in text + repr(thing)
            assert "\u202e" not in text + repr(thing)


@pytest.mark.parametrize("text", [NAME, "a & b", "<script>", '"', "'", "x" * 1000, 12_345, None])
def test_a_text_comes_back_from_html_as_it_is_seen(text):
    seen = escaping.unescape(as_html(text))
    assert len(seen) <= 400 + 5 * len(NAME)
    assert Page(summary("t", {"name": text}, table(["a"], [(text,)]), notes=[str(text)], subtitle=text)).open == []
    assert as_html(Html("<b>")) == "<b>"
