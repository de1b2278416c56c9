"""Lists of clusters: what is written is read, groups beside them too, and what is no such list is refused in words."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_phy.core.errors import ClusteringError
from napari_phy.formats.cluster_lists import is_cluster_list, read_cluster_list

SAMPLES = np.arange(6) * 100
CLUSTERS = [3, 3, 7, 9, 7, 3]


def check(found, groups=None):
    assert found.spike_clusters.tolist() == CLUSTERS
    assert dict(found.cluster_groups) == (groups or {})


def test_a_folder_of_phy_is_read_with_its_groups(tmp_path):
    np.save(tmp_path / "spike_clusters.npy", np.array(CLUSTERS, dtype=np.int32)[:, None])
    check(read_cluster_list(tmp_path, SAMPLES))
    np.save(tmp_path / "spike_times.npy", SAMPLES.astype(np.uint64))
    (tmp_path / "cluster_group.tsv").write_text("cluster_id\tgroup\n3\tgood\n7\tMUA\n9\tunsorted\n55\tnoise\nx\tgood\n")
    check(read_cluster_list(tmp_path, SAMPLES), {3: "good", 7: "mua"})
    check(read_cluster_list(tmp_path / "spike_clusters.npy", SAMPLES), {3: "good", 7: "mua"})
    np.save(tmp_path / "spike_times.npy", SAMPLES + np.array([0, 1, 0, 0, 1, 0]))
    with pytest.raises(ClusteringError, match="2 of 6 spikes at other samples"):
        read_cluster_list(tmp_path, SAMPLES)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(map(str, CLUSTERS)),
        "cluster\n" + "\n".join(map(str, CLUSTERS)) + "\n\n",
        "\ufeffTime;Cluster\r\n" + "".join(f"0,5;{one}\r\n" for one in CLUSTERS),
        "sample,cluster\n" + "".join(f"1,{one}.0\n" for one in CLUSTERS),
    ],
)
def test_a_table_is_read_with_groups_beside_it(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    check(read_cluster_list(path, SAMPLES))
    (tmp_path / "mine.groups.tsv").write_text("3\tgood\n9\tnoise\n")
    check(read_cluster_list(path, SAMPLES), {3: "good", 9: "noise"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("1\n2\n", "has 2 entries, one for each spike, and the data set has 6 spikes"),
        ("id,unit\n7,1\n", "has 1 entry in column unit, one for each spike"),
        ("id,group\n7,1\n", "no column cluster with the cluster of each spike. Its columns are id and group"),
        ("time,group\n1,2\n", "no column cluster"),
        ("1,2\n" * 6, "no column cluster"),
        ("cluster\n1\n2\nthree\n", "in line 4 is three"),
        ("cluster\n" + "1\n" * 5 + "-1\n", "below 0"),
        ("1\n" * 5 + "99999999999999999999\n", "above"),
    ],
)
def test_what_is_no_list_of_these_spikes_is_refused(tmp_path, text, words):
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(ClusteringError, match=words):
        read_cluster_list(path, SAMPLES)


def test_arrays_of_other_things_are_refused(tmp_path):
    path = tmp_path / "spike_clusters.npy"
    with pytest.raises(ClusteringError, match="There is no"):
        read_cluster_list(tmp_path, SAMPLES)
    for values in (np.ones(6), np.ones((2, 3), int), np.array(["a"] * 6), np.array(3)):
        np.save(path, values)
        with pytest.raises(ClusteringError):
            read_cluster_list(path, SAMPLES)
    np.save(path, np.array([{}] * 6), allow_pickle=True)
    with pytest.raises(ClusteringError, match="cannot be read"):
        read_cluster_list(path, SAMPLES)
    path.write_bytes(b"\xff\xfe" * 20)
    with pytest.raises(ClusteringError, match="cannot be read"):
        read_cluster_list(path, SAMPLES)
    path.with_suffix(".csv").write_bytes(b"\xff\xfe" * 20)
    with pytest.raises(ClusteringError, match="UTF-8"):
        read_cluster_list(path.with_suffix(".csv"), SAMPLES)
    assert not is_cluster_list(tmp_path / "x.kwik")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_text_is_a_list_or_refused(tmp_path, text):
    path = tmp_path / "any.csv"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        found = read_cluster_list(path, SAMPLES)
    except ClusteringError:
        return
    assert len(found.spike_clusters) == 6
