"""The clustering that the sorter wrote stays."""

from pathlib import Path

import pytest

from napari_phy.core.clustering_file import ClusteringSummary, check_not_original
from napari_phy.core.errors import ReadOnlyError


def test_the_original_is_not_written():
    with pytest.raises(ReadOnlyError, match=r"^x\.kwik: the clustering original is kept as the sorter wrote it"):
        check_not_original(Path("/far/away/x.kwik"), "original")
    for name in ("main", "originals", "a"):
        check_not_original(Path("x.kwik"), name)


def test_of_a_clustering_that_nobody_looked_into_little_is_said():
    summary = ClusteringSummary(0, "main", 50)
    assert (summary.n_decided, summary.n_clusters, summary.n_unsaved, summary.reason) == (None, None, 0, "")
