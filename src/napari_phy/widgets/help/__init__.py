"""Where actions are looked up, given other keys, and typed as commands."""
