import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from views.rectangle_laws import TYPES, PlainType, assert_apart

from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.table.waveform_samples import waveform_samples
from napari_phy.views.templates import (
    LEAST,
    N_BEST,
    TemplatesRequest,
    TemplatesSettings,
    compute_templates,
    heights_drawn,
    reach_of,
    template_layout,
    templates_caption,
    unread_templates,
)


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


# --- layout ---

CHANNELS = st.integers(1, 200).map(np.arange)


@given(
    st.integers(1, 300), st.integers(100, 1500), st.integers(80, 900), CHANNELS, st.integers(0, 400),
    st.sampled_from([0.7, 1.0, 2.0]), TYPES,
)  # fmt: skip
def test_columns_lie_apart_and_the_one_under_a_pixel_is_that_which_holds_it(n, width, height, ids, first, zoom, sizes):
    layout = template_layout(width, height, n, ids, first, zoom, sizes)
    start, stop = layout.in_sight
    assert 0 <= start < stop <= n
    assert stop == n or stop - start >= layout.n_whole
    columns = [layout.column(place) for place in range(start, stop)]
    assert_apart(columns)
    for place, column in enumerate(columns, start=start):
        assert layout.place_at(*column.center) == place
        assert layout.line_of(place) == place
        assert layout.head(place).bottom == pytest.approx(layout.top)
        assert layout.foot(place, sizes).top == pytest.approx(column.bottom)
    assert layout.place_at(layout.left - 1, 20) is None
    assert layout.place_at(layout.column(n).center[0], 20) is None


@given(st.integers(80, 900), CHANNELS, TYPES)
def test_rows_go_down_inside_and_their_numbers_don_t_touch(height, ids, sizes):
    layout = template_layout(600, height, 5, ids, 0, 1.0, sizes)
    y = layout.y(np.arange(len(ids)))
    assert (np.diff(y) >= -1e-9).all()
    assert (y >= layout.top - 1e-9).all()
    assert (y <= layout.top + layout.height + 1e-9).all()
    numbered = [row for _, row in layout.numbered_rows(np.arange(len(ids)), sizes)]
    assert len(numbered) >= 1
    assert (-np.diff(numbered) >= sizes.px(12)).all()


@pytest.mark.parametrize("scaling", ["own", "same"])
def test_waveforms_are_in_their_column_on_the_row_of_their_channel(session, scaling):
    data = compute_templates(session, request())
    heights = heights_drawn(data, scaling)
    for width, height in ((480, 360), (300, 200), (900, 700)):
        layout = template_layout(width, height, 5, data.channel_ids, 0, 1.0, PlainType(), reach_of(data))
        tallest = []
        for place, (cluster, template) in enumerate(data.templates.items()):
            lines = layout.lines(template, data.rows, place, layout.tall_px / heights[cluster])
            column, zero = layout.column(place), layout.y(data.rows[template.channels])
            assert lines.shape == (len(template.channels), len(template.mean), 2)
            assert (lines[..., 0] > column.left).all()
            assert (lines[..., 0] < column.right).all()
            assert (lines[..., 1] >= layout.top - 1).all()
            assert (lines[..., 1] <= layout.top + layout.height + 1).all()
            assert np.abs(lines[:, 0, 1] - zero).max() < 0.3 * layout.tall_px
            tallest.append(np.ptp(lines[..., 1], axis=1).max())
        assert max(tallest) == pytest.approx(layout.tall_px)
        if scaling == "own":
            assert tallest == pytest.approx([layout.tall_px] * 5)
        else:
            own = [float(np.ptp(template.mean, axis=0).max()) for template in data.templates.values()]
            assert tallest == pytest.approx(np.array(own) / max(own) * layout.tall_px)


def test_the_caption_says_what_heights_and_colours_are(session):
    data = compute_templates(session, request())
    words = templates_caption(data, TemplatesSettings(scaling="same", scheme="rate"))
    assert words.startswith("5 clusters; ")
    assert "all to one height; below: µV" in words
    assert words.endswith("others by rate")
    assert "each to its own height" in templates_caption(data, TemplatesSettings())
