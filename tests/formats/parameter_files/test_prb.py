"""Probe files of all kinds give the same probes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.formats.parameter_files.prb import built_in_probe, parse_prb, read_prb


def test_a_probe_file_gives_channels_edges_and_positions() -> None:
    probe_file = parse_prb(
        "channel_groups = {10: {'channels': [4, 2, 9], 'graph': [(4, 2), (2, 7)],"
        " 'geometry': {4: (1, 2.5), 2: [3, 4]}}, 2: dict(channels=[0])}",
        "a.prb",
    )
    assert list(probe_file.groups) == [2, 10]
    probe = probe_file.groups[10]
    assert probe.channel_ids.tolist() == [4, 2, 9]
    assert probe.positions.tolist() == [[1, 2.5], [3, 4], [0, 40]]
    assert probe.is_known.tolist() == [True, True, False]
    assert probe.edges.tolist() == [[4, 2]]
    assert not probe.positions.flags.writeable
    assert probe_file.groups[2].edges.shape == (0, 2)
    assert probe_file.n_columns == 10


def test_probe_files_as_people_write_them() -> None:
    text = """
import numpy as np
dead = [2]
channel_groups = {}
channel_groups[1] = {}
channel_groups[1]['channels'] = [c for c in range(5) if c not in dead]
channel_groups[1]['geometry'] = [(10 * (c % 2), 20 * c) for c in channel_groups[1]['channels']]
channel_groups[3] = dict(channels=[7, 8], geometry={7: (0, 5, 100), 8: (0, 6, 300)})
"""
    read = parse_prb(text, "a.prb")
    assert read.groups[1].channel_ids.tolist() == [0, 1, 3, 4]
    assert read.groups[1].positions.tolist() == [[0, 0], [10, 20], [10, 60], [0, 80]]
    assert read.groups[3].positions.tolist() == [[5, 100], [6, 300]]
    assert read.notes == (
        "a.prb: channel group 3 has positions in space; they are shown without x, along which they differ least.",
    )


def test_keys_of_json_and_a_list_of_positions_for_all_columns_are_read() -> None:
    read = parse_prb("channel_groups = {'0': {'channels': [0, 1], 'geometry': {'0': (1, 0), '1': (1, 20)}}}", "a.prb")
    assert read.groups[0].positions.tolist() == [[1, 0], [1, 20]]
    read = parse_prb("channel_groups = {0: {'channels': [2, 1], 'geometry': [(0, 0), (1, 20), (2, 40)]}}", "a.prb")
    assert read.groups[0].positions.tolist() == [[2, 40], [1, 20]]


@pytest.mark.parametrize(
    "geometry", ["{0: (0, 0), 1: (0, 10), 5: (3, 4)}", "{1: {0: (0, 0), 1: (0, 10)}, 2: {5: (3, 4)}}"]
)
def test_the_older_form_takes_its_channels_from_the_graph(geometry: str) -> None:
    groups = parse_prb(f"probes = {{1: [(1, 0)], 2: [(5, 5)]}}\ngeometry = {geometry}", "a.probe").groups
    assert {key: probe.channel_ids.tolist() for key, probe in groups.items()} == {1: [0, 1], 2: [5]}
    assert groups[1].positions.tolist() == [[0, 0], [0, 10]]
    assert groups[2].positions.tolist() == [[3, 4]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1", "sets no channel_groups"),
        ("channel_groups = []", "must be a dict"),
        ("channel_groups = {}", "must be a dict"),
        ("channel_groups = {'a': {'channels': []}}", "'a' is no number of a channel group"),
        ("channel_groups = {-1: {'channels': []}}", "-1 is no number of a channel group"),
        ("channel_groups = {0: []}", "channel group 0 has no channels"),
        ("channel_groups = {0: {'channels': 3}}", "channels must be a list"),
        ("channel_groups = {0: {'channels': [0, 'b']}}", "'b' is no channel"),
        ("channel_groups = {0: {'channels': [True]}}", "True is no channel"),
        ("channel_groups = {0: {'channels': [0, 0]}}", "names channel 0 twice"),
        ("channel_groups = {0: {'channels': [0], 'graph': 3}}", "graph must be a list of pairs"),
        ("channel_groups = {0: {'channels': [0], 'graph': [1]}}", "1 in the graph is no pair"),
        ("channel_groups = {0: {'channels': [0], 'geometry': [1]}}", "channel 0 has the position 1"),
        ("channel_groups = {0: {'channels': [0, 1], 'geometry': [(0, 0)]}}", "has 2 channels but 1 positions"),
        ("channel_groups = {0: {'channels': [0, 1], 'geometry': [(0, 0), (1, 2, 3)]}}", "of two numbers and of three"),
        ("channel_groups = {0: {'channels': [0], 'geometry': 7}}", "geometry must be positions by channel"),
        ("channel_groups = {0: {'channels': [0], 'geometry': {0: 1}}}", "channel 0 has the position 1"),
        ("channel_groups = {0: {'channels': [0], 'geometry': {0: ('a', 1)}}}", "has the position ('a', 1)"),
        ("probes = 3", "probes must be a dict"),
        ("\nchannel_groups = make()", "line 2: make() is a call"),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    with pytest.raises(KwikFormatError) as caught:
        parse_prb(text, "a.prb")
    assert str(caught.value).startswith("a.prb")
    assert says in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"^no\.prb is not there"):
        read_prb(tmp_path / "no.prb")


def test_klustas_own_probe_is_known_by_name() -> None:
    assert built_in_probe("4x8") is None
    probe = built_in_probe("1x32_buzsaki").groups[0]
    assert probe.positions[[31, 30, 29, 0]].tolist() == [[0, 0], [5, 10], [-6, 20], [35, 310]]


@pytest.mark.real_data
def test_real_probe_files(data_folder: Path) -> None:
    probe = read_prb(data_folder / "klusta_synth32" / "synth32.prb").groups[0]
    known = built_in_probe("1x32_buzsaki").groups[0]
    assert np.array_equal(probe.channel_ids, known.channel_ids)
    assert np.array_equal(probe.positions, known.positions)
    assert {frozenset(edge) for edge in probe.edges.tolist()} == {frozenset(edge) for edge in known.edges.tolist()}
    tetrode = read_prb(data_folder / "klusta_4ch" / "tet.prb").groups[0]
    assert tetrode.positions.tolist() == [[0, 90], [0, 60], [0, 30], [0, 0]]
    assert len(tetrode.edges) == 6


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3).filter(str.isascii),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(0, 3), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional={"channels": ANY, "graph": ANY, "geometry": ANY}) | ANY, ANY)
def test_any_values_are_read_or_refused(group: object, geometry: object) -> None:
    for text in (f"channel_groups = {{0: {group!r}}}", f"probes = {group!r}\ngeometry = {geometry!r}"):
        try:
            parse_prb(text.replace("nan", "0").replace("inf", "1"), "a.prb")
        except KwikFormatError:
            continue
