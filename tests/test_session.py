"""One open data set: edits, selection, wizard, saving, and what comes back."""

import enum

import h5py
import numpy as np
import pytest
from soak.small_kwik import make_kwik
from widgets.light_session import light_session

from napari_phy import open_session
from napari_phy.core.errors import ClusteringError, KwikFormatError, MissingDataError, NapariPhyError
from napari_phy.core.progress import CancelledError


@pytest.fixture
def session(kwik_copy):
    with open_session(kwik_copy) as session:
        yield session


def state(session):
    manager = session.manager
    return (
        manager.spike_clusters.tolist(),
        manager.cluster_groups,
        manager.cluster_colors,
        manager.cluster_labels,
    )


def edit(session):
    """Do one edit of each kind; return the state after each."""
    a, b, c, d = session.manager.cluster_ids[:4].tolist()
    states = []
    for call in (
        lambda: session.merge([a, b]),
        lambda: session.split(session.manager.spikes(c)[::3]),
        lambda: session.move([d], "my own"),
        lambda: session.label([d], "note", "axon"),
        lambda: session.recolor([d], "#123456"),
        lambda: session.assign([0, 1, 2], [1, 1, 2]),
        lambda: session.discard(session.manager.cluster_ids[-1:]),
    ):
        call()
        states.append(state(session))
    return states


def test_what_was_saved_comes_back(kwik_copy):
    with open_session(kwik_copy) as session:
        states = edit(session)
        assert session.is_dirty
        assert session.n_unsaved == 7
        session.save()
        assert not session.is_dirty
    with open_session(kwik_copy) as again:
        assert state(again) == states[-1]
        assert not again.is_dirty
        for expected in states[-2::-1]:
            again.undo()
            assert state(again) == expected
        assert again.is_dirty


def test_edits_that_were_not_saved_come_back_and_say_so(kwik_copy):
    before = kwik_copy.read_bytes()
    with open_session(kwik_copy) as session:
        original = state(session)
        states = edit(session)
        session.undo()
    assert kwik_copy.read_bytes() == before
    with open_session(kwik_copy) as again:
        assert state(again) == states[-2]
        assert "6 edits from" in again.messages[-1]
        again.redo()
        assert state(again) == states[-1]
        again.discard_unsaved()
        assert state(again) == original
        assert not again.is_dirty
        for expected in states:
            again.redo()
            assert state(again) == expected


def test_undoing_back_to_the_saved_state_is_clean(session):
    edit(session)
    session.save()
    session.undo()
    assert session.is_dirty
    session.redo()
    assert not session.is_dirty
    session.undo()
    session.move(session.manager.cluster_ids[:1], "noise")
    assert session.is_dirty
    assert session.n_unsaved == 2
    session.undo()
    assert session.is_dirty
    with pytest.raises(NapariPhyError, match="no longer in the history"):
        session.discard_unsaved()


def test_ids_are_never_used_again_also_after_a_restart(kwik_copy):
    with open_session(kwik_copy) as session:
        a, b, c = session.manager.cluster_ids[:3].tolist()
        used = session.merge([a, b]).added[0]
        session.undo()
        second = session.merge([b, c]).added[0]
        session.undo()
    with open_session(kwik_copy) as again:
        third = again.merge([a, c]).added[0]
    assert used < second < third


def test_the_wizard_waits_and_starts_over(session):
    session.start_wizard()
    first = session.selection.clusters
    session.wizard.next_best()
    session.selection.select(session.wizard.place)
    second = session.selection.clusters
    assert second != first
    session.pause_wizard()
    assert session.wizard.is_paused
    assert session.selection.clusters == second
    session.start_wizard()
    assert session.selection.clusters == second
    session.reset_wizard()
    assert session.selection.clusters == first


def test_the_selection_follows_edits(session):
    session.start_wizard()
    best, candidate = session.selection.clusters
    assert session.manager.group(best) == "unsorted"
    merged = session.merge([best, candidate]).added[0]
    assert session.selection.clusters[0] == merged
    assert session.selection.clusters[1] == next(
        other for other, _ in session.similar_to(merged) if session.manager.group(other) not in ("noise", "mua")
    )
    pair = session.selection.clusters
    first, second = session.split(session.manager.spikes(merged)[:10]).added
    assert session.selection.clusters == (first, second)
    session.undo()
    assert session.selection.clusters == pair
    session.undo()
    assert session.selection.clusters == (best, candidate)
    session.redo()
    assert session.selection.clusters == (merged,)
    session.move([merged], "good")
    assert session.selection.clusters[0] != merged
    assert session.manager.group(session.selection.clusters[0]) == "unsorted"
    session.undo()
    assert session.selection.clusters == (merged,)
    kept = session.selection.clusters
    session.label(kept, "note", "x")
    assert session.selection.clusters == kept


