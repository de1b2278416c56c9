"""Keys that are nobody's to give away: those of the desktop, of text, and of lists and views themselves."""

IN_PANELS = {
    "Esc": "clears a lasso and leaves what is open",
    "Return": "answers questions",
    "Enter": "answers questions",
    "Tab": "goes from one field to the next",
    "Shift+Tab": "goes back from field to field",
    "Backtab": "goes back from field to field",
    "PgUp": "turns pages in Raster, Grid and Templates",
    "PgDown": "turns pages in Raster, Grid and Templates",
    "Left": "folds groups in Clusters",
    "Right": "shows folded groups in Clusters",
    **{f"Ctrl+{arrow}": "sizes waveforms" for arrow in ("Up", "Down", "Left", "Right")},
    **{f"Shift+{arrow}": "selects rows, and spreads waveforms" for arrow in ("Up", "Down", "Left", "Right")},
    **{f"Shift+{end}": "selects rows up to the end of a list" for end in ("Home", "End")},
}  # normal spelling: what it does there, whatever is chosen
EVERYWHERE = {
    "Alt+F4": "closes the window",
    **dict.fromkeys(("Alt+Tab", "Alt+Shift+Tab", "Alt+Backtab", "Alt+Shift+Backtab"), "goes to another window"),
    **dict.fromkeys(("Alt+Esc", "Alt+Space", "Ctrl+Esc", "Ctrl+Alt+Del"), "belongs to the desktop"),
    **{f"{keys}+F{n}": "belongs to the desktop" for keys in ("Alt", "Ctrl+Alt") for n in range(1, 13) if n != 4},
    **dict.fromkeys(("Print", "Alt+Print", "Shift+Print", "Ctrl+Print"), "takes a picture of the screen"),
    **dict.fromkeys(("Ctrl+C", "Ctrl+Ins"), "copies"),
    **dict.fromkeys(("Ctrl+X", "Shift+Del"), "cuts"),
    **dict.fromkeys(("Ctrl+V", "Shift+Ins"), "pastes"),
    "Ctrl+A": "selects all, of a list or a text",
}  # in text a key cannot be ours, and beside it should not mean something else


def why_fixed(key: str, *, in_panels: bool) -> str:
    """Return why no action can have a key (normal spelling), or ""."""
    if not key.isprintable() or not key:
        return "This key has no name and cannot be kept."
    does = EVERYWHERE.get(key) or (IN_PANELS.get(key) if in_panels else None)
    if does is None and "Meta" in key.split("+"):
        does = "belongs to the desktop"
    return "" if does is None else f"{key} is taken: it {does}."
