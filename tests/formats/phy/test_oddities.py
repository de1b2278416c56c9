"""Folders as people have them, with what programs and editors do to files: each opens right, or says one sentence."""

import struct
import tracemalloc
from contextlib import closing

import numpy as np
import pytest
from phy_folder import N_CHANNELS, N_TEMPLATES, make_truth, write_folder

from napari_phy.core.errors import NapariPhyError
from napari_phy.formats.phy.arrays import open_npy
from napari_phy.formats.phy.model import PhyModel
from napari_phy.session import open_session

TRUTH = make_truth()
SPIKES = len(TRUTH.samples)
ALL = list(range(N_TEMPLATES))


@pytest.fixture
def folder(tmp_path):
    write_folder(tmp_path / "ks", TRUTH)
    return tmp_path / "ks"


def opened(folder):
    """Return the model of a folder with all that its views read; it is closed."""
    with closing(PhyModel(folder)) as model:
        assert model.spike_samples.tolist() == TRUTH.samples.tolist()
        for rows in (model.features, model.masks, model.waveforms):
            assert rows is None or len(rows[:3]) == 3
        return model


def said_of(folder):
    """Return what is said of a folder; a refusal begins so."""
    try:
        return opened(folder).missing
    except NapariPhyError as error:
        return (f"refused: {error}",)


def as_npy(values, version, *, header=None):
    """Return the bytes of an array with a header of our own."""
    kind, order = values.dtype.str, not values.flags.c_contiguous
    text = header or f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {values.shape}, }}"
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text) + 1)
    return b"\x93NUMPY" + bytes(version) + size + text.encode() + b"\n" + values.tobytes(order="A")


# ---- params.py


@pytest.mark.parametrize(
    "text",
    [
        "# made by hand\ndat_path = ['raw.dat',\n  # the only one\n]\nn_channels_dat = 8,\n",
        "import numpy as np\ndat_path = r'raw.dat'\ndtype = np.int16\nn_channels_dat = np.int64(8)\n",
        "from pathlib import Path\ndat_path = Path('raw.dat')\nn_channels_dat = 2 * 4\n",
        "dat_path\t=\t'raw.dat'\t# tab\nn_channels_dat\t=\t8\nn_features_per_channel = 3\nwho = {'a': [1, (2,)]}\n",
        "\ufeffdat_path = u'raw.dat'\nn_channels_dat = '8'\n",
        "dat_path = (\n    'raw'\n    '.dat'\n)\nn_channels_dat = 8.0\nunknown = None\n",
        'dat_path = "D:\\\\data\\\\raw.dat"\nn_channels_dat = +8\ndtype = "<i2"\n',
        "base = '.'\ndat_path = base + '/raw.dat'\nn_channels_dat = int(8)\n",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_parameters_may_be_written_in_many_ways(folder, text, newline):
    usual = "offset = 0\nsample_rate = 20_000.\nhp_filtered = True\n"
    (folder / "params.py").write_bytes((text + usual).replace("\n", newline).encode())
    model = opened(folder)
    assert model.missing == ()
    assert model.traces.shape == TRUTH.raw.shape
    assert model.sample_rate == 20_000


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("dat_path = ''", "Traces need raw data, and params.py names none in dat_path."),
        ("dat_path = []", "Traces need raw data, and params.py names none in dat_path."),
        ("dat_path = None", "Traces need raw data, and params.py names none in dat_path."),
        ("dat_path = 7", "Traces need raw data, and params.py names none in dat_path."),
        ("dat_path = [None, 3]", "Traces need raw data, and params.py names none in dat_path."),
    ],
)
def test_what_parameters_do_not_say_is_said(folder, line, sentence):
    with (folder / "params.py").open("a") as file:
        file.write(line + "\n")
    assert any(said.startswith(sentence) for said in opened(folder).missing)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "params.py gives no sample rate"),
        ("sample_rate = 0", "params.py gives no sample rate"),
        ("sample_rate = 30000\ndtype = 'int17'", "params.py: dtype is int17"),
        ("sample_rate = 30000\ndat_path = 'a", "params.py, line 2"),
        ("sample_rate = 30000\nn_channels_dat = -4", "params.py: n_channels_dat is below 0"),
        ("sample_rate = 30000\nn_channels_dat = 'many'", "params.py: n_channels_dat is many, no whole number"),
        ("sample_rate = 30000\noffset = 1.5", "params.py: offset is 1.5, no whole number"),
        ("open('x').read()", "params.py, line 1"),
        ("\x00\x00", "params.py"),
    ],
)
def test_parameters_that_cannot_be_read_are_one_sentence(folder, text, sentence):
    (folder / "params.py").write_text(text)
    with pytest.raises(NapariPhyError) as caught:
        PhyModel(folder)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