def test_edits_made_on_the_manager_are_followed_too(session):
    heard = []
    session.selection.changed.connect(lambda: heard.append(session.selection.clusters))
    a, b = session.manager.cluster_ids[:2].tolist()
    new = session.manager.merge([a, b]).added[0]
    assert heard[-1][0] == new
    assert session.wizard.history == [("merge", [a, b], [new])]


def test_similarity_is_the_cosine_of_mean_masked_features(session):
    clusters = session.manager.cluster_ids.tolist()
    model, manager = session.model, session.manager

    def mean(cluster):
        spikes = manager.spikes(cluster)
        masks = np.repeat(model.masks[spikes].astype(float), model.n_features_per_channel, axis=1)
        return (model.features[spikes].astype(float) * masks).mean(axis=0)

    best = clusters[0]
    expected = {}
    for other in clusters[1:]:
        a, b = mean(best), mean(other)
        expected[other] = a @ b / np.sqrt((a @ a) * (b @ b))
    found = session.similar_to(best)
    assert [value for _, value in found] == sorted((value for _, value in found), reverse=True)
    assert {other: pytest.approx(value, abs=1e-9) for other, value in found} == expected
    assert session.similar_to(10_000) == []


def test_preparing_changes_no_number(kwik_copy):
    with open_session(kwik_copy) as lazy, open_session(kwik_copy, read_only=True) as prepared:
        shares = []
        prepared.prepare(shares.append)
        assert shares[0] == 0
        best = lazy.manager.cluster_ids[0].item()
        assert dict(prepared.similar_to(best)) == {c: pytest.approx(v) for c, v in lazy.similar_to(best)}


def test_a_read_only_session_refuses_edits_and_changes_nothing(kwik_copy):
    with open_session(kwik_copy, read_only=True) as session:
        before = state(session)
        with pytest.raises(NapariPhyError, match="read-only"):
            session.merge(session.manager.cluster_ids[:2])
        with pytest.raises(NapariPhyError, match="read-only"):
            session.save()
        assert state(session) == before
        assert not session.can_save


def test_a_second_session_is_read_only(kwik_copy):
    with open_session(kwik_copy) as first, open_session(kwik_copy) as second:
        assert first.can_save
        assert not second.can_save
        assert any("read-only" in message for message in second.messages)


def test_opening_tells_how_far_it_is_and_leaves_nothing_when_cancelled(kwik_copy):
    told = []
    open_session(kwik_copy, on_progress=told.append).close()
    assert told == sorted(set(told))
    assert (told[0], len(told) > 3, told[-1] < 1) == (0, True, True)
    before = sorted(kwik_copy.parent.rglob("*"))
    for last in told:

        def report(share, last=last):
            if share >= last:
                raise CancelledError

        with pytest.raises(CancelledError):
            open_session(kwik_copy, on_progress=report)
        assert sorted(kwik_copy.parent.rglob("*")) == before
        with open_session(kwik_copy) as again:
            assert not again.store.read_only


def test_without_features_there_is_no_similarity(kwik_copy):
    kwik_copy.with_suffix(".kwx").unlink()
    with open_session(kwik_copy) as session:
        assert session.messages[0] == "sample.kwx is missing: features and similarity are not available."
        session.start_wizard()
        assert len(session.selection.clusters) == 1
        session.merge(session.manager.cluster_ids[:2])
        session.prepare()


def test_wrong_calls_say_why(session, tmp_path):
    with pytest.raises(ClusteringError, match="two or more"):
        session.merge([session.manager.cluster_ids[0]])
    with pytest.raises(KwikFormatError):
        open_session(tmp_path / "nothing.kwik")
    with pytest.raises(MissingDataError, match="no channel group 9"):
        open_session(session.model.path, channel_group=9)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "n_spikes", "n_clusters"), [("hybrid_10sec/hybrid_10sec", 1653, 17), ("klusta_synth32/synth32", 7444, 21)]
)
def test_real_data_are_sorted_saved_and_reopened(data_folder, tmp_path, name, n_spikes, n_clusters):
    import shutil

    source = data_folder / f"{name}.kwik"
    for suffix in (".kwik", ".kwx"):
        shutil.copyfile(source.with_suffix(suffix), tmp_path / f"x{suffix}")
    with open_session(tmp_path / "x.kwik") as session:
        assert session.model.n_spikes == n_spikes
        assert len(session.manager.cluster_ids) == n_clusters
        states = edit(session)
        session.save()
    with open_session(tmp_path / "x.kwik") as again:
        assert state(again) == states[-1]
    assert (tmp_path / "x.kwx").read_bytes() == source.with_suffix(".kwx").read_bytes()


# --- raw data that moved ---


