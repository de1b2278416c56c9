"""Whatever is kept, what is handed out are the features."""

import numpy as np
import pytest

from napari_phy.core.errors import MissingDataError
from napari_phy.core.memory import BUDGET
from napari_phy.views import feature_cache
from napari_phy.views.feature_cache import cached_features as read

COLUMNS = [7, 0, 7]


def limit_rows(monkeypatch, n_rows):
    """Let there be room for some rows of 24 features."""
    n_bytes = n_rows * 24 * 4
    monkeypatch.setattr(feature_cache, "SHARE", BUDGET.limit / n_bytes if n_bytes else 2 * BUDGET.limit)


@pytest.mark.parametrize("n_rows", [0, 1, 30, 400, 5000])
def test_features_are_those_of_the_model_however_few_rows_there_is_room_for(session, monkeypatch, n_rows):
    limit_rows(monkeypatch, n_rows)
    rng = np.random.default_rng(n_rows)
    for n_spikes in (20, 300, 1, 0, 1000, 40, 300):
        spikes = rng.permutation(1000)[:n_spikes]
        np.testing.assert_array_equal(read(session, spikes, COLUMNS), session.model.features[spikes][:, COLUMNS])


def test_what_is_kept_is_not_read_again_with_other_columns_either(session):
    spikes = np.arange(100, 200)
    read(session, spikes, [0])
    n_read = session.model.features.n_rows_read
    read(session, spikes[::-1], [5, 6])
    assert session.model.features.n_rows_read == n_read
    read(session, np.arange(150, 250), [0])
    assert session.model.features.n_rows_read == n_read + 50


def test_the_oldest_rows_make_room(session, monkeypatch):
    limit_rows(monkeypatch, 100)
    for first in (0, 60, 120):
        read(session, np.arange(first, first + 60), [0])
    n_read = session.model.features.n_rows_read
    read(session, np.arange(120, 180), [0])
    assert session.model.features.n_rows_read == n_read
    read(session, np.arange(0, 60), [0])
    assert session.model.features.n_rows_read == n_read + 60


def test_missing_features_are_told(make_session):
    with pytest.raises(MissingDataError, match=r"memory\.kwx is missing"):
        read(make_session(features=None, masks=None), np.arange(5), [0])