# ---- arrays


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("kind", [">i8", ">u4", ">f8", "<u2", "<f4"])
def test_headers_and_orders_of_bytes_of_any_kind_are_read(folder, version, kind):
    for name, values in {
        "spike_times": TRUTH.samples,
        "spike_clusters": TRUTH.clusters,
        "channel_map": TRUTH.channel_map,
        "spike_templates": TRUTH.spike_templates[:, None],
    }.items():
        (folder / f"{name}.npy").write_bytes(as_npy(values.astype(kind), version))
    for name, values in {"templates": TRUTH.templates, "pc_features": TRUTH.features.swapaxes(1, 2)}.items():
        values = np.asfortranarray(values.astype(">f8"))
        (folder / f"{name}.npy").write_bytes(as_npy(values, version))
    with closing(PhyModel(folder)) as model, closing(_plain(folder.parent)) as plain:
        assert model.missing == ()
        assert model.spike_clusters.tolist() == TRUTH.clusters.tolist()
        np.testing.assert_array_equal(model.features[:], plain.features[:])
        np.testing.assert_array_equal(model.masks[:], plain.masks[:])


def _plain(place):
    write_folder(place / "plain", TRUTH)
    return PhyModel(place / "plain")


def test_headers_of_python_2_are_read(folder):
    header = f"{{'descr': '<u8', 'fortran_order': False, 'shape': ({SPIKES}L, 1L), }}"
    (folder / "spike_times.npy").write_bytes(as_npy(TRUTH.samples.astype("<u8"), (1, 0), header=header))
    assert opened(folder).missing == ()


@pytest.mark.parametrize(
    "content",
    [
        as_npy(np.zeros(1), (2, 0), header="{" + " " * 2**21 + "}"),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(2**21),
        as_npy(np.zeros(1), (1, 0), header="{'descr': '<f8', 'fortran_order': False, 'shape': (1" + "0" * 4000 + ",)}"),
        as_npy(np.zeros(1), (1, 0), header="{'descr': '<f8', 'fortran_order': False, 'shape': (10**30,)}"),
        as_npy(np.zeros(1), (1, 0), header="{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 0)}"),
        as_npy(np.zeros(1), (1, 0), header="{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"),
        as_npy(np.zeros(1), (1, 0), header="{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}"),
        as_npy(np.zeros(1), (1, 0), header="{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}"),
        as_npy(np.zeros(1), (1, 0), header="{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"),
        as_npy(np.zeros(1), (1, 0), header="{'descr': '<c16', 'fortran_order': False, 'shape': (1,)}"),
        as_npy(np.zeros(1), (1, 0), header="[" * 5000),
        as_npy(np.zeros(1), (4, 0)),
        b"\x93NUMPY\x01\x00",
        b"\x93NUMPY",
        b"",
    ],
)
def test_headers_that_cannot_be_right_are_one_sentence_and_take_no_memory(folder, content):
    for name in ("amplitudes", "templates", "pc_features", "similar_templates", "channel_positions"):
        (folder / f"{name}.npy").write_bytes(content)
    tracemalloc.start()
    with pytest.raises(NapariPhyError) as caught:
        open_npy(folder / "templates.npy")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**20
    assert str(caught.value).startswith("templates.npy")
    model = opened(folder)
    assert sum(said.startswith("templates.npy") for said in model.missing) == 1
    assert all("\n" not in said for said in model.missing)


