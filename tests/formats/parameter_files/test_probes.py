"""Probes of klusta and of probeinterface, from files and by name."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.formats.parameter_files.prb import read_prb
from napari_phy.formats.parameter_files.probes import read_probe

PLACES = [[0, 0], [0, 20], [0, 40], [300, 0], [300, 20], [300, 40]]
STORED = {
    "si_units": "um",
    "contact_positions": PLACES,
    "device_channel_indices": [5, 4, 3, 2, 1, -1],
    "shank_ids": ["a", "a", "a", "b", "b", "b"],
}


def write(path, *probes):
    path.write_text(json.dumps({"specification": "probeinterface", "probes": probes}))
    return path


def test_a_probe_file_of_klusta_is_read_as_ever(tmp_path):
    path = tmp_path / "one.prb"
    path.write_text("channel_groups = {3: {'channels': [1, 0], 'graph': [(0, 1)]}}")
    found, known = read_probe(path), read_prb(path)
    np.testing.assert_array_equal(found.groups[3].channel_ids, known.groups[3].channel_ids)
    np.testing.assert_array_equal(found.groups[3].edges, known.groups[3].edges)


def test_shanks_are_channel_groups_and_near_contacts_are_neighbours(tmp_path):
    found = read_probe(write(tmp_path / "p.json", STORED))
    assert [probe.channel_ids.tolist() for probe in found.groups.values()] == [[5, 4, 3], [2, 1]]
    assert found.groups[0].positions.tolist() == PLACES[:3]
    assert found.groups[0].edges.tolist() == [[5, 4], [5, 3], [4, 3]]
    assert found.n_columns == 6


def test_contacts_that_are_far_apart_have_their_next_ones(tmp_path):
    wide = {"si_units": "mm", "contact_positions": [[0, 0], [0, 0.2], [0, 0.4]]}
    found = read_probe(write(tmp_path / "p.json", wide, wide))
    assert [probe.channel_ids.tolist() for probe in found.groups.values()] == [[0, 1, 2], [3, 4, 5]]
    assert found.groups[1].edges.tolist() == [[3, 4], [4, 5]]


def test_what_probeinterface_writes_is_read(tmp_path):
    probeinterface = pytest.importorskip("probeinterface")
    probe = probeinterface.generate_multi_columns_probe(2, 4)
    probe.set_device_channel_indices(np.arange(8)[::-1])
    probeinterface.write_probeinterface(tmp_path / "p.json", probe)
    found = read_probe(tmp_path / "p.json").groups[0]
    assert found.channel_ids.tolist() == list(range(8))[::-1]
    np.testing.assert_array_equal(found.positions, probe.contact_positions)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "has no probes"),
        ('{"probes": []}', "has no probes"),
        ('{"probes": [3]}', "cannot be read"),
        ('{"probes": [{"contact_positions": [[1]]}]}', "cannot be read"),
        ('{"probes": [{"contact_positions": [[0, 0], [0, 1]], "device_channel_indices": [1]}]}', "cannot be read"),
        ('{"probes": [{"contact_positions": [[0, 0]], "si_units": "miles"}]}', "cannot be read"),
        ('{"probes": [{"contact_positions": [[0, 0], [0, 1]], "device_channel_indices": [1, 1]}]}', "same channel"),
        ('{"probes": [{"contact_positions": [[0, 0]], "device_channel_indices": [-1]}]}', "no contact that is wired"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(KwikFormatError, match=sentence):
        read_probe(path)


def test_a_name_is_looked_up_in_the_library(monkeypatch):
    def get_probe(maker, name):
        if maker != "maker":
            raise OSError("no network")
        return SimpleNamespace(to_dict=lambda array_as_list: STORED)

    monkeypatch.setitem(sys.modules, "probeinterface", SimpleNamespace(get_probe=get_probe))
    assert read_probe("maker/A1x6").name == "maker/A1x6"
    with pytest.raises(MissingDataError, match=r"The library has no probe other/A1x6: no network\."):
        read_probe("other/A1x6")
    assert read_probe("1x32_buzsaki").n_columns == 32


def test_without_the_package_its_pip_command_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "probeinterface", None)
    with pytest.raises(MissingDataError, match=r'pip install "napari-phy\[probe\]"'):
        read_probe("maker/A1x6")
