"""Our settings in napari's Preferences."""

from pathlib import Path

import pytest
from napari.settings import get_plugin_settings, get_settings

from napari_phy.widgets.base.preferences import PLUGIN, preferences


def test_what_was_never_set_is_left_to_our_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "config_path", tmp_path / "settings.yaml")
    assert preferences() == {}


def test_what_was_set_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(get_settings(), "config_path", tmp_path / "settings.yaml")
    ours = get_plugin_settings(PLUGIN)
    monkeypatch.setattr(ours.sorting, "waveforms_shown", 33)
    ours.save(tmp_path / f"{PLUGIN}.yaml")
    assert preferences()["waveforms_shown"] == 33
