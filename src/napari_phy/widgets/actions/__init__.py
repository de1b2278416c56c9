"""Keys, dialogs and work in the background that actions of windows need."""
