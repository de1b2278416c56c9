"""Where actions are done: the desk, toolbar, command line, and the window of keys."""