@pytest.fixture
def without_raw(kwik_copy, tmp_path):
    """Return a session without raw data, and the file where they are."""
    (tmp_path / "away").mkdir()
    raw = kwik_copy.with_suffix(".dat").rename(tmp_path / "away" / "other.dat")
    with open_session(kwik_copy) as session:
        yield session, raw


def test_raw_data_that_are_located_are_there_for_everybody(without_raw):
    session, raw = without_raw
    told = []
    session.raw_data_found.connect(lambda: told.append(session.model.traces is not None))
    merged = session.merge(session.manager.cluster_ids[:2]).added[0]
    manager, features, duration = session.manager, session.model.features, session.model.duration
    assert [sentence for sentence in session.messages if "sample.dat" in sentence]
    session.locate_raw(raw)
    assert told == [True]
    assert session.messages == ()
    assert session.manager is manager
    assert session.model.features is features
    assert session.model.duration == pytest.approx(duration, abs=1)
    assert session.model.waveforms[session.manager.spikes(merged)[:3]].any()
    assert len(session.similar_to(merged)) == len(session.manager.cluster_ids) - 1
    session.undo()
    session.save()


def test_a_file_that_cannot_be_the_raw_data_changes_nothing(without_raw):
    session, raw = without_raw
    model, told = session.model, []
    session.raw_data_found.connect(lambda: told.append(True))
    with pytest.raises(MissingDataError, match="no such file"):
        session.locate_raw(raw.with_name("gone.dat"))
    assert session.model is model
    assert told == []


def test_raw_data_found_for_a_clustering_that_was_left_are_not_taken(without_raw):
    session, raw = without_raw
    asked = session.model
    found = asked.with_raw(raw)
    session.copy_clustering("main", "mine")
    session.switch(clustering="mine")
    assert not session.take_raw(asked, found)
    assert session.model.traces is None
    session.switch(clustering="main")
    session.locate_raw(raw)
    assert session.model.traces is not None


def test_undoing_a_merge_brings_the_clusters_back_in_their_order(session):
    first, second, third = session.manager.cluster_ids[[4, 1, 7]].tolist()
    session.selection.select([first, second, third])
    session.merge(session.selection.clusters)
    session.undo()
    assert session.selection.clusters == (first, second, third)
    session.redo()
    session.undo()
    assert session.selection.clusters == (first, second, third)


@pytest.mark.parametrize("n_best", [1, 2])
@pytest.mark.parametrize("which", ["best", "similar", "clusters"])
@pytest.mark.parametrize("act", ["move", "discard", "merge", "label"])
def test_undo_selects_what_was_selected_when_the_edit_was_made(session, which, n_best, act):
    session.selection.select(session.manager.cluster_ids[[4, 1, 7]], n_best=n_best)
    before = session.selection.clusters, session.selection.n_best
    touched = getattr(session.selection, which)
    if act == "merge" and len(touched) < 2:
        touched = session.selection.clusters
    {
        "move": lambda: session.move(touched, "noise"),
        "discard": lambda: session.discard(touched),
        "merge": lambda: session.merge(touched),
        "label": lambda: session.label(touched, "note", 1),
    }[act]()
    session.selection.select(session.manager.cluster_ids[:1])
    session.undo()
    assert (session.selection.clusters, session.selection.n_best) == before


def test_undo_of_an_edit_elsewhere_selects_its_clusters(session):
    first, second, third = session.manager.cluster_ids[[4, 1, 7]].tolist()
    session.selection.select([first])
    session.merge([second, third])
    session.undo()
    assert set(session.selection.clusters) == {second, third}


def test_the_wizard_is_told_of_every_edit_and_of_what_is_undone(session):
    session.start_wizard()
    wizard = session.wizard
    pair = session.selection.clusters
    assert pair == wizard.place
    merged = session.merge(pair).added[0]
    assert session.selection.clusters[0] == wizard.best == merged
    halves = session.split(session.manager.spikes(merged)[::2]).added
    assert wizard.best == halves[0]
    session.move([halves[0]], "good")
    steps = [("merge", sorted(pair), [merged]), ("split", [merged], list(halves)), ("move", [halves[0]], "good")]
    assert [(kind, sorted(clusters), result) for kind, clusters, result in wizard.history] == steps
    assert session.manager.group(wizard.best) == "unsorted"
    session.undo()
    session.undo()
    assert wizard.best == merged
    assert len(wizard.history) == 1
    assert [step[0] for step in wizard.undone] == ["split", "move"]
    session.redo()
    assert [step[0] for step in wizard.history] == ["merge", "split"]
    assert wizard.best == halves[0]


def test_a_review_of_what_was_skipped_selects_it(session):
    session.start_wizard()
    first = session.wizard.best
    session.wizard.next_best()
    session.selection.select(session.wizard.place)
    session.review_skipped()
    assert session.selection.clusters[0] == session.wizard.best == first
    assert session.wizard.skipped == ()


