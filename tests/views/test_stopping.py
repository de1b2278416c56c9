"""Every view tells how far it is while it reads, and reads nothing more once it is stopped."""

import sys
from copy import copy

import numpy as np
import pytest

from napari_phy.core.progress import CancelledError
from napari_phy.storage import spike_peaks
from napari_phy.table import spike_rows
from napari_phy.table.cluster_table import compute_values
from napari_phy.views.amplitudes import AmplitudeRequest, compute_amplitude_view
from napari_phy.views.correlograms import CorrelogramRequest, compute_correlograms
from napari_phy.views.feature_grid import FeatureGridRequest, compute_feature_grid
from napari_phy.views.features import FeatureAxis, FeatureRequest, compute_features, spikes_in_lasso
from napari_phy.views.waveforms import WaveformRequest, compute_waveforms

counting = sys.modules["napari_phy.stats.correlograms"]  # the package has a function of that name
CLUSTERS = (0, 1, 2)
EVERYWHERE = [(-1e9, -1e9), (1e9, -1e9), (1e9, 1e9), (-1e9, 1e9)]
AXES = FeatureAxis(channel_index=0), FeatureAxis(channel_index=1)
VIEWS = {
    "features": lambda session, told: compute_features(session, FeatureRequest(CLUSTERS, *AXES), told),
    "feature grid": lambda session, told: compute_feature_grid(session, FeatureGridRequest(CLUSTERS, AXES), told),
    "peak to peak": lambda session, told: compute_amplitude_view(session, AmplitudeRequest(CLUSTERS), told),
    "lasso": lambda session, told: spikes_in_lasso(session, FeatureRequest(CLUSTERS, *AXES), EVERYWHERE, told),
    "waveforms": lambda session, told: compute_waveforms(session, WaveformRequest(CLUSTERS), told),
    "amplitudes": lambda session, told: compute_values(session, "amplitude", CLUSTERS, told),
    "correlograms": lambda session, told: compute_correlograms(session, CorrelogramRequest(CLUSTERS), told),
}


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    """Let a step be a few spikes, as it is of a large data set."""
    monkeypatch.setattr(spike_rows, "STEP_BYTES", 2**12)
    monkeypatch.setattr(spike_peaks, "STEP_BYTES", 2**16)
    monkeypatch.setattr(counting, "SPIKES_AT_ONCE", 50)


def n_reads(session):
    return session.model.features.n_reads + session.model.waveforms.n_reads


@pytest.mark.parametrize("view", VIEWS)
def test_the_share_rises_from_0_to_below_1(view, session):
    shares = []
    VIEWS[view](session, shares.append)
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert 0 <= shares[0] < 0.5 < shares[-1] < 1


@pytest.mark.parametrize("view", VIEWS)
def test_after_it_is_stopped_nothing_more_is_read(view, session):
    whole = []
    VIEWS[view](session, whole.append)
    n_whole = n_reads(session)
    shares = []

    def stop_at_the_third(share):
        shares.append((share, n_reads(session)))
        if len(shares) == 3:
            raise CancelledError

    other = type(session)(copy(session.model))  # what views keep of the one is not known of the other
    before = n_reads(session)
    with pytest.raises(CancelledError):
        VIEWS[view](other, stop_at_the_third)
    assert len(shares) == 3
    assert n_reads(session) == shares[-1][1]
    assert n_reads(session) - before <= 2 < n_whole or view == "correlograms"


def test_counts_in_steps_are_those_of_one_step(session, monkeypatch):
    in_steps = compute_correlograms(session, CorrelogramRequest(CLUSTERS)).counts
    monkeypatch.setattr(counting, "SPIKES_AT_ONCE", 2**16)
    np.testing.assert_array_equal(in_steps, compute_correlograms(session, CorrelogramRequest(CLUSTERS)).counts)
