"""Settings: defaults < Preferences < user < data set; bad lines are named; data sets of one name keep apart."""

import inspect
from pathlib import Path

import pytest
import yaml
from npe2 import PluginManifest

import napari_phy
from napari_phy.files.user_files import phy_folder
from napari_phy.formats.parameter_files.config import config_folder, load_config
from napari_phy.formats.parameter_files.settings import SETTINGS, preferences, setting
from napari_phy.views.correlograms import CorrelogramRequest
from napari_phy.views.features import FeatureRequest
from napari_phy.views.waveforms import WaveformRequest

MANIFEST = Path(napari_phy.__file__).with_name("napari.yaml")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a home of its own."""
    folder = tmp_path / "home"
    (folder / ".phy").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    monkeypatch.delenv("PHY_CONFIG_DIR", raising=False)
    return folder


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_those_of_the_views() -> None:
    defaults = {
        "waveforms_per_cluster": (WaveformRequest, "n_per_cluster"),
        "features_per_cluster": (FeatureRequest, "n_spikes_max"),
        "features_background": (FeatureRequest, "n_background"),
    }
    for name, (request, field) in defaults.items():
        assert load_config().value(name) == inspect.signature(request).parameters[field].default
        assert load_config().source(name) == "default"
    correlograms = CorrelogramRequest(())
    assert load_config().value("correlogram_bin_ms") == correlograms.bin_ms
    assert load_config().value("correlogram_window_ms") == correlograms.window_ms


def test_every_default_is_allowed_and_every_setting_explained() -> None:
    for item in SETTINGS.values():
        assert item.checked(item.default) == item.default
        assert item.doc.endswith(".")
        assert item.name.isidentifier()
        assert item.name == item.name.lower()


def test_preferences_hold_the_same_settings() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert manifest["contributions"]["configurations"] == preferences()
    read = PluginManifest.from_file(MANIFEST).contributions.configurations
    assert list(read["sorting"].properties) == [name for name, item in SETTINGS.items() if item.in_preferences]


def test_the_data_set_wins_over_the_user_and_the_user_over_preferences(home: Path) -> None:
    kwik = home / "x.kwik"
    chosen = {"correlogram_bin_ms": 2.0, "features_background": 10, "waveforms_per_cluster": 100}
    assert load_config(kwik, chosen).value("correlogram_bin_ms") == 2.0
    assert load_config(kwik, chosen).source("correlogram_bin_ms") == "Preferences"
    assert load_config(kwik, chosen).source("waveforms_per_cluster") == "default"
    write(home / ".phy/config.py", "# mine\ncorrelogram_bin_ms = 2 * 2\nwaveforms_shown = 5\n")
    config = load_config(kwik, chosen)
    assert config.value("correlogram_bin_ms") == 4.0
    assert config.source("correlogram_bin_ms") == "~/.phy/config.py, line 2"
    write(home / ".phy/x/config.py", "correlogram_bin_ms = 0.5")
    config = load_config(kwik, chosen)
    assert config.value("correlogram_bin_ms") == 0.5
    assert config.source("correlogram_bin_ms") == "~/.phy/x/config.py, line 1"
    assert config.value("waveforms_shown") == 5
    assert config.value("features_background") == 10
    assert config.problems == ()
    assert load_config().value("correlogram_bin_ms") == 4.0


def test_bad_lines_are_named_by_number_and_leave_the_others_alone(home: Path) -> None:
    lines = [
        "correlogram_bin_ms = 'wide'",
        "correlogram_window = 3",
        "waveforms_shown = 2.5",
        "waveforms_per_cluster = 0",
        "features_background = = 1",
        "features_per_cluster = open('x').read()",
        "zebra = 1",
        "correlogram_window_ms = 100",
        "waveforms_shown = True",
        "correlogram_bin_ms = 1e999",
    ]
    write(home / ".phy/config.py", "\n".join(lines))
    config = load_config()
    assert config.value("correlogram_window_ms") == 100.0
    assert {name: config.value(name) for name in SETTINGS if name != "correlogram_window_ms"} == {
        name: item.default for name, item in SETTINGS.items() if name != "correlogram_window_ms"
    }
    file = "~/.phy/config.py"
    assert config.problems == (
        f"{file}, line 1: correlogram_bin_ms must be a number from 0.1 to 20.",
        f"{file}, line 2: there is no setting correlogram_window; did you mean correlogram_window_ms.",
        f"{file}, line 3: waveforms_shown must be a whole number from 1 to 10000.",
        f"{file}, line 4: waveforms_per_cluster must be a whole number from 1 to 10000.",
        f"{file}, line 5: this is not Python (invalid syntax); correct the line.",
        f"{file}, line 6: open('x').read() is a call, and files are read, never run; write the value out.",
        f"{file}, line 7: there is no setting zebra; `napari-phy config` lists them.",
        f"{file}, line 9: waveforms_shown must be a whole number from 1 to 10000.",
        f"{file}, line 10: correlogram_bin_ms must be a number from 0.1 to 20.",
    )


def test_a_file_that_cannot_be_read_is_a_problem_not_an_end(home: Path) -> None:
    (home / ".phy/config.py").mkdir()
    assert load_config().problems == ("~/.phy/config.py is a folder, not a file.",)


def test_a_whole_number_may_be_written_as_a_float_and_the_other_way_round() -> None:
    assert setting("waveforms_shown").checked(5.0) == 5
    assert isinstance(setting("correlogram_bin_ms").checked(2), float)


def test_two_data_sets_of_one_name_do_not_collide(home: Path) -> None:
    first, second = home / "a" / "x.kwik", home / "b" / "x.kwik"
    assert config_folder(first) == config_folder(second) == home / ".phy" / "x"
    write(home / ".phy/x/config.py", "waveforms_shown = 5")
    assert load_config(first).value("waveforms_shown") == 5
    assert load_config(second).value("waveforms_shown") == 90
    other = config_folder(second)
    assert other.parent == home / ".phy"
    assert other.name.startswith("x-")
    write(other / "config.py", "waveforms_shown = 7")
    assert load_config(second).value("waveforms_shown") == 7
    assert load_config(first).value("waveforms_shown") == 5
    assert config_folder(first) == home / ".phy" / "x"


def test_reading_settings_writes_nothing_where_there_are_none(home: Path) -> None:
    load_config(home / "x.kwik")
    assert list((home / ".phy").iterdir()) == []


def test_the_folder_may_be_read_only(home: Path) -> None:
    write(home / ".phy/x/config.py", "waveforms_shown = 5")
    (home / ".phy/x/data_set.txt").mkdir()  # not even root writes into that
    assert load_config(home / "x.kwik").value("waveforms_shown") == 5


def test_the_folder_can_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHY_CONFIG_DIR", str(tmp_path / "elsewhere"))
    assert phy_folder() == tmp_path / "elsewhere"
    write(tmp_path / "elsewhere" / "config.py", "waveforms_shown = 5")
    assert load_config().source("waveforms_shown") == f"{tmp_path / 'elsewhere' / 'config.py'}, line 1"


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="there is no setting bin"):
        load_config().value("bin")