@pytest.fixture
def damaged_features(tmp_path):
    """Return a data set in whose .kwx one chunk of the features cannot be unpacked."""
    path = make_kwik(tmp_path)
    with h5py.File(path.with_suffix(".kwx"), "r+") as kwx:
        values = kwx["/channel_groups/0/features_masks"][:]
        del kwx["/channel_groups/0/features_masks"]
        chunks = (64, *values.shape[1:])
        node = kwx.create_dataset("/channel_groups/0/features_masks", data=values, chunks=chunks, compression="gzip")
        kwx.flush()
        place = node.id.get_chunk_info(2).byte_offset
    content = bytearray(path.with_suffix(".kwx").read_bytes())
    content[place + 10 : place + 60] = bytes(50)
    path.with_suffix(".kwx").write_bytes(content)
    return path


def test_features_that_cannot_be_read_cost_their_spikes_alone(damaged_features):
    with open_session(damaged_features) as session:
        assert any("64 spikes have features" in message for message in session.messages)
        assert np.isnan(session.model.features[128:192]).all()
        assert np.isfinite(session.model.features[:128]).all()
        assert np.isfinite(session.model.features[192:]).all()
        with pytest.raises(KwikFormatError, match="features_masks cannot be read"):
            session.model.features_masks[100:150]
        session.start_wizard()
        before = session.manager.cluster_ids.tolist()
        record = session.merge(before[:2])
        assert session.manager.n_done == 1
        assert session.selection.best == record.added
        assert session.selection.clusters == session.wizard.place
        assert len(session.similar_to(before[4])) == 4
        session.undo()
        session.redo()
        session.split(session.manager.spikes(before[3])[:5])
        session.move([before[4]], "good")
        session.save()
        kept = state(session)
    with open_session(damaged_features) as again:
        assert state(again) == kept


def test_a_listener_that_fails_does_not_fail_the_edit(session, listener_errors):
    heard = []

    def fail():
        raise RuntimeError("the script is wrong")

    for signal in (session.manager.changed, session.selection.changed, session.saved, session.wizard.changed):
        signal.connect(fail, priority=1000)
    session.manager.changed.connect(heard.append)
    first, second = session.manager.cluster_ids[:2].tolist()
    record = session.merge([first, second])
    assert heard == [record]
    assert session.selection.clusters[0] == record.added[0]
    session.undo()
    session.redo()
    session.save()
    assert not session.is_dirty
    assert len(heard) == 3
    assert all("the script is wrong" in error for error in listener_errors)
    assert len(listener_errors) > 3
    listener_errors.clear()


class Grade(enum.IntEnum):
    GOOD = 2


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (np.float32(1.5), 1.5),
        (np.str_("axon"), "axon"),
        (np.int16(4), 4),
        (np.bool_(True), True),
        (Grade.GOOD, 2),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
        (float("inf"), float("inf")),
    ],
)
def test_what_can_be_a_label_comes_back_as_it_was(tmp_path, value, kept):
    path = make_kwik(tmp_path)
    with open_session(path) as session:
        session.label([0], "field", value)
    with open_session(path) as session:
        assert session.n_unsaved == 1
        session.save()
    with open_session(path) as session:
        found = session.manager.cluster_labels["field"][0]
        assert (type(found), found) == (type(kept), kept)


@pytest.mark.parametrize(
    "value",
    [2**63, -(2**63) - 1, 10**4000, b"x", [1], (), 1j, np.longdouble(1), np.datetime64("2020-01-01"), np.zeros(2),
     "a\0b", "\ud800", object()],
)  # fmt: skip
def test_what_no_file_can_hold_is_refused_as_a_label(session, value):
    with pytest.raises(ClusteringError, match=r"^A (label|whole number in a label) [^\n]*\.$"):
        session.label(session.manager.cluster_ids[:1], "field", value)
    assert not session.is_dirty


def test_what_a_session_has_says_what_it_is():
    with light_session() as session:
        assert repr(session) == "<Session memory.kwik: 8 clusters, 1200 spikes>"
        assert repr(session.model) == ("<ArrayModel memory.kwik, channel group 0, main: 1200 spikes, 8 channels, 20 s>")
        session.time.move_to(3.25)
        session.time.set_range(2, 12.5)
        assert repr(session.time) == "<TimeCursor: 3.25 of 20 s, shown 3.125–3.375 s, only spikes of 2–12.5 s>"
        assert repr(session.wizard) == "<Wizard: paused at no cluster, 0 skipped>"
        session.start_wizard()
        assert repr(session.wizard) == f"<Wizard: {' and '.join(map(str, session.wizard.place))}, 0 skipped>"
