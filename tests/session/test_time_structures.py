"""What a session offers as time structures: units, epochs, events and traces, of a file and of a session in memory."""

from types import MappingProxyType

import numpy as np
import pytest
from widgets.light_session import light_session

from napari_phy import open_session
from napari_phy.core.epoch_list import Epoch
from napari_phy.core.errors import ClusteringError, TimelineError
from napari_phy.core.event_times import EventTimes
from napari_phy.timeline import ContinuousData, rate, restrict


@pytest.fixture
def session(kwik_copy):
    with open_session(kwik_copy) as session:
        yield session


@pytest.fixture
def light():
    with light_session() as session:
        yield session


def test_units_have_the_spikes_of_the_clusters_and_what_the_table_knows(session):
    session.discard(session.manager.cluster_ids[:1].tolist())
    session.label(session.manager.cluster_ids[1:2].tolist(), "note", "axon")
    units = session.units()
    ids = session.manager.cluster_ids[1:].tolist()
    assert units.index.tolist() == ids
    for cluster in ids:
        np.testing.assert_array_equal(units[cluster].t, session.model.spike_times[session.manager.spikes(cluster)])
    assert dict(zip(ids, units["group"], strict=True)) == {one: session.table["group"][one] for one in ids}
    assert dict(zip(ids, units["channel"], strict=True)) == {one: session.table["channel"][one] for one in ids}
    assert rate(units) == pytest.approx({one: session.table["rate"][one] for one in ids})
    assert units["note"].dropna().to_dict() == {ids[0]: "axon"}
    assert units["channel"].dtype.kind == "i"


def test_some_units_follow_edits(session):
    one, other = session.manager.cluster_ids[:2].tolist()
    both = session.merge([one, other]).added[0]
    assert session.units([both]).index.tolist() == [both]
    for gone in ([one], []):
        with pytest.raises(ClusteringError):
            session.units(gone)


def test_recordings_are_epochs(session):
    model = session.model
    recordings = session.epochs["recordings"]
    assert recordings["name"].tolist() == [one.name for one in model.recordings]
    starts = np.array([one.start_sample for one in model.recordings])
    stops = starts + [one.n_samples for one in model.recordings]
    np.testing.assert_array_equal(recordings.values, np.column_stack([starts, stops]) / model.sample_rate)
    assert len(restrict(session.units(), recordings).index) == len(session.manager.cluster_ids)


def test_drawn_epochs_are_there_when_the_file_is_opened_again(kwik_copy):
    with open_session(kwik_copy) as session:
        assert session.epochs.names == ("recordings",)
        session.epochs.add(1.0, 2.5, "run")
        session.epochs.add(4.0, 5.0, "rest")
        assert session.epochs["run"].values.tolist() == [[1, 2.5]]
    with open_session(kwik_copy, read_only=True) as session:
        assert session.epochs.drawn == (Epoch(1.0, 2.5, "run"), Epoch(4.0, 5.0, "rest"))
        session.epochs.remove(session.epochs.drawn[0])
        assert repr(session.epochs) == "<Epochs: 1 recording, 1 rest>"
    with open_session(kwik_copy) as session:
        assert session.epochs.drawn_names == ("run", "rest")
        with pytest.raises(TimelineError, match=r"^There are no epochs walk\. There are recordings, run, rest\.$"):
            session.epochs["walk"]


def events_of(model, **kinds):
    return MappingProxyType(
        {
            name: EventTimes(name, np.array(samples), np.zeros(len(samples), np.int64), values)
            for name, (samples, values) in kinds.items()
        }
    )


def test_events_are_time_series_by_name(light):
    model = light.model
    assert (len(light.events), repr(light.events)) == (0, "<Events: none>")
    lines = {"event_channels": np.array([2, 2, 7]), "eventID": np.array([1, 0, 1])}
    model.events = events_of(model, TTL=([100, 300, 500], lines), light=([10_000, 1_000_000], {}))
    assert list(light.events) == ["TTL", "light", "TTL 2 on", "TTL 2 off", "TTL 7 on"]
    assert light.events["TTL 2 on"].t.tolist() == [100 / model.sample_rate]
    assert light.events["light"].t.tolist() == [10_000 / model.sample_rate, 1_000_000 / model.sample_rate]
    assert light.events.trials("TTL").columns["event_channels"].tolist() == [2, 2, 7]
    assert "TTL 3 on" not in light.events
    with pytest.raises(KeyError):
        light.events["TTL 3 on"]
    with pytest.raises(TimelineError, match=r"^There are no events sound\. There are TTL, light, TTL 2 on,"):
        light.events.trials("sound")


