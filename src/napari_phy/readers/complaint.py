"""Says what is wrong with a file that was to be opened."""

NOTIFY_COMMAND = "napari-phy.notify"


def complain(sentence: str) -> None:
    """Show an error: in a window the whole sentence; the command keeps readers and widgets apart."""
    from napari.utils.notifications import show_error
    from napari.viewer import current_viewer
    from npe2 import PluginManager

    if current_viewer() is None:
        show_error(sentence)
    else:
        PluginManager.instance().commands.execute(NOTIFY_COMMAND, args=(sentence, "error"))