@pytest.mark.parametrize("shape", [(0,), (0, 1), (1, 0)])
def test_a_folder_without_spikes_opens(tmp_path, shape):
    empty = make_truth(n_spikes=0)
    write_folder(tmp_path / "ks", empty, spike_times=empty.samples.reshape(shape).astype(np.uint64))
    with closing(open_session(tmp_path / "ks")) as session:
        assert session.model.n_spikes == 0
        assert session.manager.cluster_ids.tolist() == []
        assert session.model.features.shape[0] == 0


@pytest.mark.parametrize(
    "name",
    ["templates", "pc_features", "pc_feature_ind", "similar_templates", "template_features", "whitening_mat_inv"],
)
@pytest.mark.parametrize("shape", [(0,), (0, 0), (0, 3, 3), (N_TEMPLATES, 0), (N_TEMPLATES, 0, 6), (SPIKES, 0, 3)])
def test_arrays_that_hold_nothing_cost_what_they_are_for(folder, name, shape):
    np.save(folder / f"{name}.npy", np.zeros(shape, np.float32))
    model = opened(folder)
    assert model.missing
    assert all(said.endswith(".") for said in model.missing)


@pytest.mark.parametrize("name", ["channel_map", "channel_positions", "channel_shanks", "amplitudes", "spike_times"])
def test_objects_are_refused(folder, name):
    values = np.array([{"a": 1}] * SPIKES, dtype=object)
    np.save(folder / f"{name}.npy", values, allow_pickle=True)
    if name == "spike_times":
        with pytest.raises(NapariPhyError, match=r"spike_times.npy holds object, not numbers"):
            PhyModel(folder)
    else:
        assert any(said.startswith(f"{name}.npy holds object, not numbers") for said in opened(folder).missing)


@pytest.mark.parametrize("stored", [TRUTH.channel_map[:, None], TRUTH.channel_map[None].astype(float)])
def test_maps_of_channels_have_gaps_and_any_shape(folder, stored):
    np.save(folder / "channel_map.npy", stored)
    np.save(folder / "channel_shanks.npy", np.array([[0.0], [0], [2], [2], [1], [1]]))
    model = opened(folder)
    assert model.missing == ()
    assert model.probe.channel_ids.tolist() == TRUTH.channel_map.tolist()
    assert model.channel_shanks.tolist() == [0, 0, 2, 2, 1, 1]


@pytest.mark.parametrize("name", ["template_ind", "templates_ind"])
def test_templates_are_stored_on_all_channels_or_on_some(folder, name):
    with closing(_plain(folder.parent)) as plain:
        whole = plain.templates[ALL]
    np.save(folder / f"{name}.npy", np.tile(np.arange(float(N_CHANNELS)), (N_TEMPLATES, 1)))  # as Kilosort
    with closing(PhyModel(folder)) as model:
        assert model.missing == ()
        np.testing.assert_array_equal(model.templates[ALL], whole)
    mixed = np.array([[5, 1, -1]] * N_TEMPLATES)
    np.save(folder / f"{name}.npy", mixed)
    np.save(folder / "templates.npy", TRUTH.templates[:, :, :3])
    (folder / "whitening_mat_inv.npy").unlink()
    with closing(PhyModel(folder)) as model:
        assert model.missing == ()
        found = model.templates[ALL]
        np.testing.assert_array_equal(found[:, :, [5, 1]], TRUTH.templates[:, :, :2])
        assert not found[:, :, [0, 2, 3, 4]].any()


# ---- tables


GROUPS = {0: "good", 2: "mua"}