def test_events_can_be_added_and_removed(light):
    told = []
    light.events.changed.connect(lambda: told.append(list(light.events)))
    light.events.add("crossing", [0.5, 0.1], {"size": [2, 1]})
    assert light.events["crossing"].t.tolist() == [0.1, 0.5]
    assert light.events.trials("crossing").columns["size"].tolist() == [1, 2]
    light.events.add("crossing", [0.5, 0.1], {"size": [2, 1]})
    light.events.add("none", [])
    assert len(light.events["none"]) == 0
    light.events.remove("crossing")
    assert told == [["crossing"], ["crossing", "none"], ["none"]]
    light.model.events = events_of(light.model, light=([10], {}))
    for name, times, words in [
        ("light", [1], "The file has events light; choose another name."),
        ("  ", [1], "Events need a name."),
        ("x", [np.nan], "The times of x are to be finite numbers of seconds, in one row."),
    ]:
        with pytest.raises(TimelineError) as caught:
            light.events.add(name, times)
        assert str(caught.value) == words
    with pytest.raises(TimelineError, match=r"^No events light were added\.$"):
        light.events.remove("light")


def test_crossings_of_a_threshold_are_events_with_their_duration(light):
    signal = ContinuousData([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [0, 5, 6, 1, 7, 0])
    light.events.add_crossings("high", signal, above=2)
    assert light.events["high"].t.tolist() == [0.5, 3.5]
    assert light.events.trials("high").columns["duration"].tolist() == [2.0, 1.0]
    light.events.add_crossings("never", signal, above=9)
    assert len(light.events["never"]) == 0


def test_the_starts_of_drawn_epochs_are_events(light):
    told = []
    light.events.changed.connect(lambda: told.append(list(light.events)))
    light.epochs.add(3.0, 4.5, "run")
    light.epochs.add(1.0, 2.0, "run")
    assert light.events["run"].t.tolist() == [1.0, 3.0]
    light.epochs.remove(light.epochs.drawn[0])
    assert light.events.trials("run").columns["duration"].tolist() == [1.5]
    light.epochs.remove(light.epochs.drawn[0])
    assert told == [["run"], ["run"], ["run"], []]
    assert "run" not in light.events


def test_trials_of_a_table_are_events_and_epochs_go_out_as_one(light, tmp_path):
    light.epochs.add(1.0, 2.0, "go")
    light.epochs.add(3.0, 4.5, "stop")
    light.epochs.add(0.5, 0.75, "go")
    light.epochs.write(tmp_path / "task_events.tsv")
    assert light.events.read(tmp_path / "task_events.tsv") == ()
    assert sorted(light.events) == ["go", "stop", "task_events"]
    assert light.events["go"].t.tolist() == [0.5, 1.0]
    trials = light.events.trials("task_events")
    assert trials.columns["trial_type"].tolist() == ["go", "go", "stop"]
    assert light.events.trials("go").columns["duration"].tolist() == [0.25, 1.0]
    light.model.events = events_of(light.model, stop=([10], {}))
    (tmp_path / "task_events.tsv").write_text("onset\ttrial_type\n1\tstop\n2\tgo\nx\tgo\n")
    (sentence,) = light.events.read(tmp_path / "task_events.tsv")
    assert sentence == "task_events.tsv: line 4 is left out; it does not have a number as onset."
    assert list(light.events) == ["stop", "task_events", "go", "stop (task_events)"]


TABLE = "onset\ttrial_type\n1\tgo\n2\tstop\n"


def test_tables_are_read_again_unless_they_are_removed(kwik_copy, caplog):
    table = kwik_copy.with_name("task.tsv")
    table.write_text(TABLE)
    with open_session(kwik_copy) as session:
        session.events.read(table)
        session.events.add("light", [1.0])
        assert list(session.events) == ["task", "go", "stop", "light"]
    with open_session(kwik_copy, read_only=True) as session:
        assert list(session.events) == ["task", "go", "stop"]
        session.events.remove("task")
        assert list(session.events) == []
    table.unlink()
    with open_session(kwik_copy) as session:
        assert list(session.events) == []
        assert "The trials that were read last time are left out. task.tsv cannot be read" in caplog.text
    table.write_text(TABLE)
    with open_session(kwik_copy) as session:
        session.events.remove("stop")
        assert list(session.events) == ["task", "go"]
        session.events.remove("task")
    with open_session(kwik_copy) as session:
        assert list(session.events) == []


def test_traces_are_continuous_data_of_which_a_part_is_read(session):
    traces, model = session.traces, session.model
    assert traces.shape == model.traces.shape
    some = traces.get(1.0, 1.001)
    first = round(model.sample_rate)
    np.testing.assert_array_equal(some.values, model.traces[first : first + len(some)])
    assert len(some) == round(model.sample_rate / 1000) + 1


def test_a_session_without_raw_data_has_no_traces(light):
    light.model.traces = None
    assert light.traces is None
