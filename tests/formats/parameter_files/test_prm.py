"""Parameter files of klusta and phy."""

from pathlib import Path

import numpy as np
import pytest

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.formats.parameter_files.prm import parse_prm, read_prm


def test_keys_are_in_lower_case_and_paths_are_meant_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.prm"
    path.write_text(
        "EXPERIMENT_NAME = 'rec'\nPRB_FILE = 'a.prb'\n"
        "traces = dict(RAW_DATA_FILES=[EXPERIMENT_NAME + '.dat', '/data/b.dat'], Sample_Rate=20000,"
        " n_channels=4, dtype='int16', voltage_gain=10.)\n"
        "SpikeDetekt = dict(Filter_Low=500.)\nextra = 3\n"
    )
    read = read_prm(path)
    assert read.experiment_name == "rec"
    assert read.prb_file == "a.prb"
    assert read.raw_data_files == (tmp_path / "rec.dat", Path("/data/b.dat"))
    assert (read.sample_rate, read.n_channels, read.dtype, read.voltage_gain) == (20000.0, 4, np.dtype("int16"), 10.0)
    assert dict(read.spikedetekt) == {"filter_low": 500.0}
    assert dict(read.klustakwik2) == {}
    assert read.others["extra"] == 3


def test_older_files_have_all_at_the_top() -> None:
    read = parse_prm("RAW_DATA_FILES = 'a.dat'\nNCHANNELS = 32\nSAMPLE_RATE = 2e4", Path("b.prm"))
    assert (read.raw_data_files[0].name, read.n_channels, read.sample_rate) == ("a.dat", 32, 20000.0)
    assert read.experiment_name == "b"
    assert read.prb_file is read.dtype is read.voltage_gain is None


def test_paths_and_types_as_people_write_them(tmp_path: Path) -> None:
    text = "import os\nimport numpy as np\nd = os.path.dirname(__file__)\n"
    text += (
        "traces = dict(raw_data_files=[os.path.join(d, 'a.dat')], dtype=np.dtype('>i2'), sample_rate=np.float32(2e4))"
    )
    read = parse_prm(text, tmp_path / "x.prm")
    assert (read.raw_data_files, read.dtype, read.sample_rate) == ((tmp_path / "a.dat",), np.dtype(">i2"), 20000.0)
    assert "__file__" not in read.others


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("traces = 3", "traces must be a dict"),
        ("traces = dict(sample_rate='fast')", "sample_rate is 'fast', but must be a number of Hz above 0"),
        ("traces = dict(sample_rate=0)", "sample_rate is 0"),
        ("traces = dict(n_channels=True)", "n_channels is True"),
        ("traces = dict(n_channels=1.5)", "n_channels is 1.5"),
        ("traces = dict(dtype='object')", "dtype is 'object'"),
        ("traces = dict(dtype='(3,)i2')", "dtype is"),
        ("traces = dict(dtype='int6')", "dtype is 'int6'"),
        ("traces = dict(raw_data_files=[1])", "raw_data_files is [1]"),
        ("traces = dict(voltage_gain=1e999)", "voltage_gain is inf"),
        ("experiment_name = ['x'] * 100", "...], but must be a name"),
        ("\nx = exit()", "line 2: exit() is a call"),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    with pytest.raises(KwikFormatError) as caught:
        parse_prm(text, Path("a.prm"))
    assert str(caught.value).startswith("a.prm")
    assert says in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError):
        read_prm(tmp_path / "no.prm")


@pytest.mark.real_data
def test_real_files(data_folder: Path) -> None:
    read = read_prm(data_folder / "hybrid_10sec" / "hybrid_10sec.prm")
    assert read.prb_file == "1x32_buzsaki"
    assert read.raw_data_files == (data_folder / "hybrid_10sec" / "hybrid_10sec.dat",)
    assert read.spikedetekt["filter_high_factor"] == 0.95 * 0.5
    assert read.klustakwik2["num_starting_clusters"] == 100
    phy = read_prm(data_folder / "phy_template" / "params.py")
    assert (phy.n_channels, phy.sample_rate, phy.raw_data_files[0].name) == (34, 25000.0, "sim_binary.dat")
    assert phy.others["hp_filtered"] is False
