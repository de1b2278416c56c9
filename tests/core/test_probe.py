"""A probe takes what people have and shows it truly: x and y on one scale, every channel in sight."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

import napari_phy
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.probe import UNKNOWN_POSITIONS, Probe, assumed_line, least_axis
from napari_phy.core.probe_geometry import probe_geometry
from napari_phy.core.probe_picture import probe_picture

SVG = "{http://www.w3.org/2000/svg}"
TWO_COLUMNS = [[20 * (i % 2), 10 * i] for i in range(32)]
FOUR_SHANKS = [[200 * (i // 8) + 20 * (i % 2), 20 * (i % 8)] for i in range(32)]
GRID = [[200 * (i // 8), 200 * (i % 8)] for i in range(64)]
NEUROPIXELS = [[(16 * (i % 2) + 32 * (i // 2 % 2)) % 48, 20 * (i // 2)] for i in range(384)]
LAYOUTS = {
    "two columns": TWO_COLUMNS,
    "four shanks": FOUR_SHANKS,
    "grid": GRID,
    "neuropixels": NEUROPIXELS,
    "a row": [[25 * i, 0] for i in range(16)],
    "a column": [[0, 25 * i] for i in range(16)],
    "all at 0": np.zeros((8, 2)),
    "one": [[3, 4]],
    "pairs": [[0, 20 * (i // 2)] for i in range(8)],
    "some unknown": [[0, 0], None, [0, 20], [np.nan, 3], [0, 40]],
    "one known": [None, [0, 0], None],
    "very small": [[0, 1e-6 * i] for i in range(4)],
    "very large": [[0, 1e6 * i] for i in range(4)],
}


def parsed(probe):
    html = probe._repr_html_()
    root = ElementTree.fromstring(html)
    return root if root.tag == f"{SVG}svg" else root.find(f"{SVG}svg")


def discs(probe):
    """Return the centres of the discs by channel id."""
    found = {}
    for circle in parsed(probe).iter(f"{SVG}circle"):
        channel = int(re.match(r"channel (\d+),", circle.find(f"{SVG}title").text)[1])
        found[channel] = (float(circle.get("cx")), float(circle.get("cy")), float(circle.get("r")), circle.get("fill"))
    return found


def test_it_is_a_public_name_with_its_old_one():
    assert napari_phy.Probe is napari_phy.MEA is Probe


@pytest.mark.parametrize("positions", LAYOUTS.values(), ids=LAYOUTS)
def test_every_channel_is_a_disc_of_its_own_inside_the_picture(positions):
    probe = Probe(range(10, 10 + len(positions)), positions)
    svg, found = parsed(probe), discs(probe)
    assert sorted(found) == probe.channel_ids.tolist()
    width, height = float(svg.get("width")), float(svg.get("height"))
    places = np.array([(x, y) for x, y, _, _ in found.values()])
    radius = next(iter(found.values()))[2]
    assert (places > radius).all()
    assert (places < np.array([width, height]) - radius).all()
    if len(places) > 1:
        apart = np.hypot(*(places[:, None] - places).T)[~np.eye(len(places), dtype=bool)]
        assert apart.min() >= 2 * radius
    outside = [point.split(",") for polygon in svg.iter(f"{SVG}polygon") for point in polygon.get("points").split()]
    for x, y in outside:
        assert -1 <= float(x) <= width + 1
        assert -1 <= float(y) <= height + 1


@pytest.mark.parametrize("step", [(0, 20), (20, 0), (20, 20)])
def test_the_picture_of_a_long_probe_is_no_larger_than_a_page_can_be_scrolled(step):
    svg = parsed(Probe(range(500), np.outer(np.arange(500), step)))
    assert float(svg.get("width")) <= 900 + 100
    assert float(svg.get("height")) <= 2400 + 110


@pytest.mark.parametrize("name", ["two columns", "four shanks", "grid", "neuropixels", "a row"])
def test_x_and_y_are_on_one_scale_and_y_goes_up(name):
    probe = Probe(range(len(LAYOUTS[name])), LAYOUTS[name])
    found = discs(probe)
    places = np.array([found[channel][:2] for channel in range(probe.n_channels)])
    span_um, span_px = np.ptp(probe.positions, axis=0), np.ptp(places, axis=0)
    scale = span_px.max() / span_um.max()
    np.testing.assert_allclose(
        places[:, 0] - places[0, 0], scale * (probe.positions[:, 0] - probe.positions[0, 0]), atol=0.2
    )
    np.testing.assert_allclose(
        places[0, 1] - places[:, 1], scale * (probe.positions[:, 1] - probe.positions[0, 1]), atol=0.2
    )


def test_the_bar_is_50_um_on_the_scale_of_the_sites():
    probe = Probe(range(32), TWO_COLUMNS)
    svg = parsed(probe)
    assert "50 µm" in [text.text for text in svg.iter(f"{SVG}text")]
    start, end = map(float, re.match(r"M([\d.]+) [\d.]+H([\d.]+)", svg.find(f"{SVG}path").get("d")).groups())
    found = discs(probe)
    per_um = (found[0][1] - found[30][1]) / 300
    assert end - start == pytest.approx(50 * per_um, abs=0.3)


def test_the_bar_is_a_round_length_between_16_px_and_45_percent_of_the_width():
    bars = set()
    for distance in np.geomspace(0.01, 1e4, 200):
        picture = probe_picture(probe_geometry([[0, distance * i] for i in range(16)]), np.arange(16), 220, 300)
        if picture.bar_um is not None:
            bars.add(picture.bar_um)
            assert 16 <= picture.bar_um * picture.px_per_um <= 0.45 * 220
    assert bars == {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000}


@pytest.mark.parametrize("spread", [0.0, 1.5])
def test_the_outline_of_a_shank_is_around_its_numbers(spread):
    geometry = probe_geometry([[700 * (i // 8), 60 * (i % 8)] for i in range(24)])
    picture = probe_picture(geometry, 100 + np.arange(24), 2000, 800, spread=spread)
    assert picture.is_numbered.all()
    half_width = 0.62 * 10 * 3 / 2
    for shank, outline in enumerate(picture.outlines):
        numbers = picture.number_centers[geometry.shanks == shank]
        sites = picture.centers[geometry.shanks == shank]
        assert outline[:, 0].min() < min(numbers[:, 0].min() - half_width, sites[:, 0].min() - picture.radius)
        assert outline[:, 0].max() > max(numbers[:, 0].max() + half_width, sites[:, 0].max() + picture.radius)
        assert (np.diff([corner[:, 0].min() for corner in picture.outlines]) > 0).all()


def test_shanks_have_an_outline_and_a_colour_each():
    probe = Probe(range(32), FOUR_SHANKS)
    found = discs(probe)
    colors = [found[channel][3] for channel in range(32)]
    assert [len(set(colors[start : start + 8])) for start in range(0, 32, 8)] == [1] * 4
    assert len(set(colors)) == 4
    assert len(parsed(probe).findall(f"{SVG}polygon")) == 4
    titles = [title.text for title in parsed(probe).iter(f"{SVG}title")]
    assert titles[9] == "channel 9, 220 µm, 20 µm, shank 1"


def test_a_grid_and_staggered_columns_are_one_shank():
    for name in ("two columns", "grid", "neuropixels", "a row", "pairs"):
        assert probe_geometry(LAYOUTS[name]).n_shanks == 1, name


def test_channels_without_a_position_are_hollow_beside_the_others():
    probe = Probe(range(5), LAYOUTS["some unknown"])
    found = discs(probe)
    assert [found[channel][3] == "none" for channel in range(5)] == [False, True, False, True, False]
    assert found[1][0] > found[0][0]
    titles = [title.text for title in parsed(probe).iter(f"{SVG}title")]
    assert titles[1] == "channel 1, position not known"
    assert titles[2] == "channel 2, 0 µm, 20 µm"


@pytest.mark.parametrize("positions", [None, np.zeros((6, 2)), np.full((6, 2), np.nan)])
def test_where_no_position_is_known_there_is_no_scale(positions):
    texts = [text.text for text in parsed(Probe(range(6), positions)).iter(f"{SVG}text")]
    assert texts == ["0", "1", "2", "3", "4", "5", "positions not known"]


def test_nothing_in_it_can_run_or_be_fetched():
    for positions in LAYOUTS.values():
        html = Probe(range(len(positions)), positions)._repr_html_().lower()
        assert not re.search(r"<script|\son\w+=|href|url\(|<image|<foreignobject", html)


def test_numbers_never_lie_on_discs_or_on_each_other():
    for name, positions in LAYOUTS.items():
        geometry = probe_geometry(Probe(range(len(positions)), positions).positions)
        for width, height in ((220, 300), (480, 800), (900, 200)):
            picture = probe_picture(geometry, np.arange(len(positions)), width, height)
            labels = picture.number_centers[picture.is_numbered]
            for label in labels:
                dx, dy = np.abs(picture.centers - label).T
                assert not ((dx < 3 + picture.radius) & (dy < 5 + picture.radius)).any(), name
                dx, dy = np.abs(labels - label).T
                assert ((dx < 6) & (dy < 10)).sum() == 1, name


@pytest.mark.parametrize("name", ["a row", "grid"])
def test_numbers_stand_below_the_discs_of_rows(name):
    probe = Probe(range(len(LAYOUTS[name])), LAYOUTS[name])
    texts = [text.text for text in parsed(probe).iter(f"{SVG}text")]
    assert texts[:-1] == [str(channel) for channel in range(probe.n_channels)]


def test_every_fourth_number_when_tight():
    geometry = probe_geometry(TWO_COLUMNS)
    tight = probe_picture(geometry, np.arange(32), 220, 300)
    assert np.flatnonzero(tight.is_numbered).tolist() == list(range(0, 32, 4))
    wide = probe_picture(geometry, np.arange(32), 400, 1400)
    assert wide.is_numbered.all()


@pytest.mark.parametrize(
    "wrong",
    [{"channel_ids": ["a"]}, {"channel_ids": [0, 1], "positions": [[0, 0]]}, {"channel_ids": [0], "positions": "x"}],
)
def test_what_is_no_probe_is_refused(wrong):
    with pytest.raises(NapariPhyError):
        Probe(**wrong)


def test_what_it_was_made_of_is_copied_and_what_it_hands_out_cannot_be_changed():
    positions = np.zeros((3, 2))
    probe = Probe([4, 5, 6], positions, [(4, 5)])
    positions[:] = 7
    assert (probe.positions == 0).all()
    assert not any(array.flags.writeable for array in (probe.channel_ids, probe.positions, probe.edges))
    assert probe.edges.tolist() == [[4, 5]]
    assert Probe([], []).n_channels == 0
    assert "no channels" in Probe([])._repr_html_()


@pytest.mark.parametrize("positions", [np.full((4, 2), np.nan), np.zeros((4, 2)), [[np.nan, np.nan]]])
def test_channels_that_nobody_knows_are_20_um_apart(positions):
    line = [[0, 20 * place] for place in range(len(positions))]
    assert assumed_line(len(positions)).tolist() == line
    geometry = probe_geometry(positions)
    assert geometry.places.tolist() == line
    assert geometry.pitch_um == 20


def test_unknown_channels_stand_as_far_apart_as_known_ones_usually_do():
    geometry = probe_geometry([[10, 5], [10, 35], [10, 65], [np.nan, np.nan], [np.nan, np.nan]])
    assert geometry.places[3:].tolist() == [[70, 5], [70, 35]]
    assert geometry.shanks.tolist() == [0, 0, 0, -1, -1]
    assert geometry.pitch_um == 30


@pytest.mark.parametrize(
    ("positions", "given", "knows"),
    [
        ([[0, 0], [0, 20]], None, True),
        ([[0, 0], [0, 20], None], None, True),
        ([[0, 0], None, None], None, False),
        ([[3, 4]], None, True),
        ([None], None, False),
        ([[0, 0], [0, 20], [0, 40]], [True, False, False], False),
        ([[0, 0], [0, 20], None], [True, True, True], True),
        ([], None, True),
    ],
)
def test_depths_mean_something_from_two_known_positions_on_or_that_of_a_single_channel(positions, given, knows):
    extra = {} if given is None else {"is_known": given}
    assert Probe(range(len(positions)), positions, **extra).knows_positions is knows


def test_pictures_of_all_channels_begin_with_the_highest():
    assert Probe(range(4), [[0, 10], [5, 30], [0, 30], [0, 20]]).from_top.tolist() == [1, 2, 3, 0]


@pytest.mark.parametrize(
    ("positions", "axis"),
    [([[0, 0, 0], [1, 2, 3]], 0), ([[0, 0, 0], [2, 1, 3]], 1), ([[0, 0, 0], [3, 2, 1]], 2), ([[0, 0, 0], [1, 1, 5]], 1),
     ([[0, 0, 0], [1, 1, 1]], 2), ([[5, 0, 0], [5, 2, 3]], 0)],
)  # fmt: skip
def test_a_flat_probe_lies_along_the_axes_in_which_it_differs(positions, axis):
    assert least_axis(np.array(positions, float)) == axis


@pytest.mark.parametrize(
    ("positions", "words"),
    [
        ([[0, 0]], "A probe needs x and y of each of its 2 channels."),
        ([[0, 0, 0], [0, 1, 2]], "x and y of each"),
        ([[0, 0], [0, "x"]], "x and y of each"),
        (5, "x and y of each"),
    ],
)
def test_each_channel_needs_two_numbers(positions, words):
    with pytest.raises(NapariPhyError, match=words):
        Probe([0, 1], positions)


def test_a_probe_without_positions_says_so():
    probe = Probe([4, 5])
    assert np.isnan(probe.positions).all()
    assert (probe.positions.shape, probe.edges.shape, probe.is_known.tolist()) == ((2, 2), (0, 2), [False, False])
    assert UNKNOWN_POSITIONS.endswith("in the order of the file.")