@pytest.mark.parametrize(
    "text",
    [
        "cluster_id\tgroup\n0\tgood\n2\tmua\n",
        "\ufeffcluster_id\tgroup\r\n0\tgood\r\n2\tmua",
        'cluster_id\tgroup\n"0"\t"good"\n"2"\t"mua"\n',
        "cluster_id\tgroup\n0.0\tGood \n2.0\t MUA\n1.0\t\n",
        " cluster_id \t group \n 0 \tgood\n\n 2 \tmua\n\n",
        "0\tgood\n2\tmua\n",
        "id,group\n0,good\n2,mua\n",
        "cluster_id;group\n0;good\n2;mua\n",
        "cluster_id\tgroup\tnote\n0\tgood\n2\tmua\t\n",
        "cluster_id\tgroup\n0\tmua\n0\tgood\n2\tmua\n77\tgood\n99999\tnoise\n",
        "cluster_id\tgroup\n0\tgood\n1\tnan\n2\tmua\n3\tNaN\n",
        "group\tcluster_id\ngood\t0\nmua\t2\n",
        "unit\tgroup\n0\tgood\n2\tmua\n",
    ],
)
@pytest.mark.parametrize("suffix", [".tsv", ".csv"])
def test_tables_may_be_written_in_many_ways(folder, text, suffix):
    (folder / f"cluster_group{suffix}").write_bytes(text.encode())
    model = opened(folder)
    assert model.missing == ()
    assert dict(model.cluster_groups) == GROUPS


def test_rows_of_no_cluster_are_said_and_the_others_count(folder):
    (folder / "cluster_group.tsv").write_text("cluster_id\tgroup\n0\tgood\nnan\tnoise\n2\tmua\n2.5\tnoise\n-1\tgood\n")
    model = opened(folder)
    said = "cluster_group.tsv: there is no cluster nan, 2.5 and -1; what is said of it is left out."
    assert model.missing == (said,)
    assert dict(model.cluster_groups) == GROUPS


def test_cells_that_are_no_number_are_left_out_and_stay_in_the_file(folder):
    (folder / "cluster_snr.tsv").write_text("cluster_id\tsnr\n0\t1.5\n1\tnan\n2\t\n3\tNaN\n")
    with closing(open_session(folder)) as session:
        assert dict(session.model.cluster_labels["snr"]) == {0: 1.5}
        session.label([2], "snr", "nan")
        session.save()
    written = (folder / "cluster_snr.tsv").read_text()
    assert written == 'cluster_id\tsnr\n0\t1.5\n1\tnan\n2\t"nan"\n3\tNaN\n'
    assert dict(opened(folder).cluster_labels["snr"]) == {0: 1.5, 2: "nan"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("cluster_id\tgroup\n0\tgood\n".encode("utf-16"), "cluster_group.tsv cannot be read as a table of clusters"),
        (b"\x00" * 100, None),
        (b"", None),
        (b"\n\n\n", None),
        (b"cluster_id\n0\n", None),
        (b"cluster_id\tgroup", None),
    ],
)
def test_tables_that_say_nothing_cost_nothing_else(folder, content, sentence):
    (folder / "cluster_group.tsv").write_bytes(content)
    model = opened(folder)
    assert dict(model.cluster_groups) == {}
    assert [said.startswith(sentence) for said in model.missing] == ([True] if sentence else [])


# ---- half-written


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_folder_cut_short_anywhere_opens_or_says_one_sentence(tmp_path, share):
    write_folder(tmp_path / "whole", TRUTH, channel_shanks=np.zeros(N_CHANNELS), spike_snr=TRUTH.amplitudes)
    (tmp_path / "whole" / "cluster_group.tsv").write_text("cluster_id\tgroup\n0\tgood\n1\tnoise\n")
    for file in sorted((tmp_path / "whole").iterdir()):
        folder = tmp_path / file.stem
        write_folder(folder, TRUTH)
        content = file.read_bytes()
        (folder / file.name).write_bytes(content[: int(len(content) * share)])
        said = said_of(folder)
        assert all("\n" not in one for one in said)
        assert all(file.name in one for one in said if one.startswith("refused"))
