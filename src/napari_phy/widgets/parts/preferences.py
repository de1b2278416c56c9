"""Our settings in napari's Preferences."""

from typing import Any

PLUGIN, SECTION = "napari-phy", "sorting"


def preferences() -> dict[str, Any]:
    """Return {setting: value} as the user set them in Preferences; {} where napari has none of ours."""
    try:
        from napari.settings import get_plugin_settings
    except ImportError:  # before napari 0.7
        return {}
    try:
        section = getattr(get_plugin_settings(PLUGIN), SECTION, None)
    except KeyError:
        return {}
    return {} if section is None else dict(section.model_dump())
