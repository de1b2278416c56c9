"""Our settings in napari's Preferences."""

from pathlib import Path
from typing import Any

PLUGIN, SECTION = "napari-phy", "sorting"


def preferences() -> dict[str, Any]:
    """Return {setting: value} as the user set them in Preferences; {} where nothing of ours was ever set there."""
    from napari.settings import get_plugin_settings, get_settings

    napari_file = get_settings().config_path
    if napari_file is not None and not Path(napari_file).with_name(f"{PLUGIN}.yaml").exists():
        return {}  # napari would read the manifests of all plugins again to say the defaults
    try:
        section = getattr(get_plugin_settings(PLUGIN), SECTION, None)
    except KeyError:
        return {}
    return {} if section is None else dict(section.model_dump())
