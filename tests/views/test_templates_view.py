import numpy as np
import pytest

from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.table.waveform_samples import waveform_samples
from napari_phy.views.templates import LEAST, N_BEST, TemplatesRequest, compute_templates, unread_templates


def request(clusters=(0, 1, 2, 3, 4), order="id", start=0, stop=5):
    return TemplatesRequest(tuple(clusters), order, start, stop)


def test_a_template_is_the_mean_of_evenly_spread_waveforms_on_the_largest_channels(session):
    data = compute_templates(session, request())
    assert data.cluster_ids.tolist() == list(data.templates) == [0, 1, 2, 3, 4]
    for cluster, template in data.templates.items():
        spikes = waveform_samples(session, [cluster])[cluster].spike_ids
        mean = session.model.waveforms[spikes].mean(axis=0)
        masks = session.model.masks[spikes].mean(axis=0)
        heights = np.where(masks > 0.1, np.ptp(mean * masks, axis=0), 0)
        largest = np.argsort(-heights)[:N_BEST]
        expected = np.sort(largest[heights[largest] >= LEAST * heights.max()])
        assert template.channels.tolist() == expected.tolist()
        np.testing.assert_allclose(template.mean, mean[:, expected], rtol=1e-4, atol=1e-3)
        assert template.channels[template.best] == np.argmax(heights) == (3 * cluster + 1) % 8
        assert template.amplitude == pytest.approx(heights.max(), rel=1e-5)
        assert template.n_read == 100


def test_only_those_in_sight_are_read_and_once(session):
    rows = session.model.waveforms
    data = compute_templates(session, request(start=1, stop=3))
    assert list(data.templates) == [1, 2]
    assert unread_templates(session, [0, 1, 2, 3]) == [0, 3]
    n_rows = rows.n_rows_read
    compute_templates(session, request(start=1, stop=3))
    assert rows.n_rows_read == n_rows
    compute_templates(session, request(start=1, stop=4))
    assert rows.n_rows_read > n_rows


def test_channels_go_from_the_top_of_the_probe_to_its_tip(make_session):
    positions = np.array([(0, 0), (20, 10), (0, 20), (20, 30), (0, 40), (20, 40), (0, 60), (20, 70)])
    session = make_session(positions=positions)
    rows = compute_templates(session, request()).rows
    assert positions[np.argsort(rows), 1].tolist() == [70, 60, 40, 40, 30, 20, 10, 0]
    assert rows[4] < rows[5]


def test_clusters_without_waveforms_have_an_empty_template(session):
    keep = session.manager.spikes(3)
    session.model.waveforms.with_data = lambda ids: np.setdiff1d(ids, keep)
    template = compute_templates(session, request()).templates[3]
    assert (len(template.channels), template.mean.shape, template.n_read) == (0, (24, 0), 0)
    assert np.isnan(template.amplitude)


def test_what_is_missing_is_told(make_session, session):
    with pytest.raises(MissingDataError, match=r"memory\.dat"):
        compute_templates(make_session(with_raw=False), request())
    with pytest.raises(ClusteringError):
        compute_templates(session, request(clusters=(0, 99)))
