"""Says what is wrong with a file that was to be opened."""


def complain(sentence: str) -> None:
    """Show an error: in a window the whole sentence."""
    from napari.utils.notifications import show_error
    from napari.viewer import current_viewer

    if current_viewer() is None:
        show_error(sentence)
    else:
        from napari_phy.widgets.base.notifications import notify

        notify(sentence, "error")
